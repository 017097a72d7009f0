"""Tests go to a number that its owner has proved by a code, or that a manager has entered."""

import logging
import re
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core import signing
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.urls import reverse

from messaging.models import (
    Batch,
    Campaign,
    CampaignState,
    Gateway,
    NumberCode,
    Profile,
    Recipient,
)
from messaging.services.campaigns import control, follow_ups, number_codes, own_number, trial
from messaging.services.campaigns.number_codes import CodeRefused
from messaging.services.decisions import second_try
from messaging.services.money.affordability import SendRefused
from messaging.services.sending.upkeep import sweep
from sandbox.server import Sandbox
from tests.at_once import at_once
from tests.conftest import Browser, signed_in
from tests.factories import OptOutFactory, UserFactory
from tests.pages import source, words
from tests.sending import claim_batch, reading, release, send_all

pytestmark = pytest.mark.django_db

MINE: Final = "9801000009"
PAGE: Final = "/my-number/"


@pytest.fixture
def entered(sender: Browser, gateway: Gateway) -> Profile:
    """A sender who has just entered a number, with a balance that tells the price."""
    reading(gateway)
    sender.post(PAGE, {"mobile": MINE})
    return Profile.objects.get(user=sender.user)


def ask(browser: Browser, offer: str | None = None) -> Any:
    shown = browser.get(PAGE).context if offer is None else {}
    return browser.post(f"{PAGE}code/", {"offer": offer or shown["offer"]}, follow=True)


def received(sandbox: Sandbox, gateway: Gateway) -> str:
    """The code that came to the telephone last."""
    send_all(gateway)
    found = re.search(r"\d{6}", sandbox.ledger()[-1].text)
    assert found
    return found.group()


def prove(browser: Browser, typed: str) -> Any:
    return browser.post(f"{PAGE}prove/", {"code": typed}, follow=True)


def is_proved(browser: Browser) -> bool:
    return Profile.objects.get(user=browser.user).is_proved


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def age(minutes: float) -> None:
    """As if every code had been asked for so much earlier."""
    for code in NumberCode.objects.all():
        earlier = code.sent_at - timedelta(minutes=minutes)
        NumberCode.objects.filter(pk=code.pk).update(sent_at=earlier)


def test_a_number_is_proved_by_the_code_that_came_to_it(
    sender: Browser, entered: Profile, gateway: Gateway, sandbox: Sandbox
) -> None:
    page = words(sender.get(PAGE))
    assert "Prove that 980-1000009 is yours" in page
    assert "This sends one text to 980-1000009, for about Rs 0.80." in page
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
    assert "The number is yours. Tests can go there now." in said
    assert is_proved(sender)
    profile = Profile.objects.get()
    assert profile.entered_by is None
    assert "is yours: you proved it by a code on" in words(sender.get(PAGE))


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
    assert "You can try once more." in words(prove(sender, other_than(code)))
    assert "Too many wrong codes" in words(prove(sender, other_than(code)))
    over = words(prove(sender, code))
    assert "Too many wrong codes were typed: this one does not work any more." in over
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
    assert "There is no code to compare with." in words(prove(sender, code))
    assert not is_proved(sender)


@pytest.mark.django_db(transaction=True)
def test_of_the_same_code_at_once_one_proves(
    sender: Browser, entered: Profile, gateway: Gateway, sandbox: Sandbox
) -> None:
    ask(sender)
    code = received(sandbox, gateway)
    said = at_once([partial(outcome, sender.user, code)] * 4)
    assert said.count("proved") == 1
    assert is_proved(sender)


@pytest.mark.django_db(transaction=True)
def test_guesses_at_the_same_time_are_no_more_than_five(
    sender: Browser, entered: Profile, gateway: Gateway, sandbox: Sandbox
) -> None:
    ask(sender)
    wrong = other_than(received(sandbox, gateway))
    said = at_once([partial(outcome, sender.user, wrong)] * 8)
    assert len(said) == 8
    assert NumberCode.objects.get().guesses == 5
    assert sum("This is not the code." in one for one in said) <= 4


@pytest.mark.django_db(transaction=True)
def test_codes_asked_for_at_the_same_time_are_no_more_than_three(
    sender: Browser, entered: Profile, gateway: Gateway
) -> None:
    """Of one person; and by many persons, to one number."""

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
    said = at_once([partial(send, browser) for browser in (sender, *others) for _try in range(2)])
    assert said.count(True) == 3
    assert NumberCode.objects.count() == Campaign.objects.count() == 3


def outcome(user: User, typed: str) -> str:
    try:
        number_codes.prove(user, typed)
    except CodeRefused as refused:
        return str(refused)
    return "proved"


def test_a_code_proves_the_number_of_its_own_account_alone(
    sender: Browser, entered: Profile, gateway: Gateway, sandbox: Sandbox
) -> None:
    ask(sender)
    code = received(sandbox, gateway)
    other = signed_in("Sender")
    other.post(PAGE, {"mobile": MINE})
    assert "There is no code to compare with." in words(prove(other, code))
    ask(other)
    if received(sandbox, gateway) != code:
        prove(other, code)
    assert not is_proved(other)


def test_another_code_replaces_the_one_before(
    sender: Browser, entered: Profile, gateway: Gateway, sandbox: Sandbox
) -> None:
    ask(sender)
    first = received(sandbox, gateway)
    assert "Another code replaces this one." in words(sender.get(PAGE))
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
    assert "There is no code to compare with." in words(prove(sender, code))
    sender.post(PAGE, {"mobile": MINE})
    assert "There is no code to compare with." in words(prove(sender, code))
    ask(sender)
    prove(sender, received(sandbox, gateway))
    assert is_proved(sender)
    sender.post(PAGE, {"mobile": "980-1000009"})  # the same one
    assert is_proved(sender)
    sender.post(PAGE, {"mobile": "9801000010"})
    assert not is_proved(sender)
    sender.post(PAGE, {"mobile": ""})
    assert Profile.objects.get().mobile == ""


def test_nothing_that_is_kept_or_shown_has_the_code(
    sender: Browser,
    manager: Browser,
    entered: Profile,
    gateway: Gateway,
    sandbox: Sandbox,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither while the message waits nor after it, for nobody and in no table."""
    caplog.set_level(logging.DEBUG)
    owner = Browser()
    owner.force_login(User.objects.create_superuser("owner"))
    ask(sender)
    pages = addresses_of(Campaign.objects.get())
    before = {page: words(manager.get(page)) for page in pages}
    waiting = stored()
    code = received(sandbox, gateway)
    prove(sender, other_than(code))
    assert code not in waiting
    assert code not in stored()
    for browser in (sender, manager, owner):
        for page in pages:
            assert not re.search(rf"\b{code}\b", words(browser.get(page))), page
    assert not any(re.search(rf"\b{code}\b", said) for said in before.values())
    assert "****** is your code for Sociair Portal." in before[pages[0]]
    assert not re.search(rf"\b{code}\b", caplog.text)
    found = words(manager.get("/admin/messaging/batch/", {"q": code}))
    assert "0 " in found


def addresses_of(campaign: Campaign) -> list[str]:
    names = ("campaign", "campaign_recipients", "campaign_batches", "campaign_left_out")
    batch = campaign.batches.get()
    return [
        *(reverse(f"messaging:{name}", args=[campaign.pk]) for name in names),
        "/",
        "/history/",
        f"/history/recipients/?q={MINE}",
        PAGE,
        f"/admin/messaging/campaign/{campaign.pk}/change/",
        f"/admin/messaging/batch/{batch.pk}/change/",
    ]


def stored() -> str:
    """Every text in every table of messages."""
    with connection.cursor() as cursor:
        said = []
        for model in apps.get_app_config("messaging").get_models():
            fields = [
                field.column
                for field in model._meta.concrete_fields
                if field.get_internal_type() in ("TextField", "CharField", "JSONField")
            ]
            if fields:
                cursor.execute(f"SELECT {', '.join(fields)} FROM {model._meta.db_table}")
                said += [str(row) for row in cursor.fetchall()]
    return "\n".join(said)


def test_the_code_hangs_on_the_secret_key(
    sender: Browser, entered: Profile, gateway: Gateway, sandbox: Sandbox, settings: Any
) -> None:
    ask(sender)
    batch = Batch.objects.get()
    letters = set()
    for secret in ("one", "two", "three"):
        settings.SECRET_KEY = secret
        letters.add(batch.letter)
    assert len(letters) > 1
    assert all(len(letter) == len(batch.text) for letter in letters)


def test_a_message_that_is_queued_again_keeps_its_code(
    sender: Browser, entered: Profile, gateway: Gateway, sandbox: Sandbox
) -> None:
    """What a busy gateway did not take goes out later, in another request of the same letter."""
    sender.post(PAGE, {"mobile": "9800000429"})
    ask(sender)
    send_all(gateway)
    assert sandbox.ledger() == []
    release(gateway)
    prove(sender, received(sandbox, gateway))
    assert is_proved(sender)


def test_no_more_codes_than_three_an_hour_for_one_person(
    sender: Browser, entered: Profile, gateway: Gateway
) -> None:
    for place in range(3):
        sender.post(PAGE, {"mobile": f"980100001{place}"})
        assert "on its way" in words(ask(sender))
    sender.post(PAGE, {"mobile": "9801000019"})
    page = sender.get(PAGE)
    assert "You have asked for many codes. You can ask for another one at" in words(page)
    assert "A manager can enter your number without a code." in words(page)
    assert "Send the code" not in words(page)
    refused = ask(sender, page.context["offer"])
    assert "You have asked for many codes." in words(refused)
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
    assert "You have asked for many codes." in words(ask(sender))
    age(24 * 60)
    assert "on its way" in words(ask(sender))


def test_a_number_gets_three_codes_a_day_whoever_asks(entered: Profile, gateway: Gateway) -> None:
    for _person in range(3):
        other = signed_in("Sender")
        other.post(PAGE, {"mobile": MINE})
        assert "on its way" in words(ask(other))
    other = signed_in("Sender")
    other.post(PAGE, {"mobile": MINE})
    assert "No more codes can go to this number before" in words(other.get(PAGE))
    assert "No more codes can go to this number before" in words(ask(other))
    assert Campaign.objects.count() == 3
    age(24 * 60)
    assert "on its way" in words(ask(other))


def test_copies_of_one_offer_send_one_code(
    sender: Browser, entered: Profile, gateway: Gateway
) -> None:
    offer = sender.get(PAGE).context["offer"]
    for _copy in range(5):
        assert "on its way" in words(ask(sender, offer))
    assert Campaign.objects.count() == NumberCode.objects.count() == Recipient.objects.count() == 1


@pytest.mark.parametrize("offer", ["", "forged", "of another"])
def test_an_offer_of_somebody_else_sends_nothing(
    offer: str, sender: Browser, entered: Profile
) -> None:
    other = signed_in("Sender")
    other.post(PAGE, {"mobile": MINE})
    if offer == "of another":
        offer = other.get(PAGE).context["offer"]
    assert "Press the button once more" in words(ask(sender, offer or " "))
    assert not Campaign.objects.exists()


def test_an_offer_for_another_number_or_price_sends_nothing(
    sender: Browser, entered: Profile, gateway: Gateway
) -> None:
    offer = sender.get(PAGE).context["offer"]
    sender.post(PAGE, {"mobile": "9801000010"})
    assert "Your number was changed meanwhile." in words(ask(sender, offer))
    cheaper = signing.dumps(
        ["9801000010", "0.10", str(uuid4())], salt=f"messaging.code.{sender.user.pk}"
    )
    assert "The price has changed. Look once more." in words(ask(sender, cheaper))
    assert not Campaign.objects.exists()
    assert not NumberCode.objects.exists()


def test_a_number_that_wants_no_messages_gets_no_code(sender: Browser, entered: Profile) -> None:
    OptOutFactory.create(mobile=MINE)
    assert "Your own number cannot be texted: Opted out" in words(ask(sender))
    assert not Campaign.objects.exists()


def test_without_a_price_no_code_is_offered(sender: Browser, gateway: Gateway) -> None:
    sender.post(PAGE, {"mobile": MINE})
    assert "The balance is being read, so that the price is known." in words(sender.get(PAGE))
    reading(gateway)
    sender.post(PAGE, {"mobile": "9721000999"})
    page = words(sender.get(PAGE))
    assert "Sociair states no price for its operator" in page
    assert "ask a manager" in page


def test_codes_are_no_tests_among_tests(
    sender: Browser, entered: Profile, settings: Any, gateway: Gateway, sandbox: Sandbox
) -> None:
    settings.TESTS_AN_HOUR = 1
    ask(sender)
    trial._check_limit(sender.user, uuid4())  # raises nothing


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
    assert "The code expired before it was sent." in words(sender.get(message.get_absolute_url()))
    send_all(gateway)
    assert sandbox.ledger() == []


def test_a_code_is_not_sent_again_by_anybody(
    sender: Browser, manager: Browser, entered: Profile, gateway: Gateway
) -> None:
    ask(sender)
    message = Campaign.objects.get()
    control.cancel(message, by=sender.user)
    message.refresh_from_db()
    assert not follow_ups.can_be_followed(message)
    batches = list(message.batches.values_list("pk", flat=True))
    with pytest.raises(SendRefused, match="A test is not sent again"):
        second_try.send_again(
            message, batches, form_uuid=uuid4(), people=1, by=manager.user, why="Asked."
        )


def test_what_a_manager_enters_needs_no_code_and_is_recorded(
    manager: Browser, gateway: Gateway
) -> None:
    page = words(manager.get(PAGE))
    assert "As a manager you enter it without a code. It is kept that you did so, and when." in page
    manager.post(PAGE, {"mobile": MINE})
    own = Profile.objects.get()
    assert own.is_proved
    assert own.entered_by == manager.user
    assert f"was entered by {manager.user.username} on" in words(manager.get(PAGE))


def test_a_manager_enters_a_colleagues_number_in_the_admin(
    manager: Browser, sender: Browser, gateway: Gateway
) -> None:
    page = "/admin/messaging/profile/"
    assert manager.post(f"{page}add/", {"user": sender.user.pk, "mobile": "12"}).status_code == 200
    manager.post(f"{page}add/", {"user": sender.user.pk, "mobile": "+977 980-1000009"})
    own = Profile.objects.get(user=sender.user)
    assert (own.mobile, own.entered_by, own.is_proved) == (MINE, manager.user, True)
    assert f"was entered by {manager.user.username} on" in words(sender.get(PAGE))
    manager.post(f"{page}{own.pk}/change/", {"mobile": "9801000010"})
    own.refresh_from_db()
    assert (own.mobile, own.is_proved) == ("9801000010", True)
    sender.post(PAGE, {"mobile": MINE})
    own.refresh_from_db()
    assert (own.entered_by, own.is_proved) == (None, False)
    manager.post(f"{page}{own.pk}/change/", {"mobile": MINE})
    own.refresh_from_db()
    assert (own.entered_by, own.is_proved) == (manager.user, True)
    assert sender.get(page).status_code == 302
    assert "delete" not in source(manager.get(f"{page}{own.pk}/change/"))


def test_a_manager_does_not_change_the_number_of_a_superuser(
    manager: Browser, gateway: Gateway
) -> None:
    owner = User.objects.create_superuser("owner")
    own = own_number.save_number(owner, MINE, by=owner)
    page = f"/admin/messaging/profile/{own.pk}/change/"
    assert manager.post(page, {"mobile": "9801000010"}).status_code == 403
    assert f'value="{owner.pk}"' not in source(manager.get("/admin/messaging/profile/add/"))
    own.refresh_from_db()
    assert own.mobile == MINE


def test_a_number_from_before_the_upgrade_asks_its_sender_for_a_proof(
    sender: Browser, roles: None
) -> None:
    managed = UserFactory.create(role="Manager")
    for user in (sender.user, managed):
        Profile.objects.create(user=user, mobile=MINE)
    migration: Any = MigrationLoader(connection).get_migration("messaging", "0013_proved_numbers")
    migration.operations[-1].code(apps, None)
    assert not is_proved(sender)
    assert Profile.objects.get(user=sender.user).mobile == MINE
    vouched = Profile.objects.get(user=managed)
    assert (vouched.is_proved, vouched.entered_by) == (True, managed)


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
        assert client.get(f"{PAGE}{name}/").status_code == 405


def test_a_code_is_claimed_like_any_message(
    sender: Browser, entered: Profile, gateway: Gateway
) -> None:
    ask(sender)
    claim = claim_batch(Campaign.objects.get().pk)
    assert claim is not None
    assert re.match(r"\d{6} is your code", claim.batch.letter)
    assert claim.batch.text.startswith("****** is your code")
    assert Campaign.objects.get().cost == Decimal("0.80")
