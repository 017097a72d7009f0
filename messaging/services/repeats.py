"""Who got the same text a short while ago, from anyone: nobody wants it, or pays for it, twice."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from messaging.models import OPEN_STATES, Campaign, Recipient, RecipientState

# Of these it is known that they got it, or may have, or will.
_MAY_GET: Final = (
    RecipientState.QUEUED,
    RecipientState.SENDING,
    RecipientState.ACCEPTED,
    RecipientState.UNCONFIRMED,
)


def recent(besides: Campaign | None) -> list[int]:
    """Campaigns that sent within the last SAME_TEXT_HOURS, or are about to."""
    if not settings.SAME_TEXT_HOURS:
        return []
    since = timezone.now() - timedelta(hours=settings.SAME_TEXT_HOURS)
    began = Q(state__in=OPEN_STATES) | Q(resumed_at__gte=since)
    # A test is no reason not to get the message itself.
    found = Campaign.objects.filter(began, sent_at__isnull=False, is_test=False)
    others = found.exclude(pk=besides.pk) if besides is not None else found
    return list(others.values_list("pk", flat=True))


def who_got(mobiles: Iterable[str], campaigns: list[int]) -> set[tuple[str, str]]:
    """Numbers and the texts that they got, or will get, from these campaigns."""
    if not campaigns:
        return set()
    rows = Recipient.objects.filter(mobile__in=mobiles, campaign__in=campaigns, state__in=_MAY_GET)
    return set(rows.values_list("mobile", "batch__text"))


def numbers_of(text: str, campaigns: list[int]) -> QuerySet[Any, Any]:
    """The numbers that got one text from these campaigns."""
    return Recipient.objects.filter(
        campaign__in=campaigns, batch__text=text, state__in=_MAY_GET
    ).values("mobile")
