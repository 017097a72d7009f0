"""Making a person anonymised: everywhere, in short transactions, as often as it takes.

An `Erasure` is the work to do. While it is there the worker goes on with it, however often it is
killed; every step looks for what is left, changes it only if it still is as it was read, and counts
it in the same transaction. The fingerprint comes first, so that nothing new reaches her meanwhile.
"""

from collections.abc import Callable, Collection
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.mentions import without
from contacts.models import Contact, OptOut
from contacts.services import forgotten
from messaging.models import Campaign, CampaignState, Erasure, PeopleCount
from messaging.services.privacy import deleted_names, recipients
from messaging.services.privacy.everywhere import PLACES
from messaging.services.privacy.hindrances import hindrance
from messaging.services.privacy.places import Place, Row
from messaging.services.privacy.traces import Traces, traces_of
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.many import many_at_once
from sociair_portal.audit.record import record
from sociair_portal.common.actors import Actor, user_of

_AT_ONCE: Final = 100  # rows in one transaction
_MOST_NAMED: Final = 100  # campaigns in one entry of the record; how many there were is there too
_PASSES: Final = 3  # over a place in which rows change while they are read


class NotNow(Exception):
    """A person cannot be anonymised at this moment; the message says what to do."""


def begin(mobile: str, *, people: Collection[int] | None = None, by: Actor, reason: str) -> Erasure:
    """Let a number's person be anonymised; of several who share it, only `people` (keys).

    From now on the number gets no messages, unless others are left who have it. Twice at once is as
    once. Raises `NotNow`, and `forgotten.NoKey`.
    """
    traces = traces_of(mobile, people)
    with transaction.atomic():
        if why := hindrance(traces):
            raise NotNow(why)
        return _begun(traces, by, reason)


def begin_again(mobile: str) -> Erasure:
    """Let a number be forgotten that a backup brought back; what is under way is waited for."""
    with transaction.atomic():
        return _begun(traces_of(mobile), None, _("A backup was restored."))


def _begun(traces: Traces, by: Actor, reason: str) -> Erasure:
    if traces.of_number:
        forgotten.forget(traces.mobile)
    mark = forgotten.mark_of(traces.mobile) if traces.of_number else ""
    said = without(reason, traces.mobile, _("(number removed)"))
    for name in traces.names:
        said = said.replace(name, _("(name removed)"))
    try:
        with transaction.atomic():
            return Erasure.objects.create(
                mobile=traces.mobile,
                traces=traces.to_json() | {"reason": said},
                of_number=traces.of_number,
                mark=mark,
                created_by=user_of(by),
            )
    except IntegrityError as begun:  # by someone else
        other = Erasure.objects.get(mobile=traces.mobile)
        if other.traces["contacts"] != list(traces.contacts):
            raise NotNow(
                _("Someone with this number is being anonymised. Try again when that is finished.")
            ) from begun
        return other


def waiting() -> list[Erasure]:
    """Those that are not finished, the oldest first."""
    return list(Erasure.objects.filter(finished_at=None).order_by("id"))


def go_on_with(erasure: Erasure, *, go_on: Callable[[], bool] = lambda: True) -> bool:
    """Do what is left of it. False if `go_on` stopped it, or something must be waited for: a
    message under way, or one that was being prepared when it began.

    What can be emptied is emptied at once. While it waits after that, nothing is looked through:
    all places again when the waiting is over.
    """
    traces = _traces_of(erasure)
    recipients.take_out_queued(traces, lambda count: _counted(erasure, "taken_out", count))
    if _being_prepared(erasure):
        return False
    while count := _some_recipients(erasure, traces):
        if count < recipients.AT_ONCE:
            break
        if not go_on():
            return False
    if erasure.traces.get("is_waiting") and recipients.is_waited_for(traces):
        return False
    for place in PLACES:
        if place.emptied is not None and not _empty(place, erasure, traces, go_on):
            return False
    _remove_contacts(erasure, traces)
    _forget_position(traces)
    return _finish(erasure, traces)


def _traces_of(erasure: Erasure) -> Traces:
    kept = erasure.traces
    return Traces(
        erasure.mobile,
        tuple(kept["contacts"]),
        tuple(kept["opt_outs"]),
        tuple(kept["names"]),
        erasure.of_number,
    )


def _being_prepared(erasure: Erasure) -> bool:
    """Whether a campaign may still freeze her as a recipient, which read its people before."""
    preparing = Campaign.objects.filter(state=CampaignState.PREPARING)
    return preparing.filter(sent_at__lte=erasure.created_at).exists()


def _lock(erasure: Erasure) -> Erasure | None:
    """The erasure, for this transaction alone; None if someone else has finished it."""
    unfinished = Erasure.objects.filter(pk=erasure.pk, finished_at=None)
    return unfinished.select_for_update(of=("self",)).first()


def _counted(erasure: Erasure, name: str, count: int) -> None:
    """Add to what an erasure counts, within the transaction that did it."""
    if count and (mine := _lock(erasure)) is not None:
        mine.counts[name] = mine.counts.get(name, 0) + count
        mine.save(update_fields=["counts"])


def _some_recipients(erasure: Erasure, traces: Traces) -> int:
    with transaction.atomic():
        if _lock(erasure) is None:
            return 0
        done = recipients.remove_some(traces)
        _counted(erasure, "messages", done.messages)
        _counted(erasure, "letters", done.letters)
        _note_texts(erasure, done.texts_of)
    return done.messages


def _note_texts(erasure: Erasure, campaigns: Collection[int]) -> None:
    """Keep for the record of which campaigns the text went, and how many of them whoever forgets
    her has sent: what someone wrote to one person can be removed with her.
    """
    if not campaigns:
        return
    own = Campaign.objects.filter(pk__in=campaigns, created_by=erasure.created_by_id)
    _counted(erasure, "texts", len(campaigns))
    _counted(erasure, "own_texts", own.count() if erasure.created_by_id else 0)
    if (mine := _lock(erasure)) is not None:
        named = [*mine.traces.get("texts_of", []), *sorted(campaigns)]
        mine.traces["texts_of"] = named[:_MOST_NAMED]
        mine.save(update_fields=["traces"])


def _empty(place: Place, erasure: Erasure, traces: Traces, go_on: Callable[[], bool]) -> bool:
    """Empty all rows of hers in a place. False if `go_on` stopped it."""
    for _pass in range(_PASSES):
        missed, some = 0, []
        for row in place.rows(traces):
            some.append(row)
            if len(some) == _AT_ONCE:
                missed += _empty_some(place, erasure, traces, some)
                some = []
                if not go_on():
                    return False
        missed += _empty_some(place, erasure, traces, some)
        if not missed:
            return True
    return False  # someone changed rows at the same time: the worker comes back for them


def _empty_some(place: Place, erasure: Erasure, traces: Traces, rows: list[Row]) -> int:
    """Empty some rows. Returns how many had changed since they were read."""
    if place.emptied is None:
        return 0
    changes = [(row, place.fitted(place.emptied(row, traces))) for row in rows]
    real = [(row, values) for row, values in changes if not _is_done(row, values)]
    if not real:
        return 0
    with transaction.atomic():
        if _lock(erasure) is None:
            return 0
        done = sum(place.as_read(row).update(**values) for row, values in real)
        _counted(erasure, place.name, done)
    return len(real) - done


def _is_done(row: Row, values: dict[str, Any]) -> bool:
    return all(name in row and row[name] == value for name, value in values.items())


def _remove_contacts(erasure: Erasure, traces: Traces) -> None:
    hers = Contact.objects.filter(pk__in=traces.contacts)
    if traces.of_number:
        hers |= Contact.objects.filter(mobile=traces.mobile)
    # The record would write down her name again; the deed at the end says what was done.
    with transaction.atomic(), many_at_once():
        if _lock(erasure) is None:
            return
        _counted(erasure, "contacts", hers.count())
        hers.delete()
        if traces.of_number:
            _counted(erasure, "own_opt_out", OptOut.objects.filter(mobile=traces.mobile).count())
            OptOut.objects.filter(mobile=traces.mobile).delete()


def _forget_position(traces: Traces) -> None:
    """A preparation that stopped notes the number up to which it came: now the one before, which
    leads to the same people, because she is left out.
    """
    if traces.of_number:
        before = str(int(traces.mobile) - 1)
        stopped = Campaign.objects.filter(prepared_up_to=traces.mobile)
        stopped.exclude(state=CampaignState.PREPARING).update(prepared_up_to=before)


def _finish(erasure: Erasure, traces: Traces) -> bool:
    """Forget the number itself, if nothing of hers is left that must be waited for."""
    with transaction.atomic():
        mine = _lock(erasure)
        if mine is None:
            return True
        # The mark of who was counted tells of few people which number it was. Whoever counts at
        # this moment is overtaken, and what is counted from now on is without her.
        PeopleCount.objects.all().delete()
        if recipients.of(traces).exists():
            mine.traces["is_waiting"] = True
            mine.save(update_fields=["traces"])
            return False
        record(
            Deed.FORGOTTEN,
            by=mine.created_by,
            kind=Contact,
            words=mine.traces.get("reason", ""),
            mark=mine.mark,
            number_too=mine.of_number,
            texts_of=[f"#{campaign}" for campaign in mine.traces.get("texts_of", [])] or None,
            **mine.counts,
        )
        mine.mobile, mine.traces, mine.finished_at = "", deleted_names.note(), timezone.now()
        mine.save()
    return True


def of_number_under_way(mobile: str) -> Erasure | None:
    """The erasure of a number that is not finished yet."""
    return Erasure.objects.filter(mobile=mobile).exclude(mobile="").first()


def let_back(mobile: str, *, by: Actor) -> bool:
    """Let a forgotten number get messages again: its owner asked for that. False if it is not
    forgotten.
    """
    with transaction.atomic():
        mark = forgotten.mark_of(mobile)
        if not forgotten.let_back(mobile):
            return False
        record(Deed.LET_BACK, by=by, kind=Contact, mark=mark)
    return True
