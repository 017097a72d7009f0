"""A number is changed after a message was prepared: it stays on the old one, and that is said."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contacts.models import Contact
from messaging.models import Campaign, Gateway, Recipient
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import changed_numbers, schedule
from tests.conftest import Browser
from tests.factories import ContactFactory, UserFactory
from tests.pages import words
from tests.sending import hand_over, send_all

pytestmark = pytest.mark.django_db

OLD, NEW = "9841000000", "9801234567"


@pytest.fixture
def asha() -> Contact:
    return ContactFactory.create(name="Asha Rai", mobile=OLD)


def scheduled(gateway: Gateway, *people: Contact, by: Browser) -> Campaign:
    audience = Audience(contacts=tuple(person.pk for person in people))
    tomorrow = timezone.now() + timedelta(days=1)
    return hand_over(gateway, audience, text="Fees are due.", by=by.user, at=tomorrow)


def change(browser: Client, contact: Contact, *, mobile: str = NEW) -> str:
    """Save another number as a person does, and read what is said then."""
    data = {"name": contact.name, "mobile": mobile}
    return words(browser.post(contact.get_absolute_url(), data, follow=True))


def test_saving_a_number_says_what_still_goes_to_the_old_one(
    sender: Browser, gateway: Gateway, asha: Contact
) -> None:
    campaign = scheduled(gateway, asha, ContactFactory.create(), by=sender)
    assert "old number" not in words(sender.get(asha.get_absolute_url()))
    said = change(sender, asha)
    assert "Asha Rai was saved." in said
    assert "1 message that has not been sent yet still goes to the old number." in said
    assert "to the old number 984-1000000" in said
    page = sender.get(asha.get_absolute_url()).text
    for name in ("campaign", "open_again", "cancel"):
        assert f'"{reverse(f"messaging:{name}", args=[campaign.pk])}"' in page
    assert Recipient.objects.get(contact=asha).mobile == OLD


def test_a_message_says_whose_number_was_changed(
    sender: Browser, gateway: Gateway, asha: Contact
) -> None:
    campaign = scheduled(gateway, asha, ContactFactory.create(), by=sender)
    assert "was changed" not in words(sender.get(campaign.get_absolute_url()))
    change(sender, asha)
    said = words(sender.get(campaign.get_absolute_url()))
    assert "The number of 1 person was changed after this message was prepared." in said
    assert "Asha Rai : 984-1000000, now 980-1234567" in said

    draft = schedule.open_again(campaign, gateway=gateway, by=sender.user)
    assert draft is not None
    assert "old number" not in words(sender.get(asha.get_absolute_url()))
    assert "980-1234567" in words(sender.get(draft.get_absolute_url()))


def test_a_very_large_message_compares_nobody_and_her_own_page_still_tells(
    sender: Browser, gateway: Gateway, asha: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changed_numbers, "_MOST_COMPARED", 1)
    campaign = scheduled(gateway, asha, ContactFactory.create(), by=sender)
    assert "still goes to the old number" in change(sender, asha)
    assert "was changed" not in words(sender.get(campaign.get_absolute_url()))


def test_messages_that_were_sent_are_not_said_to_wait(
    sender: Browser, gateway: Gateway, asha: Contact
) -> None:
    hand_over(gateway, Audience(contacts=(asha.pk,)))
    send_all(gateway)
    assert "old number" not in change(sender, asha)


def test_a_persons_messages_stay_hers_when_her_number_changes(
    sender: Browser, gateway: Gateway, asha: Contact
) -> None:
    hand_over(gateway, Audience(contacts=(asha.pk,)), text="School is closed.")
    change(sender, asha)
    hand_over(gateway, Audience(contacts=(asha.pk,)), text="School is open.")
    history = sender.get(reverse("messaging:contact", args=[asha.pk]))
    assert [row.mobile for row in history.context["page"].items] == [NEW, OLD]
    assert words(history).count("to the old number 984-1000000") == 1
    # Whoever has the old number now is shown what it was sent, and as whom.
    other = ContactFactory.create(name="Gita Rai", mobile=OLD)
    said = words(sender.get(reverse("messaging:contact", args=[other.pk])))
    assert "School is closed. as Asha Rai" in said
    assert "School is open." not in said


def test_whoever_may_not_see_numbers_is_shown_no_old_one(
    sender: Browser, client: Client, gateway: Gateway, asha: Contact
) -> None:
    campaign = scheduled(gateway, asha, by=sender)
    change(sender, asha)
    user = UserFactory.create()
    user.user_permissions.set(Permission.objects.filter(codename="view_campaign"))
    client.force_login(user)
    page = client.get(campaign.get_absolute_url())
    assert "Asha Rai: 984•••0000, now 980•••4567" in words(page)
    assert OLD not in page.text
