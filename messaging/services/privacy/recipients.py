"""A person's messages: taken out of what is queued, and anonymised where they are over.

What stands in the place of the number is unique as the number was and cannot be called, so that
every counter, sum and constraint stays true (`phone.removed_number`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from contacts.phone import REMOVED, removed_number
from messaging.models import Batch, Campaign, CampaignState, Recipient, RecipientState, SentMessage
from messaging.models.recipient import NOT_OVER
from messaging.services.campaigns.taken_out import take_out
from messaging.services.privacy.traces import Traces
from messaging.text.placeholders import parse
from messaging.text.validity import InvalidText

AT_ONCE: Final = 100  # in one transaction
_ENDED: Final = (CampaignState.DONE, CampaignState.CANCELLED)


def of(traces: Traces) -> QuerySet[Recipient]:
    """All of her messages; of one of several who share the number, those that were hers by name."""
    at_number = Recipient.objects.filter(mobile=traces.mobile)
    if traces.of_number:
        return at_number
    unknown = Q(contact=None, name__in=traces.names)
    return at_number.filter(Q(contact__in=traces.contacts) | unknown)


def take_out_queued(traces: Traces, counted: Callable[[int], None]) -> None:
    """Take her out of what is queued; what a worker has taken meanwhile is waited for."""
    if not traces.of_number:
        return
    queued = Recipient.objects.filter(mobile=traces.mobile, state=RecipientState.QUEUED)
    certain = queued.filter(campaign__doubted_at=None)
    for campaign, batch in list(certain.values_list("campaign", "batch")):
        with transaction.atomic():
            counted(take_out(campaign, batch, [traces.mobile]))


@dataclass(frozen=True, slots=True)
class Removed:
    """What was done: `messages` that are anonymised, `letters` whose text was hers alone and went,
    and the campaigns whose text went, whole or in part.
    """

    messages: int
    letters: int
    texts_of: frozenset[int]


def remove_some(traces: Traces) -> Removed:
    """Make some of her messages anonymised, within the caller's transaction."""
    over = of(traces).exclude(state__in=NOT_OVER).order_by("id")
    rows = list(over.values_list("pk", "campaign", "batch")[:AT_ONCE])
    if not rows:
        return Removed(0, 0, frozenset())
    keys = [pk for pk, _campaign, _batch in rows]
    campaigns = {campaign for _pk, campaign, _batch in rows}
    batches = {batch for _pk, _campaign, batch in rows}
    # A late answer of one of them is saved before this, and then found, or after it, without her.
    list(Campaign.objects.select_for_update().filter(pk__in=campaigns).order_by("pk"))
    for pk in keys:
        nameless = {"name": "", "contact": None}
        if traces.of_number:
            nameless["mobile"] = removed_number(pk)
        Recipient.objects.filter(pk=pk).update(**nameless)
    letters, texts_of = _empty_letters(batches, campaigns, keys, traces)
    # Marks of who was signed for: of few people they tell which number it was.
    prepared = Campaign.objects.filter(pk__in=campaigns, prepared_up_to=Campaign.PREPARED)
    prepared.update(signed_people="", people_mark=0)
    return Removed(len(rows), letters, frozenset(texts_of))


def _empty_letters(
    batches: set[int], campaigns: set[int], keys: list[int], traces: Traces
) -> tuple[int, set[int]]:
    """Empty the texts that went to nobody but her: letters, and whole messages. Returns how many
    letters, and of which campaigns something went.
    """
    theirs = Recipient.objects.exclude(mobile__startswith=REMOVED).exclude(pk__in=keys)
    if not traces.of_number:  # what was the same for all of the family is theirs
        campaigns = {pk for pk in campaigns if _is_personal(pk)}
    alone = Batch.objects.filter(pk__in=batches, campaign__in=campaigns).filter(
        ~Exists(theirs.filter(batch=OuterRef("pk")))
    )
    pks = list(alone.values_list("pk", flat=True))
    SentMessage.objects.filter(batch__in=pks).update(raw="")
    letters = Batch.objects.filter(pk__in=pks).exclude(text="")
    texts_of = set(letters.values_list("campaign", flat=True))
    emptied = letters.update(text="")
    if traces.of_number:
        over = Campaign.objects.filter(pk__in=campaigns, state__in=_ENDED).exclude(text="")
        whole = over.filter(~Exists(theirs.filter(campaign=OuterRef("pk"))))
        texts_of.update(whole.values_list("pk", flat=True))
        whole.update(text="", own_title="")
    return emptied, texts_of


def _is_personal(pk: int) -> bool:
    try:
        return parse(Campaign.objects.values_list("text", flat=True).get(pk=pk)).is_personal
    except InvalidText:
        return False


def is_waited_for(traces: Traces) -> bool:
    """Whether a message of hers is under way, or a person must decide what happened to it."""
    return of(traces).filter(state__in=NOT_OVER).exists()
