"""Holds that end automatically: Sociair answers again, or the record can be kept again."""

from typing import Final

from messaging.models import (
    BalanceReading,
    Batch,
    BatchState,
    Gateway,
    HoldKind,
    HoldReason,
    SentMessage,
)
from messaging.services.gateway import holds
from messaging.services.storage import database
from sociair_portal.common.sentences import noted

_LOOKED_AT: Final = 20  # calls; those that led to a hold are among the last ten


def after_reading(gateway: Gateway, reading: BalanceReading) -> None:
    """End a hold that waited for Sociair, which has just told the balance.

    A reading that was asked for before a hold says nothing about it.
    """
    _look_again(gateway)
    if not gateway.is_held or gateway.held_at is None or reading.asked_at < gateway.held_at:
        return
    hold = (gateway.hold_kind, gateway.hold_reason)
    if hold == (HoldKind.TIMED, HoldReason.UNREACHABLE):
        holds.release_by_itself(gateway, words=noted("Sociair is answering again."))
    elif hold == (HoldKind.PERSON, HoldReason.UNCONFIRMED) and not _is_in_doubt(gateway):
        words = noted(
            "Everything that was not known has been decided, and Sociair is answering again."
        )
        holds.release_by_itself(gateway, words=words)


def if_kept_again(gateway: Gateway) -> None:
    """End the hold of a record that could not be kept, if this machine can keep it again."""
    _look_again(gateway)
    if not gateway.is_held or gateway.hold_reason != HoldReason.NO_RECORD:
        return
    if gateway.hold_kind == HoldKind.TIMED and database.can_keep_files():
        holds.release_by_itself(gateway, words=noted("This machine can keep its record again."))


def _look_again(gateway: Gateway) -> None:
    gateway.refresh_from_db(fields=["hold_kind", "hold_reason", "held_at", "held_until"])


def _is_in_doubt(gateway: Gateway) -> bool:
    """Whether any call since the row of unclear answers began still waits for a person."""
    calls = SentMessage.objects.filter(gateway=gateway)
    before = calls.filter(started_at__lte=gateway.held_at).order_by("-started_at")
    looked_at = before.values_list("started_at", flat=True)[:_LOOKED_AT]
    since = min(looked_at, default=gateway.held_at)
    return Batch.objects.filter(
        state=BatchState.UNCONFIRMED,
        pk__in=calls.filter(started_at__gte=since).values("batch"),
    ).exists()
