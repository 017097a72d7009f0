"""Freezing recipients, against bulk_create and against raw rows of the same in the same run."""

from benchmarks import inside  # isort: skip  # noqa: F401  # before anything of the portal

import json
import sys
import time
import uuid
from collections.abc import Callable
from decimal import Decimal

from django.db import transaction

from benchmarks.seed import mobile
from contacts.phone import Operator
from messaging.models import Batch, Campaign, Recipient
from messaging.services.audience.addressees import Addressee
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import pieces
from messaging.services.gateway import holds
from sociair_portal.common import bulk_rows

_PIECE = 5000


def main(people: int) -> None:
    found = {
        "ours": _timed(lambda: _ours(people)),
        "bulk_create": _timed(lambda: _bulk_create(people)),
        "raw": _timed(lambda: _raw(people)),
    }
    print(json.dumps(found))


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
            pieces.cut(campaign, some, rates)


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


if __name__ == "__main__":
    main(int(sys.argv[1]))
