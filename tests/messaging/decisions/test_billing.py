"""The estimate is a promise: what the sandbox bills is what was said, to the paisa; and where
Sociair says otherwise, the campaign's page does too.
"""

import csv
import random
import uuid
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from messaging.models import BalanceReading, Batch, Campaign, Gateway
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import control, drafts, handover
from messaging.services.campaigns.estimate import estimate
from messaging.services.campaigns.review import review_of
from messaging.services.decisions import bill_checks, billing, billing_causes
from messaging.services.money import balance
from sandbox import operators
from sandbox.account import Account, Order, Partial
from sandbox.ledger import Ledger
from sandbox.operators import Rates
from sandbox.server import Sandbox
from tests.conftest import Browser
from tests.importing import read_table
from tests.pages import words
from tests.sending import hand_over, numbers, send_all

pytestmark = pytest.mark.django_db

NTC, NCELL, SMARTCELL = Decimal("0.80"), Decimal("0.73"), Decimal("1.11")
GSM = (
    "abcdefghij KLMNOPQR 0123456789 @£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ!\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà"
)
EXTENSION = "^{}\\[~]|€"
DEVANAGARI = "नमस्ते विद्यालय भोलि बिदा छ कृपया शुल्क बुझाउनुहोस् १२३४५"
EMOJI = "😀🎉👍🏽👩‍👩‍👧🇳🇵❤️"
# Lengths at which another part begins, and beside them.
SEAMS = [1, 69, 70, 71, 133, 134, 135, 159, 160, 161, 305, 306, 307, 458, 459, 460]


def generated(count: int) -> Iterator[str]:
    """Texts of every kind, most of them as long as a seam, with dear characters on it."""
    chance = random.Random(20_261_124)
    kinds = [GSM, GSM + EXTENSION, DEVANAGARI, GSM + EMOJI, DEVANAGARI + EMOJI + GSM]
    for _text in range(count):
        alphabet = chance.choice(kinds)
        length = max(chance.choice(SEAMS) + chance.randint(-3, 3), 1)
        signs = [chance.choice(alphabet) for _sign in range(length)]
        if chance.random() < 0.5:
            for place in (65, 66, 67, 69, 151, 152, 153, 159):
                if place < length:
                    signs[place] = chance.choice(EXTENSION + "€")
        yield "x" + "".join(signs).strip()


def table_of(count: int, tmp_path: Path) -> Audience:
    path = tmp_path / "texts.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["Name", "Mobile", "Words"])
        chance = random.Random(7)
        for mobile, text in zip(numbers(count), generated(count), strict=True):
            rows.writerow([chance.choice(["Sita", "सीता", "Zoë", "{Gita}"]), mobile, text])
    return Audience(table=str(read_table(path, name="texts.csv").pk))


def reading(gateway: Gateway) -> BalanceReading:
    return BalanceReading.objects.create(
        gateway=gateway,
        balance=1_000_000,
        ntc_rate=NTC,
        ncell_rate=NCELL,
        smartcell_rate=SMARTCELL,
    )


def handed_over(gateway: Gateway, audience: Audience, text: str) -> tuple[Campaign, Decimal]:
    """A campaign and what its review promised."""
    draft = drafts.save_draft(
        form_uuid=uuid.uuid4(), text=text, audience=audience, gateway=gateway, by=None
    )
    seen = review_of(draft, reading(gateway))
    assert handover.hand_over(draft, reviewed=handover.Reviewed.of(draft, seen), by=None)
    return draft, seen.cost


@pytest.mark.parametrize("text", ["{words}", "Dear {name|friend}, {words} {{ok}} {date}"])
def test_ten_thousand_texts_cost_what_was_said(
    gateway: Gateway, tmp_path: Path, text: str, settings: Any
) -> None:
    settings.INLINE_RECIPIENTS = 20_000
    people = 5_000
    campaign, promised = handed_over(gateway, table_of(people, tmp_path), text)
    account = Account(Decimal(1_000_000), Ledger(None))
    rates = Rates(NTC, NCELL, SMARTCELL, Decimal(0))
    for batch in Batch.objects.filter(campaign=campaign).prefetch_related("recipients"):
        mobiles = [recipient.mobile for recipient in batch.recipients.all()]
        before = account.balance()
        account.charge(Order(batch.pk, batch.text, mobiles), rates, Partial.NONE_SENT, bill=True)
        assert before - account.balance() == batch.cost, repr(batch.text)
    totals = account.totals()
    assert totals.billed == campaign.total == people
    assert totals.spent == promised == campaign.cost


def test_the_estimate_beside_the_form_says_the_same(gateway: Gateway, tmp_path: Path) -> None:
    audience = table_of(300, tmp_path)
    reading(gateway)
    found = estimate("Dear {name}, {words}", audience, gateway)
    assert not found.is_rough
    _campaign, promised = handed_over(gateway, audience, "Dear {name}, {words}")
    assert found.cost == promised


@pytest.mark.parametrize("people", [300, pytest.param(10_000, marks=pytest.mark.long)])
def test_over_the_socket_the_account_has_what_was_said(
    gateway: Gateway, sandbox: Sandbox, tmp_path: Path, people: int, settings: Any
) -> None:
    settings.INLINE_RECIPIENTS = 20_000
    sandbox.settings(balance=1_000_000, ntc_rate=NTC, ncell_rate=NCELL, smartcell_rate=SMARTCELL)
    campaign, promised = handed_over(gateway, table_of(people, tmp_path), "{words}")
    send_all(gateway)
    campaign.refresh_from_db()
    assert campaign.accepted == people
    assert Decimal(1_000_000) - sandbox.balance == promised == campaign.cost
    assert billing.counts_that_differ(campaign) == []


def sent(gateway: Gateway) -> Campaign:
    balance.read_balance(gateway)
    campaign = hand_over(gateway, numbers(10))
    BalanceReading.objects.latest("id").delete()  # which the test made up
    send_all(gateway)
    campaign.refresh_from_db()
    balance.read_balance(gateway)
    return campaign


def test_nothing_is_said_where_all_agrees(sender: Browser, gateway: Gateway) -> None:
    campaign = sent(gateway)
    assert billing.counts_that_differ(campaign) == []
    assert bill_checks.check(campaign).gap is None
    assert "billing does not match" not in words(sender.get(campaign.get_absolute_url()))


def test_another_table_of_operators_is_named(
    sender: Browser, gateway: Gateway, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.settings(ncell_rate="1.00")
    monkeypatch.setitem(sandbox_operators(), "985", sandbox_operator("ncell"))
    campaign = sent(gateway)
    lines = billing.counts_that_differ(campaign)
    assert [(line.operator.value, line.ours, line.theirs) for line in lines] == [
        ("ntc", 4, 2),
        ("ncell", 4, 6),
    ]
    page = words(sender.get(campaign.get_absolute_url()))
    assert "Sociair's billing does not match" in page
    assert "list of operators is out of date" in page
    gap = bill_checks.check(campaign).gap
    assert gap is not None
    assert "Also taken from the account" in page


def test_changed_prices_are_named_as_the_cause(
    sender: Browser, gateway: Gateway, sandbox: Sandbox
) -> None:
    balance.read_balance(gateway)
    campaign = hand_over(gateway, numbers(10))
    BalanceReading.objects.latest("id").delete()  # which the test made up
    sandbox.settings(ntc_rate="1.60")
    send_all(gateway)
    balance.read_balance(gateway)
    campaign.refresh_from_db()
    page = words(sender.get(campaign.get_absolute_url()))
    assert "Also taken from the account Rs 3.20" in page
    assert (
        "The rates changed while the message was being sent. NTC cost Rs 0.80 for each part "
        "before sending and Rs 1.60 after it. The portal counted with Rs 0.80."
    ) in page
    assert "Ncell cost" not in page


def test_prices_that_were_signed_anew_are_no_cause(gateway: Gateway, sandbox: Sandbox) -> None:
    balance.read_balance(gateway)
    campaign = hand_over(gateway, numbers(4))
    control.pause(campaign, by=None)
    BalanceReading.objects.latest("id").delete()  # which the test made up
    sandbox.settings(rate="1.60")
    balance.read_balance(gateway)
    assert control.resume(campaign, by=None, seen=Decimal("6.40"))
    send_all(gateway)
    balance.read_balance(gateway)
    last = BalanceReading.objects.latest("id")
    BalanceReading.objects.filter(pk=last.pk).update(balance=last.balance - 5)
    campaign.refresh_from_db()
    gap = bill_checks.check(campaign).gap
    assert gap is not None
    assert billing_causes.cause_of_gap(
        campaign, gap, [], billing_causes.signed_rates(campaign)
    ).startswith("The portal does not know why.")


def test_other_counts_that_make_the_whole_difference_are_the_cause(
    gateway: Gateway, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.settings(ncell_rate="1.00")
    balance.read_balance(gateway)
    campaign = hand_over(gateway, ["9841234567", "9851234567"])
    Campaign.objects.update(rates={**campaign.rates, "ncell": "1.00"})
    BalanceReading.objects.latest("id").delete()  # which the test made up
    monkeypatch.setitem(sandbox_operators(), "985", sandbox_operator("ncell"))
    send_all(gateway)
    balance.read_balance(gateway)
    campaign.refresh_from_db()
    lines, gap = billing.counts_that_differ(campaign), bill_checks.check(campaign).gap
    assert gap is not None
    assert gap.gap == Decimal("0.20")
    assert "They make exactly this difference" in billing_causes.cause_of_gap(
        campaign, gap, lines, billing_causes.signed_rates(campaign)
    )
    assert "list of operators is out of date" in billing_causes.cause_of_counts(lines)


def sandbox_operators() -> Any:
    return operators._OPERATORS


def sandbox_operator(name: str) -> Any:
    return operators.SandboxOperator(name)


def test_the_balance_shows_what_else_left_the_account(
    sender: Browser, gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = sent(gateway)
    last = BalanceReading.objects.latest("id")
    BalanceReading.objects.filter(pk=last.pk).update(balance=last.balance - 5)
    page = words(sender.get(campaign.get_absolute_url()))
    assert "Also taken from the account Rs 5.00" in page
    assert "also used elsewhere" in page
    BalanceReading.objects.filter(pk=last.pk).update(balance=last.balance + 100)
    page = words(sender.get(campaign.get_absolute_url()))
    assert "Unexplained extra Rs 100.00" in page
    assert "topped up" in page


def test_while_something_is_unclear_the_balance_proves_nothing(gateway: Gateway) -> None:
    campaign = sent(gateway)
    last = BalanceReading.objects.latest("id")
    BalanceReading.objects.filter(pk=last.pk).update(balance=last.balance - 5)
    Batch.objects.filter(campaign=campaign).update(state="unconfirmed")
    assert bill_checks.check(campaign).gap is None
