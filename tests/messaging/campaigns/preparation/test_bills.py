"""What a send may cost: what the balance holds, is fresh, and nobody else will take."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.utils import timezone
from pytest_django import Settings

from messaging.models import BalanceReading, Campaign, CampaignState, Gateway, Recipient
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import handover
from messaging.services.campaigns.review import review_of
from messaging.services.money import affordability
from sandbox.server import Sandbox
from tests.at_once import at_once
from tests.messaging.campaigns.preparation.support import (
    assert_still_a_draft,
    draft_of,
    hand_over_draft,
    signature_of,
)
from tests.sending import hand_over, numbers, reading, send_all

pytestmark = pytest.mark.django_db


def test_a_balance_that_is_too_low_sends_nothing(gateway: Gateway) -> None:
    draft = draft_of(gateway, Audience(numbers="\n".join(numbers(2))))
    with pytest.raises(affordability.SendRefused, match="Not enough balance left"):
        handover.hand_over(draft, reviewed=signature_of(draft, amount="1.59"), by=None)
    assert_still_a_draft(draft)
    assert handover.hand_over(draft, reviewed=signature_of(draft, amount="1.60"), by=None)


@pytest.mark.parametrize("state", [CampaignState.SENDING, CampaignState.PREPARING])
def test_the_cost_of_other_campaigns_is_not_spent_twice(
    state: CampaignState, gateway: Gateway
) -> None:
    other = hand_over(gateway, numbers(3))
    Campaign.objects.filter(pk=other.pk).update(state=state)
    draft = draft_of(gateway, Audience(numbers="\n".join(numbers(2, first=2000))))
    with pytest.raises(affordability.SendRefused, match="Not enough balance left"):
        handover.hand_over(draft, reviewed=signature_of(draft, amount="3.99"), by=None)
    assert handover.hand_over(draft, reviewed=signature_of(draft, amount="4.00"), by=None)


@pytest.mark.parametrize("fault", ["ok", "500"])
def test_what_was_sent_since_the_reading_is_spent(
    fault: str, gateway: Gateway, sandbox: Sandbox
) -> None:
    """The reading is fresh, and yet of before another campaign."""
    hand_over(gateway, numbers(3))
    sandbox.settings(script=[fault])
    BalanceReading.objects.all().delete()
    reading(gateway, amount="3.99")
    send_all(gateway)
    draft = draft_of(gateway, Audience(numbers="\n".join(numbers(2, first=2000))))
    seen = review_of(draft, BalanceReading.objects.get())
    assert seen.available == Decimal("1.59")
    signed = handover.Reviewed.of(draft, seen)
    with pytest.raises(affordability.SendRefused, match="Not enough balance left"):
        handover.hand_over(draft, reviewed=signed, by=None)
    # The next reading knows it.
    reading(gateway, amount="1.60")
    assert handover.hand_over(draft, reviewed=signed, by=None)


def test_an_old_reading_signs_no_bill(gateway: Gateway, settings: Settings) -> None:
    draft = draft_of(gateway, Audience(numbers="\n".join(numbers(2))))
    signed = signature_of(draft)
    stale = timezone.now() - timedelta(seconds=settings.BALANCE_FRESH_SECONDS + 1)
    BalanceReading.objects.update(asked_at=stale, read_at=stale)
    with pytest.raises(affordability.SendRefused, match="Refreshing the balance"):
        handover.hand_over(draft, reviewed=signed, by=None)
    BalanceReading.objects.all().delete()
    with pytest.raises(affordability.SendRefused, match="Refreshing the balance"):
        handover.hand_over(draft, reviewed=signed, by=None)
    assert_still_a_draft(draft)


@pytest.mark.django_db(transaction=True)
def test_two_campaigns_do_not_spend_the_same_rupee(gateway: Gateway) -> None:
    written = [
        draft_of(gateway, Audience(numbers="\n".join(numbers(2, first=1000 * place))))
        for place in range(1, 5)
    ]
    signed = [signature_of(draft, amount="3.50") for draft in written]  # for two of them
    outcomes = at_once(
        [partial(hand_over_draft, draft, bill) for draft, bill in zip(written, signed, strict=True)]
    )
    assert sorted(outcomes) == ["refused", "refused", "sent", "sent"]
    assert Recipient.objects.count() == 4
