"""Codes go to few numbers and seldom, at the price that was seen, and once an offer."""

from decimal import Decimal
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.core import signing
from django.db import DatabaseError

from messaging.models import (
    Batch,
    Campaign,
    CampaignState,
    Gateway,
    NumberCode,
    Profile,
    Recipient,
)
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import control, drafts, follow_ups, number_codes, trial
from messaging.services.decisions import second_try
from messaging.services.money.affordability import SendRefused
from messaging.services.sending.upkeep import sweep
from sandbox.server import Sandbox
from tests.at_once import at_once
from tests.conftest import Browser, signed_in
from tests.factories import OptOutFactory
from tests.messaging.campaigns.own_number.support import (
    MINE,
    PAGE,
    age,
    ask,
    other_than,
    outcome,
    prove,
    received,
)
from tests.pages import words
from tests.sending import hand_over, reading, send_all

STOPPED = "The code in this message stopped working before it was sent."

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_guesses_at_the_same_time_are_no_more_than_five(
    sender: Browser, entered: Profile, gateway: Gateway, sandbox: Sandbox
) -> None:
    ask(sender)
    wrong = other_than(received(sandbox, gateway))
    said = at_once([partial(outcome, sender.user, wrong)] * 8)
    assert len(said) == 8
    assert NumberCode.objects.get().guesses == 5
    assert sum("That is not the code." in one for one in said) <= 4


@pytest.mark.django_db(transaction=True)
def test_codes_asked_for_at_the_same_time_are_no_more_than_six(
    sender: Browser, entered: Profile, gateway: Gateway
) -> None:
    """By many persons, to one number."""

    def send(browser: Browser) -> bool:
        try:
            number_codes.send_code(
                gateway, form_uuid=uuid4(), mobile=MINE, cost=Decimal(1), by=browser.user
            )
        except SendRefused:
            return False
        return True

    others = [signed_in("Sender") for _person in range(2)]
    for other in others:
        other.post(PAGE, {"mobile": MINE})
    said = at_once([partial(send, browser) for browser in (sender, *others) for _try in range(3)])
    assert said.count(True) == 6
    assert NumberCode.objects.count() == Campaign.objects.count() == 6


def test_no_more_codes_than_three_an_hour_for_one_person(
    sender: Browser, entered: Profile, gateway: Gateway
) -> None:
    for place in range(3):
        sender.post(PAGE, {"mobile": f"980100001{place}"})
        assert "on its way" in words(ask(sender))
    sender.post(PAGE, {"mobile": "9801000019"})
    page = sender.get(PAGE)
    assert "You have asked for too many codes. You can ask for another one at" in words(page)
    assert "A manager can enter your number without a code." in words(page)
    assert "Send the code" not in words(page)
    refused = ask(sender, page.context["offer"])
    assert "You have asked for too many codes." in words(refused)
    assert NumberCode.objects.count() == Campaign.objects.count() == 3
    age(61)
    assert "on its way" in words(ask(sender))


def test_no_more_codes_than_ten_a_day_for_one_person(
    sender: Browser, entered: Profile, gateway: Gateway
) -> None:
    for place in range(10):
        sender.post(PAGE, {"mobile": f"98010001{place:02}"})
        ask(sender)
        age(61)
    sender.post(PAGE, {"mobile": "9801000199"})
    assert "You have asked for too many codes." in words(ask(sender))
    age(24 * 60)
    assert "on its way" in words(ask(sender))


def test_a_number_gets_at_most_six_codes_a_day(entered: Profile, gateway: Gateway) -> None:
    for _person in range(6):
        other = signed_in("Sender")
        other.post(PAGE, {"mobile": MINE})
        assert "on its way" in words(ask(other))
    other = signed_in("Sender")
    other.post(PAGE, {"mobile": MINE})
    assert "No more codes can be sent to this number until" in words(other.get(PAGE))
    assert "No more codes can be sent to this number until" in words(ask(other))
    assert Campaign.objects.count() == 6
    age(24 * 60)
    assert "on its way" in words(ask(other))


def test_who_asks_for_a_colleagues_number_leaves_the_colleague_three(
    sender: Browser, entered: Profile, gateway: Gateway
) -> None:
    other = signed_in("Sender")
    other.post(PAGE, {"mobile": MINE})
    for _code in range(3):
        assert "on its way" in words(ask(other))
    age(61)
    assert "No more codes can be sent to this number until" in words(ask(other))
    for _code in range(3):
        assert "on its way" in words(ask(sender))


def test_copies_of_one_offer_send_one_code(
    sender: Browser, entered: Profile, gateway: Gateway
) -> None:
    offer = sender.get(PAGE).context["offer"]
    for _copy in range(5):
        assert "on its way" in words(ask(sender, offer))
    assert Campaign.objects.count() == NumberCode.objects.count() == Recipient.objects.count() == 1


@pytest.mark.parametrize("offer", ["", "forged", "of another"])
def test_an_offer_made_to_someone_else_sends_nothing(
    offer: str, sender: Browser, entered: Profile
) -> None:
    other = signed_in("Sender")
    other.post(PAGE, {"mobile": MINE})
    if offer == "of another":
        offer = other.get(PAGE).context["offer"]
    assert "Press the button again" in words(ask(sender, offer or " "))
    assert not Campaign.objects.exists()


def test_an_offer_for_another_number_or_price_sends_nothing(
    sender: Browser, entered: Profile, gateway: Gateway
) -> None:
    offer = sender.get(PAGE).context["offer"]
    sender.post(PAGE, {"mobile": "9801000010"})
    assert "Your number has changed." in words(ask(sender, offer))
    cheaper = signing.dumps(
        ["9801000010", "0.10", str(uuid4())], salt=f"messaging.code.{sender.user.pk}"
    )
    assert "The cost has changed. Check it again." in words(ask(sender, cheaper))
    assert not Campaign.objects.exists()
    assert not NumberCode.objects.exists()


def test_a_number_that_wants_no_messages_gets_no_code(sender: Browser, entered: Profile) -> None:
    OptOutFactory.create(mobile=MINE)
    assert "This number cannot be sent messages. Opted out" in words(ask(sender))
    assert not Campaign.objects.exists()


def test_without_a_rate_no_code_is_offered(sender: Browser, gateway: Gateway) -> None:
    sender.post(PAGE, {"mobile": MINE})
    assert "The balance is being read, to find the cost." in words(sender.get(PAGE))
    reading(gateway)
    sender.post(PAGE, {"mobile": "9721000999"})
    page = words(sender.get(PAGE))
    assert "Sociair gives no rate for this number's operator" in page
    assert "ask a manager" in page


def test_codes_are_no_tests_among_tests(
    sender: Browser, entered: Profile, settings: Any, gateway: Gateway, sandbox: Sandbox
) -> None:
    settings.TESTS_AN_HOUR = 1
    for _code in range(2):
        ask(sender)
    prove(sender, received(sandbox, gateway))
    draft = drafts.begin("Hi.", Audience(numbers="9841000001"), by=sender.user, gateway=gateway)
    one: dict[str, Any] = {"text": "Hi.", "cost": Decimal(1), "by": sender.user}
    assert trial.send_test(draft, form_uuid=uuid4(), **one).audience["numbers"] == MINE
    with pytest.raises(SendRefused, match="You have sent 1 test messages"):
        trial.send_test(draft, form_uuid=uuid4(), **one)


def test_a_code_that_waited_too_long_is_not_sent(
    sender: Browser, entered: Profile, gateway: Gateway, sandbox: Sandbox
) -> None:
    ask(sender)
    sweep(gateway)
    assert Campaign.objects.get().state == CampaignState.SENDING
    age(11)
    sweep(gateway)
    message = Campaign.objects.get()
    assert message.state == CampaignState.CANCELLED
    assert "The code in this message stopped working before it was sent." in words(
        sender.get(message.get_absolute_url())
    )
    send_all(gateway)
    assert sandbox.ledger() == []


def test_a_code_that_expired_before_the_call_is_not_sent(
    sender: Browser, entered: Profile, gateway: Gateway, sandbox: Sandbox
) -> None:
    """The sweep has not come yet; what waits behind it goes out."""
    ask(sender)
    age(11)
    hand_over(gateway, ["9801000011"])
    send_all(gateway)
    assert [entry.mobile for entry in sandbox.ledger()] == ["9801000011"]
    message = NumberCode.objects.get().campaign
    assert (message.state, message.pending, message.cancelled) == (CampaignState.CANCELLED, 0, 1)
    assert not message.batches.filter(calls__isnull=False).exists()
    assert "The code in this message stopped working before it was sent." in words(
        sender.get(message.get_absolute_url())
    )


def test_a_code_whose_place_another_took_is_not_sent(
    sender: Browser, entered: Profile, gateway: Gateway, sandbox: Sandbox
) -> None:
    ask(sender)
    ask(sender)
    send_all(gateway)
    assert len(sandbox.ledger()) == 1
    first, second = Campaign.objects.order_by("id")
    assert (first.state, second.state) == (CampaignState.CANCELLED, CampaignState.DONE)
    prove(sender, received(sandbox, gateway))


def test_a_code_that_cannot_be_cancelled_does_not_keep_the_others(
    entered: Profile,
    gateway: Gateway,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for place in range(2):
        other = signed_in("Sender")
        other.post(PAGE, {"mobile": f"980100002{place}"})
        ask(other)
    age(11)
    first, second = Campaign.objects.order_by("id")
    cancel = control.cancel

    def fails_for_the_first(message: Campaign, **how: Any) -> bool:
        if message.pk == first.pk:
            raise DatabaseError("9801000020")
        return cancel(message, **how)

    monkeypatch.setattr(control, "cancel", fails_for_the_first)
    number_codes.cancel_expired(gateway)
    second.refresh_from_db()
    assert second.state == CampaignState.CANCELLED
    assert f"Campaign {first.pk} could not be cancelled: DatabaseError." in caplog.text
    assert "9801000020" not in caplog.text


def test_only_for_a_code_is_it_asked_whether_it_expired(
    sender: Browser, entered: Profile, gateway: Gateway, django_assert_num_queries: Any
) -> None:
    ask(sender)
    code, other = Batch.objects.get(), hand_over(gateway, ["9801000011"]).batches.get()
    with django_assert_num_queries(1):
        assert not number_codes.has_expired(code)
    with django_assert_num_queries(0):
        assert not number_codes.has_expired(other)


def test_a_code_is_not_sent_again_by_anyone(
    sender: Browser, manager: Browser, entered: Profile, gateway: Gateway
) -> None:
    ask(sender)
    message = Campaign.objects.get()
    control.cancel(message, by=sender.user)
    message.refresh_from_db()
    assert not follow_ups.can_be_followed(message)
    batches = list(message.batches.values_list("pk", flat=True))
    with pytest.raises(SendRefused, match="A test message cannot be sent again"):
        second_try.send_again(
            message, batches, form_uuid=uuid4(), people=1, by=manager.user, why="Asked."
        )
