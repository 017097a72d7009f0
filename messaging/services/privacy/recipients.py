"""A person's messages: taken out of what is queued, and anonymised where they are over.

What stands in the place of the number is unique as the number was and cannot be called, so that
every counter, sum and constraint stays true (`phone.removed_number`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from contacts.phone import REMOVED, removed_number
from messaging.models import Batch, Campaign, CampaignState, Recipient, RecipientState, SentMessage
from messaging.models.recipient import NOT_OVER
from messaging.services.campaigns.taken_out import take_out
from messaging.services.privacy import hers
from messaging.services.privacy.traces import Traces
from messaging.text.placeholders import parse
from messaging.text.validity import InvalidText

AT_ONCE: Final = 100  # in one transaction
_ENDED: Final = (CampaignState.DONE, CampaignState.CANCELLED)


def of(traces: Traces) -> QuerySet[Recipient]:
    """All of her messages: those to her contact, at whatever number, and of those that name no
    contact the ones to a number that is hers alone; at a number that others have, the ones with her
    name.
    """
    return Recipient.objects.filter(_of_her(traces))


def _of_her(traces: Traces) -> Q:
    nobodys, names = Q(contact=None), Q(name__in=[name for name in traces.names if name])
    found = Q(contact__in=traces.contacts)
    chosen = [one.mobile for one in traces.formers if one.is_chosen]
    for one in traces.numbers:
        is_whole = one.of_number or one.mobile in chosen
        found |= nobodys & Q(mobile=one.mobile) & (Q() if is_whole else names)
    return found


def at_her_numbers(traces: Traces) -> QuerySet[Recipient]:
    """Her messages, and those of others who had a number of hers before: only it goes there."""
    return Recipient.objects.filter(_of_her(traces) | Q(mobile__in=traces.own_numbers))


def waiting_at_shared(traces: Traces) -> QuerySet[Recipient]:
    """Her messages that wait for a number that others have too, who may get them with her."""
    return of(traces).filter(state=RecipientState.QUEUED, mobile__in=_shared(traces))


def _shared(traces: Traces) -> list[str]:
    formers = [one.mobile for one in traces.formers if one.has_owner]
    return formers if traces.of_number else [traces.mobile, *formers]


def take_out_queued(traces: Traces, counted: Callable[[int], None]) -> None:
    """Take her out of what is queued; what a worker has taken meanwhile is waited for."""
    queued = at_her_numbers(traces).filter(state=RecipientState.QUEUED)
    certain = queued.exclude(mobile__in=_shared(traces)).filter(campaign__doubted_at=None)
    for campaign, batch, mobile in list(certain.values_list("campaign", "batch", "mobile")):
        with transaction.atomic():
            counted(take_out(campaign, batch, [mobile]))


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
    over = at_her_numbers(traces).exclude(state__in=NOT_OVER).order_by("id")
    columns = ("pk", "campaign", "batch", "mobile", "contact")
    rows = list(over.values_list(*columns, named=True)[:AT_ONCE])
    if not rows:
        return Removed(0, 0, frozenset())
    campaigns = {row.campaign for row in rows}
    # A late answer of one of them is saved before this, and then found, or after it, without her.
    list(Campaign.objects.select_for_update().filter(pk__in=campaigns).order_by("pk"))
    alone: list[Any] = []
    with_others: list[Any] = []
    for row in rows:
        keeps_number = row.mobile == traces.mobile and not traces.of_number
        is_hers = row.contact is None or row.contact in traces.contacts
        nameless = {"name": "", "contact": None} if is_hers else {}
        number = {} if keeps_number else {"mobile": removed_number(row.pk)}
        Recipient.objects.filter(pk=row.pk).update(**nameless, **number)
        if is_hers:
            (with_others if keeps_number else alone).append(row)
    _empty_calls(alone, traces)
    letters, texts_of = _empty_letters(alone, is_alone=True)
    more, more_of = _empty_letters(with_others, is_alone=False)
    # Marks of who was signed for: of few people they tell which number it was.
    prepared = Campaign.objects.filter(pk__in=campaigns, prepared_up_to=Campaign.PREPARED)
    prepared.update(signed_people="", people_mark=0)
    return Removed(len(rows), letters + more, frozenset(texts_of | more_of))


def _empty_calls(rows: list[Any], traces: Traces) -> None:
    """Take the numbers that she had before out of the requests that her messages were in; of a
    number that is hers alone, everywhere.py finds them all.
    """
    for one in rows:
        if one.mobile not in traces.own_numbers:
            calls = SentMessage.objects.filter(batch=one.batch)
            for row in calls.values("pk", "numbers", "words", "raw"):
                without = hers.call(row, Traces(one.mobile))
                SentMessage.objects.filter(pk=row["pk"]).update(**without)


def _empty_letters(rows: list[Any], *, is_alone: bool) -> tuple[int, set[int]]:
    """Empty the texts that went to nobody but her: letters, and whole messages. Returns how many
    letters, and of which campaigns something went.
    """
    campaigns, batches = {row.campaign for row in rows}, {row.batch for row in rows}
    anonymised = Q(mobile__startswith=REMOVED, contact=None, name="")
    theirs = Recipient.objects.exclude(anonymised).exclude(pk__in=[row.pk for row in rows])
    if not is_alone:  # what was the same for all of the family is theirs
        campaigns = {pk for pk in campaigns if _is_personal(pk)}
    alone = Batch.objects.filter(pk__in=batches, campaign__in=campaigns).filter(
        ~Exists(theirs.filter(batch=OuterRef("pk")))
    )
    pks = list(alone.values_list("pk", flat=True))
    SentMessage.objects.filter(batch__in=pks).update(raw="")
    letters = Batch.objects.filter(pk__in=pks).exclude(text="")
    texts_of = set(letters.values_list("campaign", flat=True))
    emptied = letters.update(text="")
    if is_alone:
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
    return at_her_numbers(traces).filter(state__in=NOT_OVER).exists()


def needs_the_contact(traces: Traces) -> bool:
    """Whether a message that is not over could not be found as hers without her contact."""
    linked = Recipient.objects.filter(contact__in=traces.contacts, state__in=NOT_OVER)
    return linked.exclude(mobile__in=traces.own_numbers).exists()
