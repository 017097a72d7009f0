"""Loading: putting a file's rows into the database, piece by piece.

Every piece advances `done` conditionally within its own transaction, so that a killed worker goes
on where it stopped, two workers never load the same piece, and a cancelled import stops soon. A
piece takes well under half a second, so that answers of Sociair are saved in between.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.importing import deeds
from contacts.importing.known_people import PlannedPerson, as_json, write_people
from contacts.importing.newcomers import Joins, Newcomer, Newcomers, newcomer_of, tell_apart
from contacts.importing.options import Options
from contacts.importing.pieces import drop_pieces, rows_of
from contacts.importing.plan import Planned, RowOutcome, groups_by_key, plan, rejected_rows
from contacts.importing.rows import Row
from contacts.models import (
    Contact,
    ContactImport,
    Group,
    ImportedChange,
    ImportState,
    OptOut,
    RejectedRow,
)
from contacts.names import clean_name
from contacts.services import forgotten, membership
from contacts.sounds import sounds
from sociair_portal.common.bulk_rows import insert_rows, take_stock
from sociair_portal.common.sentences import row_value

_LONGEST_REASON: Final = OptOut._meta.get_field("reason").max_length
_TRIES: Final = 3  # more than one, as someone may add the same person at that moment


def load(source: ContactImport, *, go_on: Callable[[], bool] = lambda: True) -> bool:
    """Load what is left of an import. False if `go_on` stopped it before its end."""
    options, spoken = Options.from_json(source.options), _Spoken(source.highest)
    while source.state == ImportState.RUNNING and source.done < source.pieces:
        if not go_on():
            return False
        rows = rows_of(source, source.done, hidden=options.take_hidden)
        _load_surely(source, rows, options, spoken)
        source.refresh_from_db()
    _finish(source)
    return True


class _Spoken:
    """Contacts that earlier rows of this import were about: one bit each, and all that came since
    it began.
    """

    def __init__(self, highest: int) -> None:
        self._highest = highest
        self._bits = bytearray(highest // 8 + 1)

    def __contains__(self, pk: int) -> bool:
        return pk > self._highest or bool(self._bits[pk // 8] & 1 << pk % 8)

    def add(self, pk: int) -> None:
        if pk <= self._highest:
            self._bits[pk // 8] |= 1 << pk % 8


def _load_surely(source: ContactImport, rows: list[Row], options: Options, spoken: _Spoken) -> None:
    for last in reversed(range(_TRIES)):
        try:
            return _load(source, rows, options, spoken)
        except IntegrityError:
            if not last:
                raise
    return None


def _load(source: ContactImport, rows: list[Row], options: Options, spoken: _Spoken) -> None:
    with transaction.atomic():
        # The import's row is locked before anyone is looked up.
        mine = ContactImport.objects.filter(
            pk=source.pk, state=ImportState.RUNNING, done=source.done
        ).update(done=F("done") + 1)
        if not mine:
            return
        groups = groups_by_key()
        newcomers, others = tell_apart(rows, options, groups)
        planned = plan(others, options, groups=groups, spoken=spoken, lock=True)
        if options.opt_out:
            _opt_out(source, planned, options)
        else:
            _save_people(source, newcomers, planned)
            _opt_out_marked(source, planned)
        _save_rejected(source, planned, options)
        counts = Counter(one.outcome.value for one in planned)
        counts[RowOutcome.CREATED.value] += len(newcomers.people)
        counts["rows_done"] = len(rows)
        counts["values_left_out"] = sum(len(one.left_out) for one in planned)
        ContactImport.objects.filter(pk=source.pk).update(
            memberships=source.memberships,
            **{name: F(name) + count for name, count in counts.items()},
        )
    for one in planned:
        if one.person is not None and one.person.pk is not None:
            spoken.add(one.person.pk)


def _save_people(source: ContactImport, newcomers: Newcomers, planned: Sequence[Planned]) -> None:
    people = {id(one.person): one.person for one in planned if one.person is not None}.values()
    new = [person for person in people if person.pk is None]
    joins = {(person.mobile, person.key): person.joins for person in new if person.joins}
    known = [person for person in people if person.pk is not None]
    now = timezone.now()
    write_people([(one.pk, _new_name(one), one.fields, now) for one in known if one.is_changed])
    joining = [(person.pk, person.joins) for person in known if person.pk is not None]
    everybody = [*newcomers.people, *map(newcomer_of, new)]
    joining += _insert(source, everybody, newcomers.joins | joins, now)
    if any(names for _pk, names in joining):
        _note_joined(source, now)
    groups = membership.join_by_name(joining, source)
    _note_changes(source, known, groups, now)
    if groups:
        source.memberships = membership.highest()


def _new_name(person: PlannedPerson) -> str | None:
    """None if it is the one that they had."""
    return None if person.was and person.was[0] == person.name else person.name


def _note_joined(source: ContactImport, now: datetime) -> None:
    """Mark whom this import created and someone else has put into a group since its last piece as
    changed, at a moment that is no piece's, so that they stay when it is undone.
    """
    newer = Group.members.through.objects.filter(pk__gt=source.memberships, contact__source=source)
    Contact.objects.filter(pk__in=newer.values("contact")).update(
        updated_at=now + timedelta(microseconds=1)
    )


def _note_changes(
    source: ContactImport, known: Sequence[PlannedPerson], groups: dict[str, int], now: datetime
) -> None:
    """Keep how people were, so that the import can be undone."""
    changed = [person for person in known if person.is_changed or person.joins]
    moment = connection.ops.adapt_datetimefield_value(now)
    insert_rows(
        ImportedChange,
        ["source", "contact_pk", "name", "fields", "since", "joined", "at"],
        [
            (
                source.pk,
                person.pk,
                person.was[0] if person.was else "",
                person.was[1] if person.was else None,
                person.was[2] if person.was else None,
                as_json([groups[name] for name in sorted(person.joins)]),
                moment,
            )
            for person in changed
        ],
    )


def _insert(
    source: ContactImport, people: Sequence[Newcomer], joins: Joins, now: datetime
) -> list[tuple[int, frozenset[str]]]:
    """Insert people. Returns the keys of those who join groups, and which groups."""
    before = Contact.objects.aggregate(highest=Max("pk", default=0))["highest"] if joins else 0
    moment = connection.ops.adapt_datetimefield_value(now)
    rest = (moment, moment, source.pk)
    columns = ["name", "name_key", "mobile", "operator", "fields"]
    heard = sounds([person[0] for person in people])
    insert_rows(
        Contact,
        [*columns, "sound_key", "created_at", "updated_at", "source"],
        [(*person, sound, *rest) for person, sound in zip(people, heard, strict=True)],
    )
    if not joins:
        return []
    rows = Contact.objects.filter(pk__gt=before).values_list("id", "mobile", "name_key")
    return [
        (pk, groups) for pk, mobile, key in rows if (groups := joins.get((mobile, key))) is not None
    ]


def _opt_out(source: ContactImport, planned: Sequence[Planned], options: Options) -> None:
    reasons = {
        one.person.mobile: _reason(options.shown(one.row), options)
        for one in planned
        if one.outcome is not RowOutcome.REJECTED and one.person is not None
    }
    _opt_out_numbers(source, reasons)


def _opt_out_marked(source: ContactImport, planned: Sequence[Planned]) -> None:
    """Opt out the numbers of people whom the file marks as opted out."""
    reason = _("Opted out in the file %(file)s") % {"file": source.file_name}
    marked = {one.person.mobile for one in planned if one.person and one.person.opts_out}
    _opt_out_numbers(source, dict.fromkeys(sorted(marked), reason[:_LONGEST_REASON]))


def _opt_out_numbers(source: ContactImport, reasons: dict[str, str]) -> None:
    """Opt out numbers. Those that an earlier import opted out are this one's word as well, so that
    undoing the earlier one leaves them; those that are forgotten are not written down.
    """
    gone = forgotten.among(reasons)
    reasons = {mobile: reason for mobile, reason in reasons.items() if mobile not in gone}
    confirmed = OptOut.objects.filter(mobile__in=reasons).exclude(source=source)
    confirmed.exclude(source=None).update(source=None)
    OptOut.objects.bulk_create(
        [
            OptOut(mobile=mobile, reason=reason, created_by=source.created_by, source=source)
            for mobile, reason in reasons.items()
        ],
        ignore_conflicts=True,
    )


def _reason(row: Row, options: Options) -> str:
    at = options.reason_at
    given = clean_name(row.cells[at]) if at is not None and at < len(row.cells) else ""
    return (given or options.reason)[:_LONGEST_REASON]


def _save_rejected(source: ContactImport, planned: Sequence[Planned], options: Options) -> None:
    insert_rows(
        RejectedRow,
        ["source", "line", "column", "entry", "reason", "suggestion", "cells"],
        [
            (
                source.pk,
                row["line"],
                row["column"],
                row["entry"],
                row_value(row["reason"]),
                row["suggestion"],
                as_json(row["cells"]),
            )
            for row in rejected_rows(planned, options)
        ],
    )


def _finish(source: ContactImport) -> None:
    with transaction.atomic():
        finished = ContactImport.objects.filter(
            pk=source.pk, state=ImportState.RUNNING, done=F("pieces")
        ).update(state=ImportState.DONE, finished_at=timezone.now())
        source.refresh_from_db()
        if finished:
            deeds.imported(source)
    if finished:
        take_stock(Contact, Group.members.through, added=source.rows_done)
    if finished or source.is_over:
        drop_pieces(source)
