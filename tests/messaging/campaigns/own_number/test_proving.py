"""An own number is proved by the code that came to it, and by no other."""

from functools import partial
from typing import Any

import pytest

from messaging.models import (
    Gateway,
    NumberCode,
    Profile,
)
from sandbox.server import Sandbox
from tests.at_once import at_once
from tests.conftest import Browser, signed_in
from tests.factories import UserFactory
from tests.messaging.campaigns.own_number.support import (
    MINE,
    PAGE,
    age,
    ask,
    is_proved,
    other_than,
    outcome,
    prove,
    received,
)
from tests.pages import words

pytestmark = pytest.mark.django_db


def test_a_number_is_proved_by_the_code_that_came_to_it(
    sender: Browser, entered: Profile, gateway: Gateway, sandbox: Sandbox
) -> None:
    page = words(sender.get(PAGE))
    assert "Prove that 980-1000009 is yours" in page
    assert "This sends one message to 980-1000009 for about Rs 0.80." in page
    assert "Send the code for Rs 0.80" in page
    assert not is_proved(sender)

    asked = words(ask(sender))
    assert "A code is on its way to 980-1000009." in asked
    code = received(sandbox, gateway)
    (entry,) = sandbox.ledger()
    assert entry.mobile == MINE
    assert entry.parts == 1
    assert entry.text == f"{code} is your code for Sociair Portal. It works for 10 minutes."

    said = words(prove(sender, code))
    assert "You have proved that the number is yours." in said
    assert is_proved(sender)
    profile = Profile.objects.get()
    assert profile.entered_by is None
    assert "that 980-1000009 is yours." in words(sender.get(PAGE))


@pytest.mark.parametrize("spelling", ["{0}", " {1} {2} ", "{1}-{2}", "{3}"])
def test_a_code_may_have_spaces_and_devanagari_digits(
    spelling: str, sender: Browser, entered: Profile, gateway: Gateway, sandbox: Sandbox
) -> None:
    ask(sender)
    code = received(sandbox, gateway)
    devanagari = code.translate({ord(str(digit)): chr(0x966 + digit) for digit in range(10)})
    prove(sender, spelling.format(code, code[:3], code[3:], devanagari))
    assert is_proved(sender)


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345x", "１２३", "x" * 400])
def test_what_is_no_code_is_no_guess(typed: str, sender: Browser, entered: Profile) -> None:
    ask(sender)
    assert prove(sender, typed).context["code_form"].errors
    assert NumberCode.objects.get().guesses == 0


def test_a_wrong_code_says_how_often_one_can_try(
    sender: Browser, entered: Profile, gateway: Gateway, sandbox: Sandbox
) -> None:
    ask(sender)
    code = received(sandbox, gateway)
    assert "You can try 4 more times." in words(prove(sender, other_than(code)))
    for _guess in range(2):
        prove(sender, other_than(code))
    assert "You can try 1 more time." in words(prove(sender, other_than(code)))
    assert "Too many wrong codes" in words(prove(sender, other_than(code)))
    over = words(prove(sender, code))
    assert "Too many wrong codes were typed, so this code no longer works." in over
    assert "Ask for a new one." in over
    assert not is_proved(sender)
    assert NumberCode.objects.get().guesses == 5


def test_a_code_expires_after_ten_minutes(
    sender: Browser, entered: Profile, gateway: Gateway, sandbox: Sandbox
) -> None:
    ask(sender)
    code = received(sandbox, gateway)
    age(10)
    assert "This code has expired" in words(prove(sender, code))
    assert not is_proved(sender)
    assert NumberCode.objects.get().guesses == 0
    assert "Send the code for Rs 0.80" in words(sender.get(PAGE))


def test_a_code_proves_once(
    sender: Browser, entered: Profile, gateway: Gateway, sandbox: Sandbox
) -> None:
    ask(sender)
    code = received(sandbox, gateway)
    prove(sender, code)
    Profile.objects.update(proved_at=None)
    assert "There is no code to check." in words(prove(sender, code))
    assert not is_proved(sender)


@pytest.mark.django_db(transaction=True)
def test_the_same_code_typed_twice_proves_once(
    sender: Browser, entered: Profile, gateway: Gateway, sandbox: Sandbox
) -> None:
    ask(sender)
    code = received(sandbox, gateway)
    said = at_once([partial(outcome, sender.user, code)] * 4)
    assert said.count("proved") == 1
    assert is_proved(sender)


def test_a_code_proves_the_number_of_its_own_account_alone(
    sender: Browser, entered: Profile, gateway: Gateway, sandbox: Sandbox
) -> None:
    ask(sender)
    code = received(sandbox, gateway)
    other = signed_in("Sender")
    other.post(PAGE, {"mobile": MINE})
    assert "There is no code to check." in words(prove(other, code))
    ask(other)
    if received(sandbox, gateway) != code:
        prove(other, code)
    assert not is_proved(other)


def test_another_code_replaces_the_one_before(
    sender: Browser, entered: Profile, gateway: Gateway, sandbox: Sandbox
) -> None:
    ask(sender)
    first = received(sandbox, gateway)
    assert "A new code replaces this one." in words(sender.get(PAGE))
    ask(sender)
    second = received(sandbox, gateway)
    if first != second:
        prove(sender, first)
        assert not is_proved(sender)
    prove(sender, second)
    assert is_proved(sender)


def test_another_number_has_to_be_proved_anew(
    sender: Browser, entered: Profile, gateway: Gateway, sandbox: Sandbox
) -> None:
    ask(sender)
    code = received(sandbox, gateway)
    sender.post(PAGE, {"mobile": "9801000010"})
    assert "There is no code to check." in words(prove(sender, code))
    sender.post(PAGE, {"mobile": MINE})
    assert "There is no code to check." in words(prove(sender, code))
    ask(sender)
    prove(sender, received(sandbox, gateway))
    assert is_proved(sender)
    sender.post(PAGE, {"mobile": "980-1000009"})  # the same one
    assert is_proved(sender)
    sender.post(PAGE, {"mobile": "9801000010"})
    assert not is_proved(sender)
    sender.post(PAGE, {"mobile": ""})
    assert Profile.objects.get().mobile == ""


def test_proving_leads_back_to_where_one_came_from(
    sender: Browser, entered: Profile, gateway: Gateway, sandbox: Sandbox
) -> None:
    here = "?next=/campaigns/7/review/"
    page = sender.get(f"{PAGE}{here}")
    sent = sender.post(f"{PAGE}code/{here}", {"offer": page.context["offer"]})
    assert sent.headers["Location"] == f"{PAGE}?next=%2Fcampaigns%2F7%2Freview%2F"
    code = received(sandbox, gateway)
    proved = sender.post(f"{PAGE}prove/{here}", {"code": code})
    assert proved.headers["Location"] == "/campaigns/7/review/"
    elsewhere = sender.post(f"{PAGE}?next=//evil.example", {"mobile": ""})
    assert elsewhere.headers["Location"] == "/"


def test_my_number_is_for_those_who_send(client: Any, roles: None) -> None:
    client.force_login(UserFactory.create())
    assert client.get(PAGE).status_code == 403
    for name in ("code", "prove"):
        assert client.post(f"{PAGE}{name}/").status_code == 403


def test_signing_in_again_at_a_button_shows_the_page(sender: Browser) -> None:
    for name in ("code", "prove"):
        answer = sender.get(f"{PAGE}{name}/?next=/schedule/")
        assert answer.headers["Location"] == f"{PAGE}?next=%2Fschedule%2F"
