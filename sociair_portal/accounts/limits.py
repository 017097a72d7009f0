"""How often somebody may try to guess a secret: counted in the database, by all processes and
machines together, before anything is hashed or compared.

Nobody can be locked out from elsewhere. Tries are counted for a name *and* where they come from;
the count for a name alone, which slows down guessing from many places, leaves out browsers in
which that person has signed in before (devices.py), and passkeys, which cannot be guessed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone
from django.utils.crypto import salted_hmac

from sociair_portal.accounts.models import Try

_QUARTER: Final = timedelta(minutes=15)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_LONGEST: Final = _DAY


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` tries within `window` for what has this name."""

    name: str
    most: int
    window: timedelta

    @property
    def bucket(self) -> str:
        return salted_hmac("accounts.limits", self.name, algorithm="sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Tries:
    """Tries that were counted just now."""

    pks: list[int]

    def forget(self) -> None:
        """It was no guess: the secret was right."""
        Try.objects.filter(pk__in=self.pks).delete()


class TooManyTries(Exception):
    """Nothing was looked at."""

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


def signing_in(account: str, address: str, device: str) -> list[Limit]:
    """For a password or code of who is not signed in; `device` names a browser that is known."""
    if device:
        name = f"device {device} {account}"
        return [Limit(name, 10, _QUARTER), Limit(f"{name} a day", 100, _DAY)]
    return [
        Limit(f"pair {account} {address}", 5, _QUARTER),
        Limit(f"address {address}", 40, _QUARTER),
        Limit(f"account {account}", 40, _HOUR),
        Limit(f"account a day {account}", 100, _DAY),
    ]


def confirming(account: str) -> list[Limit]:
    """For a password or code of who is signed in: somebody may sit at another's machine."""
    return [Limit(f"confirm {account}", 5, _QUARTER), Limit(f"confirm a day {account}", 40, _DAY)]


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
    counted = Tries([Try.objects.create(bucket=limit.bucket, at=now).pk for limit in limits])
    free = [_free_at(limit, now) for limit in limits]
    if any(free):
        counted.forget()
        raise TooManyTries(max(at for at in free if at))
    return counted


def _free_at(limit: Limit, now: datetime) -> datetime | None:
    """When the next try is free, if this one is too many."""
    recent = Try.objects.filter(bucket=limit.bucket, at__gt=now - limit.window)
    times = list(recent.order_by("-at", "-pk").values_list("at", flat=True)[: limit.most + 1])
    return times[-1] + limit.window if len(times) > limit.most else None


def forget_old_tries() -> None:
    """Those that no limit counts any more."""
    Try.objects.filter(at__lt=timezone.now() - _LONGEST).delete()
