"""Where a request comes from."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """The client's address, as the outermost of our own proxies saw it (setting PROXIES).

    What stands further left in X-Forwarded-For was written by the client and proves nothing.
    """
    near: str = request.META.get("REMOTE_ADDR", "")
    seen = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    far = seen[-settings.PROXIES] if 0 < settings.PROXIES <= len(seen) else ""
    return far if _is_address(far) else near


def neighbourhood(address: str) -> str:
    """What is counted as one place: of IPv6 the network, all of which one person has."""
    if ":" not in address:
        return address
    return str(ipaddress.ip_network(f"{address}/64", strict=False))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
