"""Holds of each kind, and how long they last."""

from datetime import timedelta

from django.utils import timezone

from messaging.models import Gateway, HoldKind, HoldReason
from messaging.services.gateway import holds
from messaging.services.sending import dispatch

TIMED, TOKEN, PERSON = HoldKind.TIMED, HoldKind.TOKEN, HoldKind.PERSON


def delay_of(gateway: Gateway) -> int:
    """Seconds that a timed hold lasts from now on."""
    gateway.refresh_from_db()
    assert gateway.hold_kind == TIMED
    assert gateway.held_until is not None
    return round((gateway.held_until - timezone.now()).total_seconds())


def wait_until_over() -> None:
    """A second after the hold's end."""
    Gateway.objects.update(held_until=timezone.now() - timedelta(seconds=1))


def delays_of(gateway: Gateway, tries: int) -> list[int]:
    delays = []
    for _try in range(tries):
        assert dispatch.send_next(gateway) is dispatch.Round.CALLED
        delays.append(delay_of(gateway))
        wait_until_over()
    return delays


def hold(gateway: Gateway, kind: HoldKind) -> bool:
    reason = {
        TIMED: HoldReason.UNREACHABLE,
        TOKEN: HoldReason.TOKEN_REFUSED,
        PERSON: HoldReason.MISCONFIGURED,
    }[kind]
    until = timezone.now() + timedelta(minutes=1) if kind is TIMED else None
    return holds.hold(gateway, kind, reason, until=until)
