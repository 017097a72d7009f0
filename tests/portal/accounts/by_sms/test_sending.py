"""The link of a colleague goes out by SMS: at the price on the button, once an offer."""

import re
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from pytest_django import Settings

from messaging.models import (
    Campaign,
    CampaignState,
    Gateway,
    HoldKind,
    HoldReason,
    Profile,
    SentLink,
)
from messaging.services.campaigns import follow_ups
from messaging.services.gateway import holds
from sandbox.server import Sandbox
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.models import Entry
from sociair_portal.roles import MANAGER
from tests.at_once import at_once
from tests.conftest import Browser, signed_in
from tests.factories import OptOutFactory
from tests.pages import words
from tests.portal.accounts.by_sms.support import (
    CHOSEN,
    MOBILE,
    SITA,
    add,
    link_on,
    offer_on,
    page,
    received,
    send,
    sita,
)
from tests.sending import reading, send_all

pytestmark = pytest.mark.django_db


def test_the_text_that_arrives_holds_a_link_that_works_once(
    manager: Browser, shown: Any, gateway: Gateway, sandbox: Sandbox, client: Client
) -> None:
    assert "Send to 980-1000009 for Rs 0.80 (1 part)" in words(shown).replace("\xa0", " ")
    said = words(send(manager, offer_on(shown)))
    assert "The link is on its way to 980-1000009." in said
    assert "Send again to 980-1000009" in said
    link = received(sandbox, gateway)
    (entry,) = sandbox.ledger()
    assert (entry.mobile, entry.parts) == (MOBILE, 1)
    name = manager.user.username
    assert re.fullmatch(
        rf"{name} invites you to Sociair Portal: http://testserver/j/\w{{22}} "
        r"Works once, until \d+ \w+ \d{4}, \d\d:\d\d\.",
        entry.text,
    )
    assert link == link_on(shown)
    assert client.get(link)["Location"] == "/account/join/"
    assert client.post("/account/join/", CHOSEN)["Location"] == "/account/sign-in/"
    assert Client().get(link).status_code == 410
    assert sita().check_password(CHOSEN["new_password1"])


@pytest.mark.parametrize("typed", ["980-1000009", "+977 9801000009", "९८०१००००९९"])
def test_a_number_is_taken_in_any_spelling_and_vouched_for(
    typed: str, manager: Browser, gateway: Gateway
) -> None:
    add(manager, mobile=typed)
    own = Profile.objects.get(user=sita())
    assert own.mobile == ("9801000099" if "९" in typed else MOBILE)
    assert (own.entered_by, own.is_proved) == (manager.user, True)


def test_a_number_that_is_none_is_said_beside_the_field(manager: Browser, gateway: Gateway) -> None:
    assert "is-invalid" in add(manager, mobile="12345").text
    assert not Profile.objects.exists()


def test_without_a_number_there_is_no_button(manager: Browser, gateway: Gateway) -> None:
    reading(gateway)
    shown = add(manager, mobile="")
    assert link_on(shown)
    assert 'name="offer"' not in shown.text
    assert "Add a number" in words(shown)
    manager.post(page(sita()), {**SITA, "mobile": MOBILE})
    assert "is on its way" in words(send(manager))


def test_a_number_that_nobody_has_proved_gets_no_link(manager: Browser, gateway: Gateway) -> None:
    """Whoever had typed it into the colleague's account would become the colleague."""
    reading(gateway)
    add(manager, mobile="")
    Profile.objects.create(user=sita(), mobile=MOBILE)
    shown = manager.get(page(sita()))
    assert 'name="offer"' not in shown.text
    assert MOBILE not in shown.text
    manager.post(page(sita()), {**SITA, "mobile": ""})
    assert not Profile.objects.get().is_proved
    manager.post(page(sita()), {**SITA, "mobile": MOBILE})
    assert Profile.objects.get().is_proved


def test_a_name_in_devanagari_takes_two_parts_and_says_so(
    manager: Browser, gateway: Gateway, sandbox: Sandbox
) -> None:
    reading(gateway)
    manager.user.first_name = "राम बहादुर"
    manager.user.save()
    shown = add(manager)
    assert "Send to 980-1000009 for Rs 1.60 (2 parts)" in words(shown).replace("\xa0", " ")
    send(manager, offer_on(shown))
    send_all(gateway)
    (entry,) = sandbox.ledger()
    assert entry.parts == 2
    assert entry.text.startswith("राम बहादुर invites you")


def test_stars_in_a_name_do_not_stand_for_the_secret(
    manager: Browser, gateway: Gateway, sandbox: Sandbox
) -> None:
    reading(gateway)
    manager.user.first_name = "Ram {x} " + "*" * 22
    manager.user.save()
    link = link_on(add(manager))
    send(manager)
    assert received(sandbox, gateway) == link
    assert sandbox.ledger()[-1].text.count(link.removeprefix("/j/")) == 1
    assert sandbox.ledger()[-1].text.startswith("Ram {x} invites you")


def test_whoever_has_a_password_is_not_invited_but_chooses_a_new_one(
    manager: Browser, shown: Any, gateway: Gateway, sandbox: Sandbox, client: Client
) -> None:
    client.get(link_on(shown))
    client.post("/account/join/", CHOSEN)
    send(manager, offer_on(manager.post(page(sita(), "link/"))))
    send_all(gateway)
    assert "sends you a link to choose a new password" in sandbox.ledger()[-1].text


def test_copies_of_one_offer_and_two_windows_send_one_text(
    manager: Browser, shown: Any, gateway: Gateway, sandbox: Sandbox
) -> None:
    windows = [offer_on(shown), *(offer_on(manager.get(page(sita()))) for _window in range(2))]
    for offer in [*windows, *windows]:
        assert "is on its way" in words(send(manager, offer))
    send_all(gateway)
    assert len(sandbox.ledger()) == Campaign.objects.count() == 1
    assert Entry.objects.filter(deed=Deed.INVITED_BY_SMS).count() == 1


@pytest.mark.django_db(transaction=True)
def test_clicks_at_the_same_time_send_one_text(
    manager: Browser, gateway: Gateway, roles: None
) -> None:
    reading(gateway)
    add(manager)
    other = signed_in(MANAGER)
    offers = [(browser, offer_on(browser.get(page(sita())))) for browser in (manager, other)]
    at_once([partial(send, browser, offer) for browser, offer in offers for _click in range(3)])
    assert Campaign.objects.count() == SentLink.objects.count() == 1


def test_a_number_gets_three_links_a_day(
    manager: Browser, shown: Any, gateway: Gateway, sandbox: Sandbox
) -> None:
    offer = offer_on(shown)
    for _text in range(3):
        assert "is on its way" in words(send(manager))
    add(manager, username="meena", first_name="Meena")
    full = manager.get(page(sita()))
    assert "No more links can be sent to this number until" in words(full)
    assert 'name="offer"' not in full.text
    assert "is on its way" in words(send(manager, offer))  # the first one, as before
    assert Campaign.objects.count() == 3


def test_a_fourth_link_to_a_number_is_refused_where_the_page_offered_it(
    manager: Browser, shown: Any, gateway: Gateway
) -> None:
    for _text in range(2):
        send(manager)
    open_page = offer_on(manager.get(page(sita())))
    other = add(manager, username="meena", first_name="Meena")
    send(manager, offer_on(other), user=other.context["colleague"])
    assert "No more links can be sent to this number until" in words(send(manager, open_page))
    assert Campaign.objects.count() == 3


@pytest.mark.parametrize("why", ["price", "balance", "opted out", "unread"])
def test_a_refusal_says_why_and_leaves_the_link_on_the_page(
    why: str, manager: Browser, shown: Any, gateway: Gateway, client: Client
) -> None:
    said = {
        "price": "The cost has changed. Check it again.",
        "balance": "Not enough balance left",
        "opted out": "This number cannot be sent messages. Opted out",
        "unread": "Refreshing the balance.",
    }[why]
    if why == "price":
        dear = reading(gateway)
        type(dear).objects.filter(pk=dear.pk).update(ncell_rate="2.00")
    elif why == "balance":
        reading(gateway, amount="0.10")
    elif why == "opted out":
        OptOutFactory.create(mobile=MOBILE)
    else:
        gateway.readings.all().delete()
    refused = send(manager, offer_on(shown))
    assert said in words(refused)
    assert link_on(refused) == link_on(shown)
    assert not Campaign.objects.exists()
    assert not SentLink.objects.exists()
    assert not Entry.objects.filter(deed=Deed.INVITED_BY_SMS).exists()
    assert client.get(link_on(shown)).status_code == 302


def test_the_link_is_not_shown_again_where_it_was_not_shown(
    manager: Browser, shown: Any, gateway: Gateway
) -> None:
    reading(gateway, amount="0.10")
    assert link_on(send(manager)) == ""


def test_without_a_price_no_button_is_offered(manager: Browser, gateway: Gateway) -> None:
    shown = add(manager)
    assert "The balance is being read, so that the price is known." in words(shown)
    reading(gateway)
    manager.post(page(sita()), {**SITA, "mobile": "9721000999"})
    manager.post(page(sita(), "link/"))
    assert "Sociair gives no rate" in words(manager.get(page(sita())))


@pytest.mark.parametrize("offer", ["", "forged", "of another colleague", "of another manager"])
def test_an_offer_of_something_else_sends_nothing(
    offer: str, manager: Browser, shown: Any, gateway: Gateway
) -> None:
    if offer == "of another colleague":
        offer = offer_on(add(manager, username="meena", mobile="9801000010"))
    elif offer == "of another manager":
        offer = offer_on(signed_in(MANAGER).get(page(sita())))
    assert "Press the button again" in words(send(manager, offer or " "))
    assert not Campaign.objects.exists()


def test_an_offer_of_an_older_link_or_number_sends_nothing(
    manager: Browser, shown: Any, gateway: Gateway
) -> None:
    manager.post(page(sita(), "link/"))
    assert "This link no longer works." in words(send(manager, offer_on(shown)))
    offer = offer_on(manager.get(page(sita())))
    manager.post(page(sita()), {**SITA, "mobile": "9801000010"})
    assert "The number has been changed." in words(send(manager, offer))
    assert not Campaign.objects.exists()


def test_who_may_not_send_has_no_button(manager: Browser, shown: Any, gateway: Gateway) -> None:
    offer = offer_on(shown)
    may_send = Permission.objects.get(codename="send_campaign")
    Group.objects.get(name=MANAGER).permissions.remove(may_send)
    assert "Send the link by SMS" not in words(manager.get(page(sita())))
    assert send(manager, offer).status_code == 403
    assert not Campaign.objects.exists()


def test_who_sees_no_whole_numbers_sends_to_a_masked_one(
    manager: Browser, shown: Any, gateway: Gateway
) -> None:
    may_see = Permission.objects.get(codename="view_number")
    Group.objects.get(name=MANAGER).permissions.remove(may_see)
    seen = manager.get(page(sita()))
    assert "Send to 980•••0009" in words(seen)
    assert 'name="mobile"' not in seen.text
    assert "980•••0009" in words(send(manager))


def test_the_record_says_who_sent_whose_link_without_a_number(
    manager: Browser, shown: Any, gateway: Gateway
) -> None:
    send(manager)
    entry = Entry.objects.get(deed=Deed.INVITED_BY_SMS)
    assert (entry.actor_name, entry.object_repr) == (manager.user.username, "sita")
    assert entry.additional_data == {"rupees": "0.80"}
    sent = Entry.objects.get(deed=Deed.SENT)
    assert "is_test" not in sent.additional_data
    assert MOBILE not in str([entry.changes_text, sent.object_repr, sent.additional_data])


def test_while_sending_is_held_the_page_says_that_it_waits(
    manager: Browser, shown: Any, gateway: Gateway, sandbox: Sandbox
) -> None:
    holds.hold(gateway, HoldKind.PERSON, HoldReason.CERTIFICATE, words="")
    assert "goes to 980-1000009 when sending starts again" in words(send(manager))
    send_all(gateway)
    assert sandbox.ledger() == []


def test_a_link_that_works_on_this_machine_alone_is_not_sent(
    manager: Browser, shown: Any, settings: Settings
) -> None:
    settings.SANDBOX, settings.SECOND_STEP = False, "nobody"
    settings.ALLOWED_HOSTS = ["localhost", "testserver"]
    page_there = manager.get(page(sita()), headers={"host": "localhost:8000"})
    assert "works only on this computer" in words(page_there)
    assert 'name="offer"' not in page_there.text


def test_an_invitation_is_marked_and_not_sent_again_from_the_history(
    manager: Browser, shown: Any, gateway: Gateway
) -> None:
    send(manager)
    message = Campaign.objects.get()
    assert "Invitation" in words(manager.get("/history/"))
    manager.post(f"/campaigns/{message.pk}/cancel/")
    message.refresh_from_db()
    assert message.state == CampaignState.CANCELLED
    assert not follow_ups.can_be_followed(message)
    assert "is on its way" in words(send(manager))


def test_the_link_of_a_new_manager_is_sent_by_who_made_it_alone(
    manager: Browser, gateway: Gateway, sandbox: Sandbox, client: Client
) -> None:
    """A manager changes no other manager's account, but has just made this one."""
    reading(gateway)
    shown = add(manager, role=MANAGER)
    other = signed_in("Manager")
    assert other.post(page(sita(), "link/sms/"), {"offer": offer_on(shown)}).status_code == 403
    send(manager, offer_on(shown))
    assert received(sandbox, gateway) == link_on(shown)
    assert client.get(link_on(shown))["Location"] == "/account/join/"
