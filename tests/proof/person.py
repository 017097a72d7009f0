"""What people do while a campaign runs: look, release, resume; and the minutes that pass."""

import contextlib
import time
from datetime import timedelta

from django.db.models import F

from messaging import tasks
from messaging.models import Batch, BatchState, Campaign, CampaignState, Gateway
from messaging.services import sociair
from messaging.services.campaigns import control
from messaging.services.gateway import holds
from messaging.services.money import affordability, balance
from tests.proof.workers import until

_MINUTE = 0.5  # seconds between two sweeps, which in the office are a minute apart
_LONG = timedelta(hours=1)


def look_after(gateway: Gateway) -> bool:
    """Whatever waits for a person goes on. Whether anything did."""
    gateway.refresh_from_db()
    went_on = False
    if gateway.is_held:
        with contextlib.suppress(sociair.BalanceUnknown):
            balance.read_balance(gateway)
        went_on = holds.release(gateway, by=None)
    for campaign in Campaign.objects.filter(gateway=gateway, state=CampaignState.PAUSED):
        went_on |= _resume(campaign)
    return went_on


def _resume(campaign: Campaign) -> bool:
    """The page has the balance read before it lets anybody sign."""
    try:
        return control.resume(campaign, by=None)
    except affordability.SendRefused:
        with contextlib.suppress(sociair.BalanceUnknown):
            balance.read_balance(campaign.gateway)
        return False


def see_to_its_end(campaign: Campaign) -> None:
    """Somebody looks after a campaign that workers are sending, until it is done."""
    next_minute = time.monotonic() + _MINUTE

    def is_done() -> bool:
        nonlocal next_minute
        if look_after(campaign.gateway):
            tasks.kick()
        if time.monotonic() >= next_minute:
            next_minute += _MINUTE
            tasks.sweep()
        campaign.refresh_from_db()
        return campaign.state == CampaignState.DONE

    until(is_done)


def in_flight() -> set[int]:
    return set(Batch.objects.filter(state=BatchState.SENDING).values_list("pk", flat=True))


def let_deadlines_pass() -> None:
    """The time that batches in flight had left is over; nobody is there to use it."""
    Batch.objects.filter(state=BatchState.SENDING).update(deadline=F("deadline") - _LONG)
