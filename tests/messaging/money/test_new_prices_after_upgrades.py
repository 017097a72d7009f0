"""Another table of operators, or another count of parts, is another sum to sign for."""

from decimal import Decimal
from typing import Any

import pytest

from contacts import phone
from contacts.phone import Operator
from messaging.models import Batch, Campaign, CampaignState, Gateway, Recipient
from messaging.services.campaigns import control
from messaging.services.money import affordability, balance, rules
from messaging.services.money.affordability import SendRefused
from sandbox.server import Sandbox
from tests.messaging.money.prices_support import booked, ntc, scheduled

pytestmark = pytest.mark.django_db


@pytest.fixture
def upgraded(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lets a part of the operators' table be another one from now on."""

    def upgrade(prefix: str, operator: Operator) -> None:
        monkeypatch.setitem(phone._OPERATORS, prefix, operator)
        rules.fingerprint_of_rules.cache_clear()

    yield upgrade
    monkeypatch.undo()
    rules.fingerprint_of_rules.cache_clear()


def test_after_an_upgrade_new_operators_make_another_sum(
    gateway: Gateway, sandbox: Sandbox, upgraded: Any
) -> None:
    sandbox.settings(ncell_rate="0.80")
    campaign = scheduled(gateway, [*ntc(4), "9851234567", "9851234568"])
    Campaign.objects.update(rates={**campaign.rates, "ncell": "1.00"})
    sandbox.settings(ncell_rate="1.00")
    upgraded("985", Operator.NCELL)
    assert control.start_due(gateway) == 0
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PAUSED
    assert campaign.pause_reason.startswith("Since the portal was upgraded, it counts")
    assert "The 6 messages that are left would cost Rs 5.20 instead of Rs 4.80" in (
        campaign.pause_reason
    )
    assert control.resume(campaign, by=None, seen=Decimal("5.20"))
    assert campaign.cost == booked(campaign) == Decimal("5.20")
    assert Recipient.objects.filter(operator="ncell").count() == 2


def test_after_an_upgrade_new_parts_make_another_sum(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the version that froze it had counted one part where Sociair bills two."""
    campaign = scheduled(gateway, ntc(3))
    Batch.objects.update(text="न" * 71)
    Campaign.objects.update(rules="of before")
    assert control.start_due(gateway) == 0
    campaign.refresh_from_db()
    assert "would cost Rs 4.80 instead of Rs 2.40" in campaign.pause_reason
    assert control.resume(campaign, by=None, seen=Decimal("4.80"))
    assert Batch.objects.get().parts == 2


def test_an_upgrade_without_a_new_sum_asks_nothing(gateway: Gateway) -> None:
    campaign = scheduled(gateway, ntc(3))
    Campaign.objects.update(rules="")
    assert control.start_due(gateway) == 1
    campaign.refresh_from_db()
    assert campaign.rules == rules.fingerprint_of_rules()
    assert campaign.cost == Decimal("2.40")


def test_an_operator_without_a_price_keeps_the_old_one(gateway: Gateway, upgraded: Any) -> None:
    scheduled(gateway, ntc(2))
    upgraded("984", Operator.OTHER)
    assert control.start_due(gateway) == 1
    assert set(Recipient.objects.values_list("operator", flat=True)) == {"ntc"}


def test_a_balance_that_is_too_low_covers_nothing(gateway: Gateway) -> None:
    reading = balance.read_balance(gateway)
    with pytest.raises(SendRefused, match="Not enough balance left"):
        affordability.check_covered(reading, reading.balance + 1)
    affordability.check_covered(reading, reading.balance)
