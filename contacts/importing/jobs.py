"""An import's life: its file is taken in, looked at, loaded, cancelled or forgotten."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Final

from django.db import DataError, IntegrityError, transaction
from django.db.models import F, Max
from django.utils import timezone

from contacts.importing import deeds, load, pieces, undo
from contacts.importing.facts import Facts, any_typed, facts_of, readings_of, together
from contacts.importing.headings import find_heading, heading_names
from contacts.importing.imported_people import highest_uses
from contacts.importing.options import FieldColumn, Options
from contacts.importing.reader import read_table
from contacts.importing.rows import FIRST_ROWS, FileTrouble, Row, Unreadable
from contacts.models import Contact, ContactField, ContactImport, FilePurpose, ImportState
from contacts.services import membership
from sociair_portal.common.actors import Actor, user_of
from sociair_portal.common.sentences import noted

logger = logging.getLogger(__name__)

_HEADINGS: Final = 20  # rows that may be chosen as the headings
NOT_STARTED_FOR: Final = timedelta(days=1)  # after the upload


def take_in(
    path: Path,
    *,
    name: str,
    by: Actor,
    sheet: str = "",
    purpose: FilePurpose = FilePurpose.CONTACTS,
) -> ContactImport:
    """Keep a file's rows until someone has looked at them.

    Raises `Unreadable`; then nothing is kept.
    """
    with read_table(path, sheet=sheet, rows_a_piece=pieces.ROWS_A_PIECE) as table:
        first = next(table.pieces, None)
        if first is None:
            raise Unreadable(FileTrouble.EMPTY)
        source = ContactImport.objects.create(
            purpose=purpose,
            created_by=user_of(by),
            file_name=name[-200:],
            kind=table.kind,
            sheets=table.sheets,
            sheet=table.sheet[:200],
            hidden_columns=table.hidden_columns,
            hidden_sheets=table.hidden_sheets,
        )
        try:
            pieces.keep(source, chain([first], table.pieces))
            counted = table.counted
            source.lines, source.continued = counted.lines, counted.continued
            source.hidden_rows = counted.hidden
            source.facts = [one.to_json() for one in counted.facts]
            _use_heading(source, first.rows(), table.names)
            source.save()
        except BaseException:
            source.delete()
            raise
    return source


def _use_heading(source: ContactImport, first: Sequence[Row], names: Sequence[str] = ()) -> None:
    """Find the heading, unless the file has names of its own. Raises `Unreadable`."""
    if names:
        source.names = list(names)
        source.rows = source.kept_rows
        return
    place = find_heading(first)
    if place + 1 == len(first) == source.kept_rows:
        raise Unreadable(FileTrouble.ONLY_HEADINGS)
    _set_heading(source, first, place)


def _set_heading(source: ContactImport, first: Sequence[Row], place: int) -> None:
    """Take the row at a place among the first ones as the heading; -1: there is none."""
    below = first[place + 1 :]
    width = max((len(row.cells) for row in first[max(place, 0) :]), default=0)
    source.heading = first[place].line if place >= 0 else 0
    source.names = heading_names(first, place, max(width, len(source.facts)))
    hidden_above = sum(row.is_hidden for row in first[: place + 1])
    source.hidden_rows -= hidden_above
    source.rows = source.kept_rows - (len(first) - len(below)) - source.hidden_rows


def choose_heading(source: ContactImport, line: int) -> bool:
    """Take the row of a line as the heading; 0: there is none. False if that cannot be."""
    first = pieces.piece_of(source, 0) if source.lines else []
    place = next((at for at, row in enumerate(first) if row.line == line), -1)
    if not first or (place < 0 and line) or (place + 1 == len(first) == source.kept_rows):
        return False
    source.hidden_rows += sum(row.is_hidden and row.line <= source.heading for row in first)
    _set_heading(source, first, place)
    return bool(
        ContactImport.objects.filter(pk=source.pk, state=ImportState.READY).update(
            heading=source.heading,
            names=source.names,
            rows=source.rows,
            hidden_rows=source.hidden_rows,
        )
    )


def possible_headings(source: ContactImport) -> Sequence[Row]:
    """The first rows of a file, of which one is the heading."""
    if not source.lines or source.kind == "vcf":  # older than this choice, or without such a row
        return []
    first = pieces.piece_of(source, 0)
    above = sum(row.line <= source.heading for row in first)
    return first[: max(_HEADINGS, above)]


def facts_of_columns(source: ContactImport) -> list[Facts]:
    """What is in each column, over all rows of the file; counted once for a heading."""
    known: dict[int, list[Facts]] = source.__dict__.setdefault("_facts_by_heading", {})
    if source.heading not in known:
        rest = [Facts.from_json(one) for one in source.facts]
        first = pieces.rows_of(source, 0)
        found = together(facts_of(first), rest)
        if any_typed(found):
            found = together(readings_of(first), found)
        missing = len(source.names) - len(found)
        known[source.heading] = [*found, *(Facts() for _place in range(missing))]
    return known[source.heading]


def start(source: ContactImport, options: Options) -> bool:
    """Let an import run as someone has chosen. False if that had happened already."""
    with transaction.atomic():
        fields = tuple(_with_field(column, source) for column in options.fields)
        highest = Contact.objects.aggregate(highest=Max("pk", default=0))["highest"]
        return bool(
            ContactImport.objects.filter(pk=source.pk, state=ImportState.READY).update(
                state=ImportState.RUNNING,
                highest=highest,
                uses=highest_uses(),
                memberships=membership.highest(),
                rows=F("rows") + (F("hidden_rows") if options.take_hidden else 0),
                options=replace(options, fields=fields).to_json(),
            )
        )


def _with_field(column: FieldColumn, source: ContactImport) -> FieldColumn:
    """The column with the office's own field for it; a field that exists keeps its kind."""
    # Locked, so that no undoing deletes it before this import runs.
    found, _created = ContactField.objects.select_for_update().get_or_create(
        key=column.key, defaults={"name": column.name, "kind": column.kind, "source": source}
    )
    return replace(column, name=found.name, kind=type(column.kind)(found.kind))


def cancel(source: ContactImport, *, by: Actor = None) -> bool:
    """Load nothing more of it; what was loaded stays. False if it was over."""
    with transaction.atomic():
        cancelled = ContactImport.objects.filter(
            pk=source.pk, state__in=[ImportState.READY, ImportState.RUNNING]
        ).update(state=ImportState.CANCELLED, finished_at=timezone.now())
        source.refresh_from_db()
        if cancelled:
            deeds.imported(source, stopped_by=by)
    if cancelled:
        pieces.drop_pieces(source)
        if not source.done:
            undo.forget_made(source)
    return bool(cancelled)


def run(*, go_on: Callable[[], bool]) -> bool:
    """Load what was started, the oldest first, and undo. False if `go_on` stopped it."""
    for source in ContactImport.objects.filter(state=ImportState.RUNNING).order_by("id"):
        try:
            if not load.load(source, go_on=go_on):
                return False
        except (DataError, IntegrityError, ValueError) as error:  # whose words may quote a row
            logger.error("Import %s failed: %s.", source.pk, type(error).__name__)
            _fail(
                source,
                noted(
                    "The database could not store some rows, so the import stopped. What is "
                    "counted here was imported."
                ),
            )
    # The newest first: an older one finds its people as it left them only after that.
    undoing = ContactImport.objects.filter(state=ImportState.UNDOING)
    for source in undoing.order_by("-finished_at", "-id"):
        try:
            if not undo.undo(source, go_on=go_on):
                return False
        except (DataError, IntegrityError, ValueError) as error:
            logger.error("Import %s was not undone: %s.", source.pk, type(error).__name__)
            why = noted(
                "This import could not be undone completely. What was undone before that stays "
                "undone."
            )
            with transaction.atomic():
                if undoing.filter(pk=source.pk).update(state=ImportState.FAILED, failure=why):
                    source.refresh_from_db()
                    deeds.undone(source)
    return True


def _fail(source: ContactImport, why: str) -> None:
    with transaction.atomic():
        failed = ContactImport.objects.filter(pk=source.pk, state=ImportState.RUNNING).update(
            state=ImportState.FAILED, failure=why, finished_at=timezone.now()
        )
        source.refresh_from_db()
        if failed:
            deeds.imported(source)


def forget_abandoned() -> None:
    """Cancel imports that nobody has started for a day."""
    before = timezone.now() - NOT_STARTED_FOR
    for source in ContactImport.objects.filter(state=ImportState.READY, created_at__lt=before):
        cancel(source)


def waiting() -> bool:
    """Whether an import has been started, or its undoing, and is not over."""
    under_way = [ImportState.RUNNING, ImportState.UNDOING]
    return ContactImport.objects.filter(state__in=under_way).exists()


def sample_of(
    source: ContactImport, count: int = FIRST_ROWS, *, hidden: bool = False
) -> Sequence[Row]:
    """The first rows of a file that are about someone."""
    return pieces.rows_of(source, 0, hidden=hidden)[:count] if source.pieces else []
