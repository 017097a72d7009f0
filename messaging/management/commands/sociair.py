"""`manage.py sociair balance|status|release`: balance, holds and queue as JSON; end a hold."""

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError
from django.db.models import Count, Sum

from messaging import tasks
from messaging.models import BalanceReading, Batch, Campaign, Gateway, HoldKind
from messaging.services import sociair
from messaging.services.gateway import doubts, holds, machines
from messaging.services.money import balance
from messaging.services.sending import kept_answers
from messaging.services.storage import database, trouble
from sociair_portal.audit.actors import by_command


class Command(BaseCommand):
    help = (
        "As JSON: a fresh balance; holds and what is queued; or start sending again after a hold."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["balance", "status", "release"])

    def handle(self, *args: Any, **options: Any) -> None:
        what = {"balance": _balance, "status": _status, "release": _release}[options["what"]]
        try:
            answer, code = what(holds.current_gateway())
        except DatabaseError as error:
            if what is not _status:
                raise
            answer, code = _without_database(error), 1
        self.stdout.write(json.dumps(answer, ensure_ascii=False))
        if code:
            raise SystemExit(code)


def _balance(gateway: Gateway) -> tuple[dict[str, Any], int]:
    try:
        reading = _read_balance(gateway)
    except (sociair.BalanceUnknown, sociair.NoToken) as unknown:
        return {"error": str(unknown)}, 1
    return {
        "balance": f"{reading.balance:.2f}",
        **{f"{operator}_rate": f"{rate:.2f}" for operator, rate in reading.rates.items()},
        "read_at": reading.read_at.isoformat(),
    }, 0


def _read_balance(gateway: Gateway) -> BalanceReading:
    """Ask with this process's token. Raises `BalanceUnknown`, and `NoToken` before it asks."""
    sociair.check_token()
    return balance.read_balance(gateway)


def _status(gateway: Gateway) -> tuple[dict[str, Any], int]:
    gateway.refresh_from_db()
    held = gateway.is_held
    campaigns = Campaign.objects.under_way().filter(gateway=gateway)
    batches = Batch.objects.filter(campaign__in=campaigns).values_list("state")
    unconfirmed = Campaign.objects.filter(gateway=gateway, unconfirmed__gt=0)
    wrong = _trouble()
    reason = str(gateway.get_hold_reason_display()) if held else ""
    return {
        "gateway": gateway.base_url,
        "held": held or wrong is not None,
        "hold": gateway.hold_kind if held else "",
        "reason": reason or (wrong["reason"] if wrong else ""),
        "words": gateway.hold_words if held else "",
        "until": _time(gateway.held_until) if held else None,
        "campaigns": dict(
            campaigns.order_by("state").values_list("state").annotate(count=Count("pk"))
        ),
        "batches": dict(batches.order_by("state").annotate(count=Count("pk"))),
        "unconfirmed": unconfirmed.aggregate(people=Sum("unconfirmed", default=0))["people"],
        "campaigns_undecided": unconfirmed.count(),
        "campaigns_in_doubt": len(doubts.doubted(gateway)),
        "unknown_calls": gateway.unknown_calls,
        "machines_waited_for": list(
            machines.silent(gateway).order_by("name").values_list("name", flat=True)
        ),
        "answers_in_files": len(kept_answers.waiting()),
        "answers_set_aside": kept_answers.set_aside(),
        "trouble": wrong,
        "worker_last_seen": _time(gateway.swept_at),
    }, 0


def _trouble() -> dict[str, Any] | None:
    """What a worker on this machine has noted; without that, what is found by trying to write."""
    if (said := trouble.current()) is not None:
        return _said(said.cause, said.since)
    found = database.probe()
    return _said(found, None) if found else None


def _said(cause: trouble.Cause, since: datetime | None) -> dict[str, Any]:
    return {"cause": cause.value, "reason": str(cause.label), "since": _time(since)}


def _without_database(error: DatabaseError) -> dict[str, Any]:
    wrong = _said(database.cause_of(error), None)
    return {"held": True, "reason": wrong["reason"], "trouble": wrong}


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _release(gateway: Gateway) -> tuple[dict[str, Any], int]:
    """End a hold. A refused token's ends when the balance can be read with it."""
    if gateway.hold_kind == HoldKind.TOKEN:
        try:
            _read_balance(gateway)
        except (sociair.BalanceUnknown, sociair.NoToken) as unknown:
            return {"released": False, "error": str(unknown)}, 1
        released = True
    else:
        with by_command("sociair"):
            released = holds.release(gateway, by=None)
    tasks.kick()
    return {"released": released}, 0
