"""Freezing recipients, against bulk_create and against raw rows of the same in the same run."""

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.db import transaction

from benchmarks.people import mobile
from benchmarks.portal import databases, portal
from contacts.phone import Operator
from messaging.models import Batch, Campaign, Recipient
from messaging.services.audience.addressees import Addressee
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import batches
from messaging.services.gateway import holds
from sociair_portal.common import bulk_rows

_PEOPLE: Final = 100_000
_TIMES: Final = 2.0
_PIECE: Final = 5000


@dataclass(frozen=True)
class Creation:
    database: str
    people: int
    ours: float  # seconds, as the others
    bulk_create: float
    raw: float

    @property
    def times(self) -> float:
        return self.bulk_create / self.ours

    @property
    def is_met(self) -> bool:
        return self.times >= _TIMES

    def __str__(self) -> str:
        return (
            f"{self.database:<10} {self.people:,} recipients in {self.ours:.1f} s: "
            f"{self.times:.1f} times as fast as bulk_create (at least {_TIMES:.0f}), "
            f"raw rows alone {self.raw:.1f} s"
        )


def measure(people: int = _PEOPLE) -> Iterator[Creation]:
    for database in databases():
        with portal(database) as empty:
            yield Creation(database, people, **empty.run(seconds, people))


def seconds(people: int) -> dict[str, float]:
    return {
        "ours": _timed(lambda: _ours(people)),
        "bulk_create": _timed(lambda: _bulk_create(people)),
        "raw": _timed(lambda: _raw(people)),
    }


def _timed(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _campaign() -> Campaign:
    return Campaign.objects.create(
        form_uuid=uuid.uuid4(),
        gateway=holds.current_gateway(),
        text="School is closed tomorrow.",
        audience=Audience().to_json(),
    )


def _pieces(people: int) -> list[range]:
    return [range(start, min(start + _PIECE, people)) for start in range(0, people, _PIECE)]


def _ours(people: int) -> None:
    """As the worker does it: batches of 50, in pieces of a transaction each."""
    campaign = _campaign()
    rates = {Operator.NTC: Decimal("0.80")}
    for piece in _pieces(people):
        some = [Addressee(mobile(n), Operator.NTC, "x", 1, f"Person {n}") for n in piece]
        with transaction.atomic():
            batches.cut(campaign, some, rates)


def _batch(campaign: Campaign) -> Batch:
    return Batch.objects.create(campaign=campaign, text="x", parts=1, size=1, cost=0)


def _bulk_create(people: int) -> None:
    campaign = _campaign()
    batch = _batch(campaign)
    for piece in _pieces(people):
        Recipient.objects.bulk_create(
            Recipient(
                campaign=campaign, batch=batch, mobile=mobile(n), name=f"Person {n}", operator="ntc"
            )
            for n in piece
        )


def _raw(people: int) -> None:
    campaign = _campaign()
    batch = _batch(campaign)
    for piece in _pieces(people):
        rows = ((campaign.pk, batch.pk, mobile(n), f"Person {n}", "ntc", "queued") for n in piece)
        with transaction.atomic():
            bulk_rows.insert_rows(
                Recipient, ["campaign", "batch", "mobile", "name", "operator", "state"], rows
            )
