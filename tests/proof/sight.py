"""What can be seen of everything at one moment, and what must never follow it."""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from messaging.models import Batch, Campaign, Gateway, HoldKind, Recipient

COUNTED = ["accepted", "refused", "unconfirmed", "not_sent", "cancelled", "opted_out"]
_RANKS = list(HoldKind)


@dataclass
class Sight:
    """What can be seen of everything at one moment."""

    batches: dict[int, str]
    sizes: dict[int, int]
    campaigns: dict[int, str]
    recipients: dict[int, str]
    people: list[tuple[int, str, str, int]]  # campaign, number, state, batch
    counters: list[dict[str, Any]]
    hold: Any

    @classmethod
    def now(cls, gateway: Gateway) -> "Sight":
        gateway.refresh_from_db()
        batches = list(Batch.objects.values_list("pk", "state", "size"))
        counters = list(Campaign.objects.order_by("pk").values("pk", "state", "pending", *COUNTED))
        people = list(
            Recipient.objects.order_by("pk").values_list(
                "pk", "campaign_id", "mobile", "state", "batch_id"
            )
        )
        return cls(
            batches={pk: state for pk, state, _size in batches},
            sizes={pk: size for pk, _state, size in batches},
            campaigns={row["pk"]: row["state"] for row in counters},
            recipients={pk: state for pk, _campaign, _mobile, state, _batch in people},
            people=[row[1:] for row in people],
            counters=counters,
            hold=(HoldKind(gateway.hold_kind), gateway.held_until) if gateway.is_held else None,
        )


def is_no_weaker(before: Any, now: Any) -> bool:
    """A hold that was not released, and whose time is not over, is still there."""
    if before is None or (before[0] is HoldKind.TIMED and before[1] <= timezone.now()):
        return True
    if now is None:
        return False
    if before[0] is now[0] is HoldKind.TIMED:
        return bool(now[1] >= before[1])
    return _RANKS.index(now[0]) >= _RANKS.index(before[0])
