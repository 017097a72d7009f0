"""An import's life: its file is taken in, looked at, loaded, cancelled or forgotten."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any, Final

from django.db import DataError, IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.fields import key_of
from contacts.importing import load, pieces
from contacts.importing.columns import headings
from contacts.importing.options import FieldColumn, Options
from contacts.importing.reader import Packed, read_table
from contacts.importing.rows import MOST_COLUMNS, FileTrouble, Row, Unreadable
from contacts.models import Contact, ContactField, ContactImport, ImportState
from sociair_portal.common.actors import Actor, user_of

logger = logging.getLogger(__name__)

SAMPLE: Final = 200  # rows by which columns are guessed
_FORGOTTEN: Final = timedelta(days=1)  # after the upload


def take_in(path: Path, *, name: str, by: Actor, sheet: str = "") -> ContactImport:
    """Keep a file's rows until somebody has looked at them.

    Raises `Unreadable`; then nothing is kept.
    """
    with read_table(path, sheet=sheet, rows_a_piece=pieces.ROWS_A_PIECE) as table:
        first = next(table.pieces, Packed(0, "[]")).rows()
        if not first:
            raise Unreadable(FileTrouble.EMPTY)
        width = min(max(len(row.cells) for row in first), MOST_COLUMNS)
        names, is_header = headings(first[0].cells, width)
        second = next(table.pieces, None) if len(first) == 1 else None
        if is_header and len(first) == 1 and second is None:
            raise Unreadable(FileTrouble.ONLY_HEADINGS)
        source = ContactImport.objects.create(
            created_by=user_of(by),
            file_name=name[-200:],
            kind=table.kind,
            sheets=table.sheets,
            sheet=table.sheet[:200],
            names=names,
        )
        try:
            some = filter(None, (Packed.of(first[is_header:]), second))
            pieces.keep(source, chain(some, table.pieces))
        except Unreadable:
            source.delete()
            raise
    return source


def start(source: ContactImport, options: Options) -> bool:
    """Let an import run as somebody has chosen. False if that had happened already."""
    with transaction.atomic():
        fields = tuple(map(_with_field, options.fields))
        highest = Contact.objects.aggregate(highest=Max("pk", default=0))["highest"]
        return bool(
            ContactImport.objects.filter(pk=source.pk, state=ImportState.READY).update(
                state=ImportState.RUNNING,
                highest=highest,
                options=replace(options, fields=fields).to_json(),
            )
        )


def _with_field(column: FieldColumn) -> FieldColumn:
    """The column with the office's own field for it; a field that exists keeps its kind."""
    found, _created = ContactField.objects.get_or_create(
        key=column.key, defaults={"name": column.name, "kind": column.kind}
    )
    return replace(column, name=found.name, kind=type(column.kind)(found.kind))


def new_field(place: int, name: str, kind: Any) -> FieldColumn:
    """A column for a field that does not exist yet; the key is empty if the name has no letter."""
    return FieldColumn(place, key_of(name)[:60], name[:60], kind)


def cancel(source: ContactImport) -> bool:
    """Load nothing more of it; what was loaded stays. False if it was over."""
    cancelled = ContactImport.objects.filter(
        pk=source.pk, state__in=[ImportState.READY, ImportState.RUNNING]
    ).update(state=ImportState.CANCELLED, finished_at=timezone.now())
    source.refresh_from_db()
    if cancelled:
        pieces.drop_pieces(source)
    return bool(cancelled)


def run(*, go_on: Callable[[], bool]) -> bool:
    """Load what was started, the oldest first. False if `go_on` stopped it."""
    for source in ContactImport.objects.filter(state=ImportState.RUNNING).order_by("id"):
        try:
            if not load.load(source, go_on=go_on):
                return False
        except (DataError, IntegrityError) as error:  # whose words may quote a row
            logger.error("Import %s failed: %s.", source.pk, type(error).__name__)
            _fail(source)
    return True


def _fail(source: ContactImport) -> None:
    why = _("The database could not store these rows. What is counted here is stored.")
    ContactImport.objects.filter(pk=source.pk, state=ImportState.RUNNING).update(
        state=ImportState.FAILED, failure=why, finished_at=timezone.now()
    )


def forget_abandoned() -> None:
    """Cancel imports that nobody has started for a day."""
    before = timezone.now() - _FORGOTTEN
    for source in ContactImport.objects.filter(state=ImportState.READY, created_at__lt=before):
        cancel(source)


def waiting() -> bool:
    """Whether an import has been started and is not over."""
    return ContactImport.objects.filter(state=ImportState.RUNNING).exists()


def sample_of(source: ContactImport, count: int = SAMPLE) -> Sequence[Row]:
    """The first rows of a file."""
    return pieces.first_rows(source, count)
