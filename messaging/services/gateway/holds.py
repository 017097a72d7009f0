"""Holds: what keeps every call from being made, for how long, and who ends it."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, Q

from messaging.answers.outcomes import Outcome
from messaging.models import (
    Event,
    EventKind,
    Gateway,
    HoldKind,
    HoldReason,
    SentMessage,
)
from messaging.models.gateway import CLOCK_TOLERANCE
from messaging.services.gateway import doubts, machines
from messaging.services.storage import clock
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.record import record
from sociair_portal.common.actors import Actor, user_of
from sociair_portal.common.sentences import noted_label, together

_WEAKER: dict[HoldKind, list[HoldKind]] = {
    HoldKind.TIMED: [HoldKind.NONE, HoldKind.TIMED],
    HoldKind.TOKEN: [HoldKind.NONE, HoldKind.TIMED],
    HoldKind.PERSON: [HoldKind.NONE, HoldKind.TIMED, HoldKind.TOKEN],
}
# Said in the history even while the gateway is held already.
_ALARMS = (
    *(HoldReason.CONTRACT_CHANGED, HoldReason.NOT_SAVED),
    *(HoldReason.RESTORED, HoldReason.UNEXPLAINED),
)
# Holds that a person ends, unless the machine that is waited for comes before.
_WAITED_FOR = (HoldReason.RECORD_MISSING, HoldReason.MACHINE_SILENT)
_ENDS_BY_ITSELF = Q(hold_kind=HoldKind.PERSON, hold_reason__in=_WAITED_FOR)
# Here it is not known what went out before: all campaigns are doubted before the hold begins.
_SET_BACK = (HoldReason.RESTORED, HoldReason.UNEXPLAINED)
_TOKEN_ROUNDS = 3  # refused for sending, accepted for reading the balance, and refused again
_UNREACHABLE_FIRST, _UNREACHABLE_MOST = 5, 5 * 60  # seconds
_THROTTLED_FIRST, _THROTTLED_MOST = 60, 15 * 60
_MOST_IN_A_ROW, _MOST_UNCLEAR, _LAST = 2, 3, 10  # calls without a clear answer, of how many
_LONGEST_WAIT = 24 * 60 * 60  # seconds, whatever Sociair asks for


def current_gateway() -> Gateway:
    """The gateway that this portal is configured for."""
    gateway, _created = Gateway.objects.get_or_create(base_url=settings.SOCIAIR_BASE_URL)
    return gateway


def is_throttled(gateway: Gateway) -> bool:
    """Whether Sociair wants no call of any kind from us at this moment."""
    throttled = Gateway.objects.filter(
        pk=gateway.pk, hold_kind=HoldKind.TIMED, hold_reason=HoldReason.THROTTLED
    )
    if not throttled.exists():
        return False
    return not Gateway.objects.not_held(clock.moment()).filter(pk=gateway.pk).exists()


def hold(
    gateway: Gateway,
    kind: HoldKind,
    reason: HoldReason,
    *,
    words: str = "",
    until: datetime | None = None,
) -> bool:
    """Hold every call, and return whether this hold applies now.

    A weaker hold never replaces or shortens a stronger one. `until` is for timed holds.
    """
    now = clock.moment()
    replaceable = Q(hold_kind__in=_WEAKER[kind])
    if kind is HoldKind.TIMED:
        # A hold that begins in the future was made by a clock that was wrong.
        disbelieved = Q(held_at__gt=now + CLOCK_TOLERANCE)
        replaceable &= Q(hold_kind=HoldKind.NONE) | Q(held_until__lt=until) | disbelieved
    if reason in _SET_BACK:  # nothing is more urgent
        replaceable |= ~Q(hold_reason__in=_SET_BACK)
    held = Gateway.objects.filter(replaceable, pk=gateway.pk).update(
        hold_kind=kind,
        hold_reason=reason,
        hold_words=words,
        held_at=now,
        held_until=until,
    )
    if held or reason in _ALARMS:
        Event.objects.create(gateway=gateway, kind=EventKind.HELD, words=_why(reason, words))
    return bool(held)


def _why(reason: HoldReason, words: str) -> str:
    return together(noted_label(reason.label), words)


def hold_unreachable(gateway: Gateway, *, words: str = "") -> None:
    """Sociair could not be reached: wait for seconds, then up to minutes."""
    _back_off(gateway, HoldReason.UNREACHABLE, _UNREACHABLE_FIRST, _UNREACHABLE_MOST, None, words)


def hold_unkept(gateway: Gateway, *, words: str) -> None:
    """This machine's record cannot be kept: after a restore, a call could be made twice."""
    _back_off(gateway, HoldReason.NO_RECORD, _UNREACHABLE_FIRST, _UNREACHABLE_MOST, None, words)


def hold_token(gateway: Gateway) -> None:
    """A call was refused for its token. The balance may be read with it all the same, which ends
    the hold; so that this does not go round for ever, a person looks after some rounds.
    """
    if not hold(gateway, HoldKind.TOKEN, HoldReason.TOKEN_REFUSED):
        return
    Gateway.objects.filter(pk=gateway.pk).update(token_refusals=F("token_refusals") + 1)
    if Gateway.objects.filter(pk=gateway.pk, token_refusals__gte=_TOKEN_ROUNDS).exists():
        hold(gateway, HoldKind.PERSON, HoldReason.MAY_NOT_SEND)


def hold_throttled(gateway: Gateway, *, retry_after: float | None, words: str = "") -> None:
    """Sociair said how long to wait (seconds), or left it to us."""
    _back_off(gateway, HoldReason.THROTTLED, _THROTTLED_FIRST, _THROTTLED_MOST, retry_after, words)


def _back_off(
    gateway: Gateway,
    reason: HoldReason,
    first: float,
    most: float,
    asked: float | None,
    words: str,
) -> None:
    """A timed hold that doubles with each failure; calls that failed together count once."""
    now = clock.moment()
    counted = Gateway.objects.not_held(now).filter(pk=gateway.pk).update(failures=F("failures") + 1)
    failures = Gateway.objects.values_list("failures", flat=True).get(pk=gateway.pk)
    if not counted and asked is None:
        return
    delay = min(first * 2 ** min(max(failures - 1, 0), 20), most)
    if asked is not None:
        delay = min(max(asked, 1), _LONGEST_WAIT)
    hold(gateway, HoldKind.TIMED, reason, words=words, until=now + timedelta(seconds=delay))


def answered(gateway_id: int) -> None:
    """A call went well: failures before it count no more."""
    Gateway.objects.filter(pk=gateway_id).update(failures=0, unconfirmed=0, token_refusals=0)


def left_unclear(gateway: Gateway) -> None:
    """A call ended without a clear answer: two in succession, or three of the last ten since
    someone has looked, wait for a person.
    """
    Gateway.objects.filter(pk=gateway.pk).update(unconfirmed=F("unconfirmed") + 1)
    found = Gateway.objects.only("unconfirmed", "looked_at_call").get(pk=gateway.pk)
    if found.unconfirmed >= _MOST_IN_A_ROW or _unclear_of_the_last(found) >= _MOST_UNCLEAR:
        hold(gateway, HoldKind.PERSON, HoldReason.UNCONFIRMED)


def _unclear_of_the_last(gateway: Gateway) -> int:
    calls = SentMessage.objects.filter(gateway=gateway, pk__gt=gateway.looked_at_call)
    last = calls.order_by("-pk").values_list("outcome", flat=True)[:_LAST]
    return sum(Outcome(outcome).is_unclear for outcome in last)


def release(gateway: Gateway, *, by: Actor) -> bool:
    """End a hold that a person may end. A refused token's ends when the balance can be read.

    If the hold was because the database may lack calls, no campaign that is under way goes on
    before someone has said what of it went out. False if there was no such hold.
    """
    held = Gateway.objects.get(pk=gateway.pk)
    if held.hold_reason in _WAITED_FOR:  # before anything could go on
        doubts.doubt_all(gateway, why=noted_label(HoldReason(held.hold_reason).label))
    may_end = Q(hold_kind__in=[HoldKind.PERSON, HoldKind.TIMED], hold_reason=held.hold_reason)
    with transaction.atomic():
        found = Gateway.objects.select_for_update(no_key=True).get(pk=gateway.pk)
        released = _release(gateway, may_end, token_refusals=0)
        if released:
            Event.objects.create(gateway=gateway, kind=EventKind.RELEASED, by=user_of(by))
            words = str(found.get_hold_reason_display())
            record(Deed.RELEASED, by=by, about=gateway, words=words)
        if released and found.hold_reason in (*_WAITED_FOR, *_SET_BACK):
            machines.go_on_without(found)
    return released


def release_past(gateway: Gateway) -> bool:
    """End a hold that waited for a machine: it has come, and no call is missing."""
    if not Gateway.objects.filter(_ENDS_BY_ITSELF, pk=gateway.pk).exists():
        return False
    with transaction.atomic():
        released = _release(gateway, _ENDS_BY_ITSELF)
        if released:
            Event.objects.create(gateway=gateway, kind=EventKind.RELEASED)
    return released


def release_token(gateway: Gateway) -> bool:
    """End the hold of a refused token: Sociair accepts it again."""
    with transaction.atomic():
        released = _release(gateway, Q(hold_kind=HoldKind.TOKEN))
        if released:
            Event.objects.create(gateway=gateway, kind=EventKind.RELEASED)
    return released


def _release(gateway: Gateway, which: Q, **counts: int) -> bool:
    return bool(
        Gateway.objects.filter(which, pk=gateway.pk).update(
            hold_kind=HoldKind.NONE,
            hold_reason="",
            hold_words="",
            held_at=None,
            held_until=None,
            wake_at=None,
            failures=0,
            unconfirmed=0,
            looked_at_call=_latest_call(),
            **counts,
        )
    )


def _latest_call() -> int:
    found: int = SentMessage.objects.aggregate(latest=Max("pk", default=0))["latest"]
    return found


def reserve_wake_up(gateway: Gateway) -> datetime | None:
    """When the senders should be woken after a timed hold; None if someone has reserved that
    already.
    """
    gateway.refresh_from_db(fields=["hold_kind", "held_at", "held_until", "wake_at"])
    until = gateway.held_until
    if gateway.hold_kind != HoldKind.TIMED or until is None or not gateway.is_held:
        return None
    reserved = Gateway.objects.filter(
        Q(wake_at__isnull=True) | Q(wake_at__lt=until) | Q(wake_at__gt=until + CLOCK_TOLERANCE),
        pk=gateway.pk,
    ).update(wake_at=until)
    return until if reserved else None


def release_by_itself(gateway: Gateway, *, words: str) -> bool:
    """End the hold of a row just read without a person, unless another hold has come since."""
    with transaction.atomic():
        seen = Q(hold_kind=gateway.hold_kind, hold_reason=gateway.hold_reason)
        released = _release(gateway, seen & Q(held_at=gateway.held_at))
        if released:
            Event.objects.create(gateway=gateway, kind=EventKind.RELEASED, words=words)
    return released
