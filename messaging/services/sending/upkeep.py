"""The sweep: upkeep that every worker does each minute; each step may run any number of times."""

import logging
from datetime import timedelta

from django.utils import timezone

from messaging.models import (
    Batch,
    BatchState,
    Campaign,
    CampaignState,
    Gateway,
    HoldReason,
)
from messaging.services import sociair
from messaging.services.audience import changes, tables
from messaging.services.campaigns import control, kept_counts, link_texts, number_codes
from messaging.services.decisions import bill_checks
from messaging.services.decisions.settlement import UNDECIDED
from messaging.services.gateway import relief, silence
from messaging.services.money import balance
from messaging.services.privacy import remembered
from messaging.services.sending import persistence
from messaging.services.sending.record import give_up_lost

logger = logging.getLogger(__name__)

_READ_EVERY = timedelta(minutes=15)


def sweep(gateway: Gateway) -> None:
    """Keep those forgotten whom a backup brings back, record answers that wait in files, give up
    lost batches, start what is due, cancel codes and links that expired, close what was cancelled,
    look at the balance, check the bills of what is over, and forget tables and counts that nobody
    uses.
    """
    Gateway.objects.filter(pk=gateway.pk).update(swept_at=timezone.now())
    steps = (
        _remember_forgotten,
        *(persistence.catch_up, _give_up, _mark_overdue, control.start_due),
        *(number_codes.cancel_expired, link_texts.cancel_expired),
        *(_close_cancelled, _read_balance),
        *(relief.if_kept_again, _check_bills, _forget_tables, _forget_counts),
    )
    for step in steps:
        try:
            step(gateway)
        except Exception as error:  # noqa: BLE001  # none may keep the others from their work
            name = step.__name__.strip("_")
            logger.error("The sweep's step %s failed: %s.", name, type(error).__name__)


def _remember_forgotten(_gateway: Gateway) -> None:
    if people := remembered.compare():
        logger.warning("%d people came back with a backup and were anonymised again.", people)


def _give_up(_gateway: Gateway) -> None:
    """Give up lost batches of every gateway: a former one may have left some. None is sent."""
    if lost := sum(give_up_lost(any_gateway) for any_gateway in Gateway.objects.all()):
        logger.warning("%d batches were given up: their worker is gone.", lost)


def _mark_overdue(gateway: Gateway) -> None:
    silence.mark_overdue(gateway, now=timezone.now())


def _close_cancelled(_gateway: Gateway) -> None:
    for campaign in _half_cancelled():
        control.close_cancelled(campaign)


def _read_balance(gateway: Gateway) -> None:
    if not _wants_balance(gateway):
        return
    try:
        balance.read_balance(gateway)
    except sociair.BalanceUnknown as unknown:
        logger.info("The balance could not be read: %s", unknown.reason)


def _check_bills(gateway: Gateway) -> None:
    bill_checks.keep_latest(Gateway.objects.get(pk=gateway.pk))  # under the mark as it is now


def _forget_tables(_gateway: Gateway) -> None:
    tables.forget_unused()


def _forget_counts(_gateway: Gateway) -> None:
    kept_counts.forget_old()
    changes.keep_short()


def _half_cancelled() -> list[Campaign]:
    queued = Batch.objects.filter(state=BatchState.QUEUED)
    return list(
        Campaign.objects.filter(
            state=CampaignState.CANCELLED, pending__gt=0, pk__in=queued.values("campaign")
        )
    )


def _wants_balance(gateway: Gateway) -> bool:
    """A refused token is tried again, and so is a Sociair that could not be reached; otherwise an
    old reading is enough reason.
    """
    waited_for = (HoldReason.TOKEN_REFUSED, HoldReason.UNREACHABLE)
    if gateway.is_held and gateway.hold_reason in waited_for:
        return True
    reading = balance.latest(gateway)
    if reading is None or abs(timezone.now() - reading.read_at) > _READ_EVERY:
        return True
    # Evidence about unconfirmed messages, taken while it is fresh.
    undecided = Batch.objects.filter(
        campaign__gateway=gateway, state__in=UNDECIDED, deadline__gte=reading.asked_at
    )
    return undecided.exists()


def unprepared(gateway: Gateway) -> list[Campaign]:
    """Campaigns that are still to be prepared, the oldest first."""
    return list(
        Campaign.objects.filter(gateway=gateway, state=CampaignState.PREPARING).order_by("id")
    )
