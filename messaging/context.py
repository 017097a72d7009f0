"""What every page shows: the balance, what holds the gateway, and which gateway it is."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from messaging.models import OPEN_STATES, Campaign, Gateway
from messaging.services.gateway import holds
from messaging.services.money import balance
from messaging.services.storage import trouble

_WORKER_SILENT = timedelta(minutes=3)


def gateway(request: HttpRequest) -> dict[str, Any]:
    """Looked up when a template asks for it, and for those who are signed in."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"sandbox": settings.SANDBOX}
    current: Any = SimpleLazyObject(holds.current_gateway)
    return {
        "sandbox": settings.SANDBOX,
        "low_balance": settings.LOW_BALANCE,
        "gateway": current,
        "reading": SimpleLazyObject(lambda: balance.latest(current)),
        "trouble": SimpleLazyObject(trouble.current),
        "undecided_count": SimpleLazyObject(lambda: undecided(current)),
        "worker_silent": SimpleLazyObject(lambda: worker_is_silent(current)),
    }


def worker_is_silent(gateway: Gateway) -> bool:
    """Whether no worker has looked in for some minutes: then nothing is sent."""
    return gateway.swept_at is None or abs(timezone.now() - gateway.swept_at) > _WORKER_SILENT


def undecided(gateway: Gateway) -> int:
    """Campaigns with something unconfirmed, or of which nobody has said what went out; or one
    for calls that belong to none.
    """
    unconfirmed = Campaign.objects.filter(unconfirmed__gt=0)
    # Asked apart, because each has an index.
    in_doubt = Campaign.objects.filter(doubted_at__isnull=False, state__in=OPEN_STATES)
    cases = unconfirmed.values("pk").union(in_doubt.values("pk")).count()
    return cases or int(gateway.unknown_calls > 0)
