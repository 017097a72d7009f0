"""When the gateway may be called: its slots, its holds, and who ends them."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from messaging.models import (
    PAUSABLE_STATES,
    Campaign,
    CampaignState,
    Event,
    EventKind,
    Gateway,
    HoldKind,
    HoldReason,
)
from messaging.services import tidemark
from messaging.services.acting import Actor, user_of

_WEAKER: dict[HoldKind, list[HoldKind]] = {
    HoldKind.TIMED: [HoldKind.NONE, HoldKind.TIMED],
    HoldKind.TOKEN: [HoldKind.NONE, HoldKind.TIMED],
    HoldKind.PERSON: [HoldKind.NONE, HoldKind.TIMED, HoldKind.TOKEN],
}
# Said in the history even while the gateway is held already.
_ALARMS = (HoldReason.CONTRACT_CHANGED, HoldReason.NOT_SAVED)
_TOKEN_ROUNDS = 3  # refused for sending, accepted for reading the balance, and refused again
_UNREACHABLE_FIRST, _UNREACHABLE_MOST = 5, 5 * 60  # seconds
_THROTTLED_FIRST, _THROTTLED_MOST = 60, 15 * 60
_LONGEST_WAIT = 24 * 60 * 60


def current_gateway() -> Gateway:
    """The gateway that this portal is configured for."""
    gateway, _created = Gateway.objects.get_or_create(base_url=settings.SOCIAIR_BASE_URL)
    return gateway


# -- Slots -----------------------------------------------------------------------------------


def take_slot(gateway: Gateway) -> float | None:
    """Leave to make one call: 0.0 when it may start now, else the seconds to wait before asking
    again, None while the gateway is held.

    All workers on all machines share the row, so the rate limit holds for them together.
    """
    # The file first: it never knows of a slot that the database had not given before.
    known = tidemark.highest(gateway)
    try:
        slot = _next_slot(gateway, known)
    except _LookBack as back:
        if not _look_back(back.gateway, known):
            return None
        slot = _next_slot(gateway, known, is_awake=True)
    if not isinstance(slot, int):
        return slot
    try:
        tidemark.raise_to(gateway, slot)
    except OSError as error:
        _hold_unkept(gateway, words=error.strerror or "")
        return None
    return 0.0


class _LookBack(Exception):
    """The database was restored, or nothing was sent for hours: that comes before any call."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway


def _next_slot(gateway: Gateway, known: int, *, is_awake: bool = False) -> int | float | None:
    """The number of the slot that was given, or the seconds to wait for one, or None if held.

    Raises `_LookBack` without having changed anything.
    """
    interval = _interval()
    with transaction.atomic():
        found = Gateway.objects.select_for_update(no_key=True).get(pk=gateway.pk)
        now = timezone.now()  # when the row is ours, however long that took
        if found.is_held:
            return None
        if known > found.calls or (not is_awake and _is_asleep(found, now)):
            raise _LookBack(found)
        # A slot farther away than one interval is of a clock that was set back since.
        if interval and found.next_slot is not None and now < found.next_slot <= now + interval:
            return (found.next_slot - now).total_seconds()
        Gateway.objects.filter(pk=gateway.pk).update(
            calls=found.calls + 1, next_slot=now + interval, active_at=now
        )
        return found.calls + 1


def _look_back(gateway: Gateway, known: int) -> bool:
    """Campaigns that slept, or that a restored database may send again, stop before a slot is
    given. False if the database was restored.

    Campaigns are changed while the gateway's row is not locked: an answer locks its campaign
    first, and the two must not wait for each other.
    """
    if known > gateway.calls:
        _hold_restored(gateway, known)
        return False
    mark_overdue(gateway, now=timezone.now())
    return True


def _hold_restored(gateway: Gateway, known: int) -> None:
    """The database is behind what went out from here: nothing goes on without a person."""
    why = str(HoldReason.RESTORED.label)
    under_way = Campaign.objects.filter(gateway=gateway, state__in=PAUSABLE_STATES)
    for campaign in under_way.order_by("id"):
        with transaction.atomic():
            if Campaign.objects.filter(pk=campaign.pk, state=campaign.state).update(
                state=CampaignState.PAUSED, pause_reason=why
            ):
                Event.objects.create(campaign=campaign, kind=EventKind.PAUSED, words=why)
    with transaction.atomic():
        hold(gateway, HoldKind.PERSON, HoldReason.RESTORED)
        Gateway.objects.filter(pk=gateway.pk, calls__lt=known).update(calls=known)


def _interval() -> timedelta:
    limit = settings.SOCIAIR_REQUESTS_PER_MINUTE
    return timedelta(minutes=1) / limit if limit else timedelta(0)


def overdue_after() -> timedelta:
    """How long a campaign may wait, while nothing is sent, before it asks."""
    return timedelta(hours=settings.OVERDUE_HOURS)


def _is_asleep(gateway: Gateway, now: datetime) -> bool:
    """Whether no call was made for so long."""
    return gateway.active_at is None or gateway.active_at < now - overdue_after()


def mark_overdue(gateway: Gateway, *, now: datetime) -> int:
    """Campaigns that waited while nothing was sent for hours ask before they go on."""
    if not _is_asleep(gateway, now):
        return 0
    before = now - overdue_after()
    sleeping = Campaign.objects.filter(
        gateway=gateway, state=CampaignState.SENDING, pending__gt=0, resumed_at__lt=before
    )
    marked = 0
    for campaign in sleeping.order_by("id"):
        with transaction.atomic():
            if Campaign.objects.filter(pk=campaign.pk, state=CampaignState.SENDING).update(
                state=CampaignState.OVERDUE
            ):
                Event.objects.create(campaign=campaign, kind=EventKind.OVERDUE)
                marked += 1
    return marked


def is_throttled(gateway: Gateway) -> bool:
    """Whether Sociair wants no call of any kind from us at this moment."""
    return Gateway.objects.filter(
        pk=gateway.pk,
        hold_kind=HoldKind.TIMED,
        hold_reason=HoldReason.THROTTLED,
        held_until__gt=timezone.now(),
    ).exists()


# -- Holds -----------------------------------------------------------------------------------


def hold(
    gateway: Gateway,
    kind: HoldKind,
    reason: HoldReason,
    *,
    words: str = "",
    until: datetime | None = None,
) -> bool:
    """Hold every call. A weaker hold never replaces or shortens a stronger one."""
    replaceable = Q(hold_kind__in=_WEAKER[kind])
    if kind is HoldKind.TIMED:
        replaceable &= Q(hold_kind=HoldKind.NONE) | Q(held_until__lt=until)
    held = Gateway.objects.filter(replaceable, pk=gateway.pk).update(
        hold_kind=kind,
        hold_reason=reason,
        hold_words=words,
        held_at=timezone.now(),
        held_until=until,
    )
    if held or reason in _ALARMS:
        Event.objects.create(gateway=gateway, kind=EventKind.HELD, words=_why(reason, words))
    return bool(held)


def _why(reason: HoldReason, words: str) -> str:
    return f"{reason.label} {words}".strip()


def hold_unreachable(gateway: Gateway, *, words: str = "") -> None:
    _back_off(gateway, HoldReason.UNREACHABLE, _UNREACHABLE_FIRST, _UNREACHABLE_MOST, None, words)


def _hold_unkept(gateway: Gateway, *, words: str) -> None:
    """A call that nothing outside the database remembers could be made twice after a restore."""
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
    now = timezone.now()
    counted = Gateway.objects.not_held(now).filter(pk=gateway.pk).update(failures=F("failures") + 1)
    failures = Gateway.objects.values_list("failures", flat=True).get(pk=gateway.pk)
    if not counted and asked is None:
        return
    delay = min(first * 2 ** min(max(failures - 1, 0), 20), most)
    if asked is not None:
        delay = min(max(asked, 1), _LONGEST_WAIT)
    hold(gateway, HoldKind.TIMED, reason, words=words, until=now + timedelta(seconds=delay))


def answered(gateway: Gateway) -> None:
    """A call went well: what counted towards a hold counts no more. Of a row just read."""
    if gateway.failures or gateway.unconfirmed or gateway.token_refusals:
        Gateway.objects.filter(pk=gateway.pk).update(failures=0, unconfirmed=0, token_refusals=0)


def left_unclear(gateway: Gateway) -> None:
    """A call ended without a clear answer; two in succession wait for a person."""
    Gateway.objects.filter(pk=gateway.pk).update(unconfirmed=F("unconfirmed") + 1)
    if Gateway.objects.filter(pk=gateway.pk, unconfirmed__gte=2).exists():
        hold(gateway, HoldKind.PERSON, HoldReason.UNCONFIRMED)


def release(gateway: Gateway, *, by: Actor) -> bool:
    """End a hold that a person may end. A refused token's ends when the balance can be read."""
    with transaction.atomic():
        released = _release(
            gateway, Q(hold_kind__in=[HoldKind.PERSON, HoldKind.TIMED]), token_refusals=0
        )
        if released:
            Event.objects.create(gateway=gateway, kind=EventKind.RELEASED, by=user_of(by))
    return released


def release_token(gateway: Gateway) -> bool:
    """Sociair accepts the token again."""
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
            **counts,
        )
    )


def reserve_wake_up(gateway: Gateway) -> datetime | None:
    """When a kick should follow the timed hold; None if somebody has reserved one already."""
    gateway.refresh_from_db(fields=["hold_kind", "held_until", "wake_at"])
    until = gateway.held_until
    if gateway.hold_kind != HoldKind.TIMED or until is None or until <= timezone.now():
        return None
    reserved = Gateway.objects.filter(
        Q(wake_at__isnull=True) | Q(wake_at__lt=until), pk=gateway.pk
    ).update(wake_at=until)
    return until if reserved else None
