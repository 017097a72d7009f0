"""What asks once more before a message goes out: very many people, and the night."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.utils import timezone


def is_large(people: int, cost: Decimal) -> bool:
    """Whether so many people, or so many rupees, must be typed by who sends."""
    return people > settings.LARGE_SEND or cost > settings.LARGE_SEND


def morning_after(at: datetime | None = None) -> datetime | None:
    """When the quiet hours end that a moment (now, if none is given) falls into; None by day."""
    if settings.QUIET_HOURS is None:
        return None
    begins, ends = settings.QUIET_HOURS
    local = timezone.localtime(at)
    since = (local.hour - begins) % 24
    if since >= (ends - begins) % 24:
        return None
    morning = local + timedelta(hours=(ends - local.hour) % 24)
    return morning.replace(minute=0, second=0, microsecond=0)
