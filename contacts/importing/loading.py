"""Putting a file's rows into the database, piece by piece.

Every piece advances `done` conditionally within its own transaction, so that a killed worker goes
on where it stopped, two workers never load the same piece, and a cancelled import stops at once.
A piece takes well under half a second, so that answers of Sociair are saved meanwhile.
"""

import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Final

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Max
from django.utils import timezone

from contacts.fields import FieldValue
from contacts.importing.options import Options
from contacts.importing.planning import Outcome, Person, Planned, plan, rejected_rows
from contacts.importing.rows import Row
from contacts.models import (
    Contact,
    ContactImport,
    Group,
    ImportedPiece,
    ImportState,
    OptOut,
    RejectedRow,
)
from contacts.phone import operator_of
from sociair_portal.bulk import insert_rows

ROWS_A_PIECE: Final = 2000
_TRIES: Final = 3  # when somebody adds the same person at the same moment


# -- Pieces ----------------------------------------------------------------------------------


def keep(source: ContactImport, rows: Iterable[str]) -> None:
    """Rows, each a line of JSON, into pieces as they come; then it is known how many there are."""
    left = iter(rows)
    while some := list(islice(left, ROWS_A_PIECE)):
        packed = zlib.compress(f"[{','.join(some)}]".encode(), 1)
        ImportedPiece.objects.create(source=source, place=source.pieces, rows=packed)
        source.pieces += 1
        source.rows += len(some)
    source.save(update_fields=["pieces", "rows"])


def rows_of(source: ContactImport, place: int) -> list[Row]:
    """None of a piece that is gone, because the import was cancelled meanwhile."""
    pieces = ImportedPiece.objects.filter(source=source, place=place)
    if (packed := pieces.values_list("rows", flat=True).first()) is None:
        return []
    return [Row(*row) for row in json.loads(zlib.decompress(bytes(packed)))]


def first_rows(source: ContactImport, count: int) -> list[Row]:
    return rows_of(source, 0)[:count] if source.pieces else []


# -- Loading ---------------------------------------------------------------------------------


def load(source: ContactImport, *, go_on: Callable[[], bool] = lambda: True) -> bool:
    """Load what is left of an import. False if `go_on` stopped it before its end."""
    options, spoken = Options.from_json(source.options), _Spoken(source.highest)
    while source.state == ImportState.RUNNING and source.done < source.pieces:
        if not go_on():
            return False
        _load_surely(source, rows_of(source, source.done), options, spoken)
        source.refresh_from_db()
    _finish(source)
    return True


class _Spoken:
    """Contacts that this import was about already, a bit each, and all that came since it began."""

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
        # The import's row is locked before anybody is looked up.
        mine = ContactImport.objects.filter(
            pk=source.pk, state=ImportState.RUNNING, done=source.done
        ).update(done=F("done") + 1)
        if not mine:
            return
        planned = plan(rows, options, spoken=spoken, lock=True)
        if options.opt_out:
            _opt_out(source, planned, options)
        else:
            _save_people(planned)
        _save_rejected(source, planned, options)
        counts = Counter(one.outcome.value for one in planned)
        ContactImport.objects.filter(pk=source.pk).update(
            **{name: F(name) + count for name, count in counts.items()}
        )
    for one in planned:
        if one.person is not None and one.person.pk is not None:
            spoken.add(one.person.pk)


def _save_people(planned: Sequence[Planned]) -> None:
    people = {id(one.person): one.person for one in planned if one.person is not None}.values()
    changed = [person for person in people if person.is_changed and person.pk is not None]
    _insert([person for person in people if person.pk is None])
    _update(changed)
    _join(people)


def _insert(people: Sequence[Person]) -> None:
    if not people:
        return
    before = Contact.objects.aggregate(highest=Max("pk", default=0))["highest"]
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    insert_rows(
        Contact,
        ["name", "name_key", "mobile", "operator", "fields", "created_at", "updated_at"],
        [
            (
                person.name,
                person.key,
                person.mobile,
                _operator(person.mobile[:3]),
                _packed(person.fields),
                now,
                now,
            )
            for person in people
        ],
    )
    if any(person.joins for person in people):
        _learn_keys(people, before)


@lru_cache(maxsize=100)
def _operator(prefix: str) -> str:
    return operator_of(prefix).value


def _packed(fields: dict[str, FieldValue]) -> str:
    """As JSON, from parts that come again and again."""
    return "{" + ", ".join([_part(key, value) for key, value in fields.items()]) + "}"


@lru_cache(maxsize=5000)
def _part(key: str, value: FieldValue) -> str:
    return json.dumps({key: value}, ensure_ascii=False)[1:-1]


def _learn_keys(people: Sequence[Person], before: int) -> None:
    """Whose row is which, among those that came after a key."""
    by_key = {(person.mobile, person.key): person for person in people}
    rows = Contact.objects.filter(pk__gt=before)
    for pk, mobile, key in rows.values_list("id", "mobile", "name_key"):
        if (person := by_key.get((mobile, key))) is not None:
            person.pk = pk


def _update(people: Iterable[Person]) -> None:
    now = timezone.now()
    Contact.objects.bulk_update(
        [
            Contact(pk=person.pk, name=person.name, fields=person.fields, updated_at=now)
            for person in people
        ],
        ["name", "fields", "updated_at"],
        batch_size=200,
    )


def _join(people: Iterable[Person]) -> None:
    joining = [(name, person) for person in people for name in sorted(person.joins)]
    if not joining:
        return
    groups = _groups({name for name, _person in joining})
    members = [(groups[name], person.pk) for name, person in joining]
    insert_rows(Group.members.through, ["group", "contact"], members)


def _groups(names: set[str]) -> dict[str, int]:
    """Groups by name; those that are missing are made."""
    groups = dict(Group.objects.filter(name__in=names).values_list("name", "pk"))
    if missing := sorted(names - groups.keys()):
        Group.objects.bulk_create([Group(name=name) for name in missing], ignore_conflicts=True)
        groups = dict(Group.objects.filter(name__in=names).values_list("name", "pk"))
    return groups


def _opt_out(source: ContactImport, planned: Sequence[Planned], options: Options) -> None:
    OptOut.objects.bulk_create(
        [
            OptOut(mobile=one.person.mobile, reason=options.reason, created_by=source.created_by)
            for one in planned
            if one.outcome is Outcome.CREATED and one.person is not None
        ],
        ignore_conflicts=True,
    )


def _save_rejected(source: ContactImport, planned: Sequence[Planned], options: Options) -> None:
    RejectedRow.objects.bulk_create(
        [RejectedRow(source=source, **row) for row in rejected_rows(planned, options)]
    )


def _finish(source: ContactImport) -> None:
    finished = ContactImport.objects.filter(
        pk=source.pk, state=ImportState.RUNNING, done=F("pieces")
    ).update(state=ImportState.DONE, finished_at=timezone.now())
    source.refresh_from_db()
    if finished or source.is_over:
        drop_pieces(source)


def drop_pieces(source: ContactImport) -> None:
    """What was loaded, or never will be, is not kept twice; a piece at a time."""
    for pk in _pieces(source):
        ImportedPiece.objects.filter(pk=pk).delete()


def _pieces(source: ContactImport) -> Iterator[int]:
    yield from ImportedPiece.objects.filter(source=source).values_list("pk", flat=True)
