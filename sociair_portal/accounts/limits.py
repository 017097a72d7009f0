"""How often someone may try to guess a secret: counted in the database, by all processes and
machines together, before anything is hashed or compared.

Nobody can be locked out from elsewhere. Tries are counted for a name *and* where they come from;
the count for a name alone, which slows down guessing from many places, leaves out browsers in
which that person has signed in before (devices.py), and passkeys, which cannot be guessed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Final

from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

from sociair_portal.accounts.models import Try

_QUARTER: Final = timedelta(minutes=15)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_LONGEST: Final = _DAY


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` tries within `window` for what has this name; `account` says whose secret it
    is, where it is of one account.
    """

    name: str
    most: int
    window: timedelta
    account: str = ""

    @property
    def bucket(self) -> str:
        return _hash(self.name)

    @property
    def whose(self) -> str:
        return _hash(self.account) if self.account else ""


@dataclass(frozen=True, slots=True)
class Slowed:
    """Too many tries at the secrets of one account, from one place at least."""

    until: datetime
    can_be_lifted: bool


@dataclass(frozen=True, slots=True)
class Tries:
    """Tries that were counted just now."""

    pks: list[int]

    def forget(self) -> None:
        """It was no guess: the secret was right."""
        Try.objects.filter(pk__in=self.pks).delete()


class TooManyTries(Exception):
    """Nothing was looked at. A manager can shorten the time (`lift`) if it `can_be_lifted`."""

    def __init__(self, until: datetime, *, can_be_lifted: bool) -> None:
        super().__init__()
        self.until = until
        self.can_be_lifted = can_be_lifted


def signing_in(account: str, address: str, device: str) -> list[Limit]:
    """For a password or code of who is not signed in; `device` names a browser that is known."""
    if device:
        name = f"device {device} {account}"
        return [
            Limit(name, 10, _QUARTER, account),
            Limit(f"{name} a day", 100, _DAY, account),
        ]
    return [
        Limit(f"pair {account} {address}", 5, _QUARTER, account),
        Limit(f"address {address}", 40, _QUARTER),
        Limit(f"account {account}", 40, _HOUR, account),
        Limit(f"account a day {account}", 100, _DAY, account),
    ]


def confirming(account: str) -> list[Limit]:
    """For a password or code of who is signed in: someone may sit at another's machine."""
    return [
        Limit(f"confirm {account}", 5, _QUARTER, account),
        Limit(f"confirm a day {account}", 40, _DAY, account),
    ]


def slowed(account: str, address: str) -> Limit:
    """How often it is recorded that there were too many tries."""
    return Limit(f"slowed {account} {address}", 1, _HOUR)


def opening(address: str) -> list[Limit]:
    """For links with a secret in them."""
    return [Limit(f"link {address}", 20, _QUARTER)]


def count_try(limits: Sequence[Limit]) -> Tries:
    """Count one try, or raise `TooManyTries`, which is not counted itself: waiting always helps.

    Of tries at the same moment each sees the others, so that no more than `most` get through.
    """
    now = timezone.now()
    counted = Tries([_count(limit, now).pk for limit in limits])
    free = {limit: at for limit in limits if (at := _free_at(limit, now))}
    if free:
        counted.forget()
        raise TooManyTries(max(free.values()), can_be_lifted=all(map(_can_be_lifted, free)))
    return counted


def _count(limit: Limit, now: datetime) -> Try:
    return Try.objects.create(
        bucket=limit.bucket,
        at=now,
        whose=limit.whose,
        most=limit.most,
        counts_until=now + limit.window,
    )


def _free_at(limit: Limit, now: datetime) -> datetime | None:
    """When the next try is free, if this one is too many."""
    recent = Try.objects.filter(bucket=limit.bucket, at__gt=now - limit.window)
    times = list(recent.order_by("-at", "-pk").values_list("at", flat=True)[: limit.most + 1])
    return times[-1] + limit.window if len(times) > limit.most else None


def slowed_down(account: str) -> Slowed | None:
    """Whether someone has to wait, in one browser or another, before the next try at an account.
    First what can be lifted; what cannot is said when that is gone.
    """
    counted = Try.objects.filter(whose=_hash(account), counts_until__gt=timezone.now())
    full: dict[bool, list[datetime]] = {True: [], False: []}
    for _bucket, tries in groupby(
        counted.order_by("bucket", "-at", "-pk"), key=attrgetter("bucket")
    ):
        newest = list(tries)
        most = newest[0].most
        if len(newest) >= most:
            last = newest[most - 1]
            full[_is_of_a_day(last)].append(last.counts_until)
    for of_a_day, moments in full.items():
        if moments:
            return Slowed(max(moments), can_be_lifted=not of_a_day)
    return None


def lift(account: str) -> bool:
    """Forget an account's tries of the last minutes; returns whether there were any. Those of the
    day go on being counted: however often it is lifted, a day has no more guesses than before.
    """
    now = timezone.now()
    lately = Try.objects.filter(whose=_hash(account), counts_until__gt=now)
    gone, _each = lately.filter(counts_until__lte=F("at") + _HOUR).delete()
    return gone > 0


def _can_be_lifted(limit: Limit) -> bool:
    return bool(limit.account) and limit.window <= _HOUR


def _is_of_a_day(counted: Try) -> bool:
    return counted.counts_until - counted.at > _HOUR


def _hash(name: str) -> str:
    """Names and addresses are nobody's business in the table."""
    return salted_hmac("accounts.limits", name, algorithm="sha256").hexdigest()


def forget_old_tries() -> None:
    """Those that no limit counts now."""
    Try.objects.filter(at__lt=timezone.now() - _LONGEST).delete()
