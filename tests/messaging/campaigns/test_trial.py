"""A test message to your own number: as a recipient would get it, once, and marked as a test."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from messaging.models import Campaign, Gateway, Profile, Recipient
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import drafts
from sandbox.server import Sandbox
from tests.conftest import Browser, signed_in
from tests.factories import ContactFactory, OptOutFactory
from tests.pages import source, words
from tests.sending import hand_over, reading, send_all

pytestmark = pytest.mark.django_db

MINE = "9801000009"


@pytest.fixture
def draft(sender: Browser, gateway: Gateway) -> Campaign:
    reading(gateway)
    Profile.objects.create(user=sender.user, mobile=MINE, proved_at=timezone.now())
    return draft_of(sender, gateway, "School is closed.")


def draft_of(sender: Browser, gateway: Gateway, text: str) -> Campaign:
    people = [
        ContactFactory.create(name="Sita", mobile="9841000001"),
        ContactFactory.create(name="Gita {x} " + "x" * 170, mobile="9841000002"),
    ]
    return drafts.save_draft(
        form_uuid=uuid.uuid4(),
        text=text,
        audience=Audience(contacts=tuple(person.pk for person in people)),
        gateway=gateway,
        by=sender.user,
    )


def offered(sender: Browser, draft: Campaign) -> Any:
    return sender.get(draft.get_absolute_url()).context


def send(sender: Browser, draft: Campaign, **changes: str) -> Any:
    shown = offered(sender, draft)
    typed = {"trial": shown["trials"][0][2]}
    return sender.post(f"/campaigns/{draft.pk}/test/", {**typed, **changes}, follow=True)


def test_a_test_goes_to_ones_own_number(
    sender: Browser, draft: Campaign, gateway: Gateway, sandbox: Sandbox
) -> None:
    page = words(sender.get(draft.get_absolute_url()))
    assert "Send test to 980-1000009 for Rs 0.80" in page
    answer = send(sender, draft)
    assert "A test is on its way to 980-1000009." in words(answer)
    assert answer.redirect_chain[-1][0] == draft.get_absolute_url()
    send_all(gateway)
    (entry,) = sandbox.ledger()
    assert (entry.mobile, entry.text) == (MINE, "School is closed.")
    test = Campaign.objects.get(is_test=True)
    assert test.created_by == sender.user
    assert "Test" in words(sender.get("/history/"))
    assert "Test" in words(sender.get(test.get_absolute_url()))
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_a_time_that_was_typed_stays_when_a_test_is_sent(sender: Browser, draft: Campaign) -> None:
    at = f"{timezone.localtime() + timedelta(days=2):%Y-%m-%d}T12:00"
    page = send(sender, draft, at=at).text
    assert f'value="{at}"' in page
    assert '<details id="later" open>' in page


def test_a_test_says_what_a_chosen_recipient_would_get(
    sender: Browser, draft: Campaign, gateway: Gateway, sandbox: Sandbox
) -> None:
    Campaign.objects.update(text="Dear {name}, {{hello}}.")
    trials = offered(sender, draft)["trials"]
    assert [(person.mobile, trial.parts) for person, trial, _signed in trials] == [
        ("9841000002", 2),
        ("9841000001", 1),
    ]
    for place in (0, 1):
        send(sender, draft, trial=trials[place][2])
    send_all(gateway)
    texts = {entry.text for entry in sandbox.ledger()}
    assert texts == {"Dear Sita, {hello}.", "Dear Gita {x} " + "x" * 170 + ", {hello}."}
    assert {entry.mobile for entry in sandbox.ledger()} == {MINE}


def test_copies_of_one_offer_send_one_test(sender: Browser, draft: Campaign) -> None:
    offer = offered(sender, draft)["trials"][0][2]
    for copy in range(6):
        answer = send(sender, draft, test_uuid=str(uuid.uuid4()), trial=offer, copy=str(copy))
        assert "on its way" in words(answer)
    assert Campaign.objects.filter(is_test=True).count() == 1
    assert Recipient.objects.count() == 1


def test_more_tests_than_anyone_needs_are_refused(
    sender: Browser, draft: Campaign, settings: Any
) -> None:
    settings.TESTS_AN_HOUR = 2
    offers = [offered(sender, draft)["trials"][0][2] for _page in range(3)]
    for offer in (*offers[:2], offers[0]):  # a copy of a sent one is no other test
        assert "on its way" in words(send(sender, draft, trial=offer))
    refused = words(send(sender, draft, trial=offers[2]))
    assert "You have sent 2 test messages in an hour. Try again later." in refused
    assert Campaign.objects.filter(is_test=True).count() == 2
    Campaign.objects.update(created_at=timezone.now() - timedelta(minutes=61))
    assert "on its way" in words(send(sender, draft, trial=offers[2]))


def test_the_message_itself_is_not_left_out_because_of_a_test(
    sender: Browser, draft: Campaign, gateway: Gateway, settings: Any
) -> None:
    settings.SAME_TEXT_HOURS = 24
    send(sender, draft)
    real = hand_over(gateway, [MINE], text="School is closed.")
    assert real.total == 1
    send(sender, draft)  # and a test goes out whatever was sent before
    assert Campaign.objects.filter(is_test=True).count() == 2


def test_a_test_without_a_number_asks_for_it(sender: Browser, draft: Campaign) -> None:
    Profile.objects.all().delete()
    page = source(sender.get(draft.get_absolute_url()))
    assert f"/my-number/?next=/campaigns/{draft.pk}/review/" in page
    url = f"/my-number/?next={draft.get_absolute_url()}"
    assert "mobile" in sender.post(url, {"mobile": "12"}).context["form"].errors
    sender.post(url, {"mobile": "+९७७ ९८०१००००09"})
    assert Profile.objects.get().mobile == MINE
    assert "Prove once that 980-1000009 is yours" in words(sender.get(draft.get_absolute_url()))


@pytest.mark.parametrize("changes", [{"trial": "forged"}, {"trial": ""}])
def test_a_forged_test_sends_nothing(
    sender: Browser, draft: Campaign, changes: dict[str, str]
) -> None:
    assert "Choose again" in words(send(sender, draft, **changes))
    assert not Campaign.objects.filter(is_test=True).exists()


def test_a_refused_test_says_why_and_leaves_nothing(
    sender: Browser, draft: Campaign, gateway: Gateway
) -> None:
    shown = offered(sender, draft)
    typed = {"trial": shown["trials"][0][2]}
    OptOutFactory.create(mobile=MINE)
    answer = sender.post(f"/campaigns/{draft.pk}/test/", typed, follow=True)
    assert "This number cannot be sent messages. Opted out" in words(answer)
    Profile.objects.update(mobile="", proved_at=None)
    answer = sender.post(f"/campaigns/{draft.pk}/test/", typed, follow=True)
    assert "Enter your own number first." in words(answer)
    assert not Campaign.objects.filter(is_test=True).exists()


def test_a_test_needs_a_rate_of_its_operator(sender: Browser, draft: Campaign) -> None:
    Profile.objects.update(mobile="9721000999")
    assert "No test can go to 972-1000999" in words(sender.get(draft.get_absolute_url()))


def test_only_the_author_tests_a_draft(sender: Browser, draft: Campaign) -> None:
    other = signed_in("Manager")
    assert other.post(f"/campaigns/{draft.pk}/test/").status_code == 404
    assert "Send a test" not in words(other.get(draft.get_absolute_url()))
