"""`manage.py sociair balance|status|release`: ask Sociair, see what is held, end a hold."""

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Count

from messaging import tasks
from messaging.models import Batch, Campaign, Gateway, HoldKind
from messaging.services import balance, holds, sociair


class Command(BaseCommand):
    help = "Print a fresh balance, what is held and queued, or release a hold, as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["balance", "status", "release"])

    def handle(self, *args: Any, **options: Any) -> None:
        gateway = holds.current_gateway()
        answer, code = {"balance": _balance, "status": _status, "release": _release}[
            options["what"]
        ](gateway)
        self.stdout.write(json.dumps(answer, ensure_ascii=False))
        if code:
            raise SystemExit(code)


def _balance(gateway: Gateway) -> tuple[dict[str, Any], int]:
    try:
        reading = balance.read_balance(gateway)
    except sociair.BalanceUnknown as unknown:
        return {"error": unknown.reason}, 1
    return {
        "balance": f"{reading.balance:.2f}",
        **{f"{operator}_rate": f"{rate:.2f}" for operator, rate in reading.rates.items()},
        "read_at": reading.read_at.isoformat(),
    }, 0


def _status(gateway: Gateway) -> tuple[dict[str, Any], int]:
    gateway.refresh_from_db()
    held = gateway.is_held
    campaigns = Campaign.objects.under_way().filter(gateway=gateway)
    batches = Batch.objects.filter(campaign__in=campaigns).values_list("state")
    return {
        "gateway": gateway.base_url,
        "held": held,
        "hold": gateway.hold_kind if held else "",
        "reason": str(gateway.get_hold_reason_display()) if held else "",
        "words": gateway.hold_words if held else "",
        "until": _time(gateway.held_until) if held else None,
        "campaigns": dict(
            campaigns.order_by("state").values_list("state").annotate(count=Count("pk"))
        ),
        "batches": dict(batches.order_by("state").annotate(count=Count("pk"))),
        "unconfirmed": Campaign.objects.filter(gateway=gateway, unconfirmed__gt=0).count(),
        "worker_last_seen": _time(gateway.swept_at),
    }, 0


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _release(gateway: Gateway) -> tuple[dict[str, Any], int]:
    """A refused token's hold ends when Sociair accepts the token, so the balance is read first."""
    if gateway.hold_kind == HoldKind.TOKEN:
        try:
            balance.read_balance(gateway)
        except sociair.BalanceUnknown as unknown:
            return {"released": False, "error": unknown.reason}, 1
        released = True
    else:
        released = holds.release(gateway, by=None)
    tasks.kick()
    return {"released": released}, 0
