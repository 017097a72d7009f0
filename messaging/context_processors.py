"""What every page shows: the balance, what holds the gateway, and which gateway it is."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from messaging.services.decisions import settlement
from messaging.services.gateway import holds, machines
from messaging.services.money import balance
from messaging.services.storage import trouble


def gateway(request: HttpRequest) -> dict[str, Any]:
    """Values for templates, looked up when one asks for them, if someone is signed in."""
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
        "undecided_count": SimpleLazyObject(lambda: settlement.open_cases(current)),
        "worker_silent": SimpleLazyObject(lambda: machines.nobody_looks_in(current)),
    }
