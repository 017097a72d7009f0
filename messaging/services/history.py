"""Searching what was sent: campaigns, and recipients by number, name or text.

Every query here is bounded. A number is found in an index, exactly or by its first digits. Other
searches among recipients go through some campaigns at a time, the newest first, so that a page
costs the same however much was ever sent.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q, QuerySet

from contacts.services.search import number_prefix, numbers_from
from messaging.models import Campaign, CampaignState, Recipient, RecipientState
from sociair_portal.common.pages import Page, page_by_key

# How many campaigns one search among recipients looks through before it asks to go on.
CAMPAIGNS_AT_A_TIME: Final = 50
# Digits of the beginning of a number; fewer would find too many numbers.
_FEWEST_DIGITS: Final = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; what is empty does not matter."""

    words: str = ""
    state: str = ""
    operator: str = ""
    sender: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class FoundRecipients:
    """A page of recipients, and the campaign from which to look further back (None: all seen)."""

    page: Page[Recipient]
    further_back: int | None = None


def numbers_like(words: str) -> Q | None:
    """Recipients of the numbers that the words can mean, whole or begun; None for other words."""
    prefix = number_prefix(words)
    if prefix is None or not prefix.startswith("9") or len(prefix) < _FEWEST_DIGITS:
        return None
    return numbers_from(prefix)


def campaigns(wanted: Wanted) -> QuerySet[Campaign]:
    """Everything but drafts, with the sender."""
    found = Campaign.objects.filter(_sent(wanted))
    if wanted.state:
        found = found.filter(state=wanted.state)
    if wanted.words:
        matches = _worded(wanted.words)
        if (numbers := numbers_like(wanted.words)) is not None:
            matches |= Q(pk__in=Recipient.objects.filter(numbers).values("campaign"))
        found = found.filter(matches)
    return found.select_related("created_by")


def _worded(words: str) -> Q:
    """Campaigns with these words in their text or title."""
    return Q(text__icontains=words) | Q(own_title__icontains=words)


def _sent(wanted: Wanted, of: str = "") -> Q:
    """By whom and when; `of` is the way to the campaign. Drafts were not sent."""
    found = ~Q(**{f"{of}state": CampaignState.DRAFT})
    if wanted.sender is not None:
        found &= Q(**{f"{of}created_by": wanted.sender})
    if wanted.since is not None:
        found &= Q(**{f"{of}sent_at__gte": wanted.since})
    if wanted.until is not None:
        found &= Q(**{f"{of}sent_at__lte": wanted.until})
    return found


def recipients(wanted: Wanted, *, at: str = "", back_from: int | None = None) -> FoundRecipients:
    """A page of recipients: the newest first of a number, else by campaign, the newest first.

    `at` is the page's token. `back_from` is where an earlier answer said to look further back.
    """
    # Campaigns are looked up beside: SQLite would begin with them, and sort all their people.
    rows = Recipient.objects.prefetch_related("campaign__created_by")
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.operator:
        rows = rows.filter(operator=wanted.operator)
    if (numbers := numbers_like(wanted.words)) is not None:
        rows = rows.filter(numbers, _sent(wanted, of="campaign__"))
        return FoundRecipients(page_by_key(rows, order=("-mobile", "-id"), at=at))
    window, further_back = _window(wanted, back_from)
    rows = rows.filter(_of_window(window, wanted))
    if wanted.words:
        of_text = Campaign.objects.filter(_worded(wanted.words), pk__in=window)
        of_text_ids = list(of_text.values_list("pk", flat=True))
        rows = rows.filter(Q(name__icontains=wanted.words) | Q(campaign__in=of_text_ids))
    return FoundRecipients(
        page_by_key(rows, order=("-campaign_id", "-mobile"), at=at), further_back
    )


def _of_window(window: list[int], wanted: Wanted) -> Q:
    """Recipients of these campaigns; as a range where that is all the same, because SQLite can
    walk a range in order, and would sort all people of a list of campaigns.
    """
    is_whole = wanted == Wanted(words=wanted.words, operator=wanted.operator)
    if window and is_whole:  # between them are drafts at most, which have nobody yet
        return Q(campaign__gte=window[-1], campaign__lte=window[0])
    return Q(campaign__in=window)


def _window(wanted: Wanted, back_from: int | None) -> tuple[list[int], int | None]:
    """The next campaigns that may have such recipients, and the first one after them."""
    found = Campaign.objects.filter(_sent(wanted))
    if wanted.state:
        pending = wanted.state in (RecipientState.QUEUED, RecipientState.SENDING)
        found = found.filter(**{f"{'pending' if pending else wanted.state}__gt": 0})
    if back_from is not None:
        found = found.filter(pk__lte=back_from)
    ids = list(found.order_by("-id").values_list("pk", flat=True)[: CAMPAIGNS_AT_A_TIME + 1])
    return ids[:CAMPAIGNS_AT_A_TIME], ids[-1] if len(ids) > CAMPAIGNS_AT_A_TIME else None
