"""Whether someone must confirm who they are before so much goes out."""

from datetime import timedelta
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.db.models import Sum
from django.http import HttpRequest
from django.utils import timezone

from messaging.models import Campaign
from messaging.services.campaigns import guards
from sociair_portal.common.identity import is_confirmed

_COUNTED: Final = timedelta(hours=1)


def must_confirm(request: HttpRequest, people: int, cost: Decimal) -> bool:
    """For these people and rupees, together with what the same person has sent or scheduled within
    the hour: many small sends count as one large send.
    """
    if not settings.CONFIRM_LARGE_SENDS or is_confirmed(request):
        return False
    recent = Campaign.objects.filter(
        created_by=request.user.pk, sent_at__gt=timezone.now() - _COUNTED
    ).aggregate(people=Sum("total"), cost=Sum("cost"))
    return guards.is_large(people + (recent["people"] or 0), cost + (recent["cost"] or 0))
