"""Campaigns for tests, handed over as a person would, and a worker that runs in the test."""

import time
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from messaging.models import BalanceReading, Campaign, Gateway, MessageTemplate, Recipient
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import drafts, handover
from messaging.services.campaigns.review import review_of
from messaging.services.gateway import holds, slot_record
from messaging.services.money import balance
from messaging.services.sending import claims, dispatch, slots
from messaging.services.storage import statements
from sociair_portal.common.actors import Actor

_LOOKS_IN_EVERY = 15  # seconds, as a worker's own task does

# Numbers of every operator that mean nothing to the sandbox.
_PREFIXES = ("984", "980", "961", "985", "981")


def numbers(count: int, *, first: int = 1000) -> list[str]:
    return [f"{_PREFIXES[place % len(_PREFIXES)]}{first + place:07d}" for place in range(count)]


def gateway_of_a_worker() -> Gateway:
    """The gateway that is set, with a machine that has looked in: nothing was under way before."""
    gateway = holds.current_gateway()
    slots.attend(gateway)
    return gateway


def hand_over(
    gateway: Gateway,
    audience: Audience | Sequence[str],
    *,
    text: str = "School is closed tomorrow.",
    by: Actor = None,
    at: datetime | None = None,
    amount: str = "10000",
    template: MessageTemplate | None = None,
) -> Campaign:
    """Compose, review, send: the campaign is queued when this returns."""
    if not isinstance(audience, Audience):
        audience = Audience(numbers="\n".join(audience))
    draft = drafts.save_draft(
        form_uuid=uuid.uuid4(),
        text=text,
        audience=audience,
        gateway=gateway,
        by=by,
        template=template,
    )
    drafts.plan(draft, at)
    seen = review_of(draft, reading(gateway, amount=amount))
    assert handover.hand_over(draft, reviewed=handover.Reviewed.of(draft, seen), by=by, at=at)
    return draft


def reading(gateway: Gateway, *, amount: str = "10000") -> BalanceReading:
    """A fresh balance, as if Sociair had just told it."""
    rate = Decimal("0.80")
    return BalanceReading.objects.create(
        gateway=gateway, balance=amount, ntc_rate=rate, ncell_rate=rate, smartcell_rate=rate
    )


def claim_batch(campaign_id: int) -> claims.Claim | None:
    """A worker claims a campaign's next batch, and a slot, if it may."""
    leave = slots.look(Campaign.objects.get(pk=campaign_id).gateway)
    return claims.claim_batch(campaign_id, leave) if isinstance(leave, slots.Leave) else None


def take_slot(gateway: Gateway) -> float | None:
    """0.0 for a slot that was taken, the seconds to wait for one, None while nobody may call."""
    while isinstance(leave := slots.look(gateway), slots.Leave):
        if (taken := statements.row(*slots.taking(leave))) is not None:
            slot_record.raise_to(gateway, taken[0])
            return 0.0
    return leave


def send_all(gateway: Gateway) -> list[dispatch.Round]:
    """What one sender does until there is nothing more for it, on a machine that looks in."""
    looked_in = time.monotonic()

    def go_on() -> bool:
        return time.monotonic() - looked_in <= _LOOKS_IN_EVERY

    rounds = [dispatch.send_next(gateway, go_on=go_on)]
    while rounds[-1] is dispatch.Round.CALLED:
        if not go_on():
            slots.attend(gateway)
            looked_in = time.monotonic()
        rounds.append(dispatch.send_next(gateway, go_on=go_on))
    return rounds


def release(gateway: Gateway) -> None:
    """Whatever holds the gateway, a person looks and lets it go on."""
    holds.release(gateway, by=None)
    balance.read_balance(gateway)


def states(campaign: Campaign) -> dict[str, str]:
    return dict(Recipient.objects.filter(campaign=campaign).values_list("mobile", "state"))


def check_books(campaign: Campaign, billed: Iterable[str]) -> None:
    """The four promises, judged by the sandbox's ledger, and the counters that must add up."""
    billed = list(billed)
    of_campaign = states(campaign)
    assert len(billed) == len(set(billed)), "a number was billed twice"
    ended = {"queued", "sending", "accepted", "refused", "unconfirmed", "not_sent", "cancelled"}
    assert set(of_campaign.values()) <= ended | {"opted_out"}
    for mobile, state in of_campaign.items():
        if state == "accepted":
            assert mobile in billed, "accepted, and not in the ledger"
        if state in ("refused", "not_sent", "cancelled", "opted_out", "queued"):
            assert mobile not in billed, f"{state}, and in the ledger"
    campaign.refresh_from_db()
    for state in ("accepted", "refused", "unconfirmed", "not_sent", "cancelled", "opted_out"):
        assert getattr(campaign, state) == list(of_campaign.values()).count(state), state
    pending = [state for state in of_campaign.values() if state in ("queued", "sending")]
    assert campaign.pending == len(pending)
    assert campaign.total == len(of_campaign)
