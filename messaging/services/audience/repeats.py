"""The same text twice: who got it a short while ago, from whatever campaign."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from contacts.phone import format_mobile
from messaging.models import (
    OPEN_STATES,
    Campaign,
    CampaignState,
    LeftOutReason,
    Recipient,
    RecipientState,
)
from messaging.services.audience.addressees import AudiencePiece
from messaging.services.audience.choice import Omission
from messaging.text.placeholders import parse
from messaging.text.validity import InvalidText
from sociair_portal.common.any_of import AnyOf
from sociair_portal.common.sentences import noted_count

# Recipients in these states got their text, or may have.
_MAY_HAVE_GOT: Final = (
    RecipientState.SENDING,
    RecipientState.ACCEPTED,
    RecipientState.UNCONFIRMED,
)


class SentBefore(NamedTuple):
    """A recent campaign; `text` is None if not everyone got the same."""

    pk: int
    text: str | None


def leave_out(piece: AudiencePiece, *, besides: Campaign | None, again: bool) -> None:
    """Count those who got the same text within the last SAME_TEXT_HOURS, or will get it, and leave
    them out unless they are to get it `again`.
    """
    letters = {person.mobile: person.text for person in piece.people}
    got = who_got(letters, recent(besides))
    piece.repeated = len(got)
    if not got or again:
        return
    words = noted_count(
        "Got the same text in the last hour, or will get it.",
        "Got the same text in the last %(hours)d hours, or will get it.",
        settings.SAME_TEXT_HOURS,
        hours=settings.SAME_TEXT_HOURS,
    )
    repeated = [person for person in piece.people if person.mobile in got]
    piece.people = [person for person in piece.people if person.mobile not in got]
    for one in repeated:
        entry = f"{one.name} {format_mobile(one.mobile)}".strip()[:200]
        piece.omissions.append(Omission(entry, LeftOutReason.REPEATED, words, one.mobile))


def recent(besides: Campaign | None) -> list[SentBefore]:
    """Campaigns that sent within the last SAME_TEXT_HOURS, or are about to."""
    if not settings.SAME_TEXT_HOURS:
        return []
    under_way = Q(state__in=OPEN_STATES) | Q(state=CampaignState.CANCELLED, pending__gt=0)
    began = under_way | Q(answered_at__gte=_since())
    # A test is no reason not to get the message itself.
    found = Campaign.objects.filter(began, sent_at__isnull=False, is_test=False)
    others = found.exclude(pk=besides.pk) if besides is not None else found
    return [SentBefore(pk, _one_text(text)) for pk, text in others.values_list("pk", "text")]


def mark(besides: Campaign | None, text: str | None) -> str:
    """Of all that changes who got a text lately (None: texts that differ): which campaigns may have
    sent it, whether all of their people are known, and how many of them do not get it after all.

    While there are any it also changes every ten minutes, as what was sent long ago counts no more.
    """
    asked = recent(besides)
    if text is not None:
        asked = that_may_have_sent(text, asked)
    if not asked:
        return ""
    left = ("refused", "not_sent", "cancelled", "opted_out")
    rows = Campaign.objects.filter(pk__in=[one.pk for one in asked]).order_by("pk")
    known = [
        (pk, state in OPEN_STATES, up_to == Campaign.PREPARED, *numbers)
        for pk, state, up_to, *numbers in rows.values_list("pk", "state", "prepared_up_to", *left)
    ]
    return f"{known} {int(timezone.now().timestamp()) // _SLOT}"


_SLOT: Final = 600  # seconds


def _since() -> datetime:
    return timezone.now() - timedelta(hours=settings.SAME_TEXT_HOURS)


def _may_get() -> Q:
    """Recipients who got a text within SAME_TEXT_HOURS, may have got it, or still wait for it."""
    waits = Q(state=RecipientState.QUEUED, campaign__state__in=OPEN_STATES)
    return waits | Q(state__in=_MAY_HAVE_GOT, batch__claimed_at__gte=_since())


def is_being_prepared(campaign: Campaign) -> bool:
    """Whether another campaign with this text is being prepared: its people are not known yet."""
    others = Campaign.objects.filter(text=campaign.text, state=CampaignState.PREPARING)
    return bool(settings.SAME_TEXT_HOURS) and others.exclude(pk=campaign.pk).exists()


def _one_text(text: str) -> str | None:
    try:
        wording = parse(text)
    except InvalidText:
        return None
    return None if wording.is_personal else wording.fixed.strip()


def that_may_have_sent(text: str, campaigns: list[SentBefore]) -> list[SentBefore]:
    return [sent for sent in campaigns if sent.text in (None, text)]


def _may_have(texts: Collection[str], campaigns: list[SentBefore]) -> list[int]:
    return [sent.pk for sent in campaigns if sent.text is None or sent.text in texts]


def who_got(letters: Mapping[str, str], campaigns: list[SentBefore]) -> set[str]:
    """Of numbers and their texts, those that got them, or will, from these campaigns."""
    asked = _may_have(set(letters.values()), campaigns)
    if not asked or not letters:
        return set()
    rows = Recipient.objects.filter(
        _may_get(), AnyOf("mobile", letters), campaign__in=asked
    ).values_list("mobile", "batch__text")
    return {mobile for mobile, text in rows if letters[mobile] == text}


def numbers_of(text: str, campaigns: list[SentBefore]) -> QuerySet[Any, Any]:
    """The numbers that got one text from these campaigns."""
    asked = [sent.pk for sent in that_may_have_sent(text, campaigns)]
    return Recipient.objects.filter(_may_get(), campaign__in=asked, batch__text=text).values(
        "mobile"
    )
