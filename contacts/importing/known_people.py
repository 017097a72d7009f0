"""People and opt-outs that are in the database already, looked up by the numbers of a piece."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Protocol

from django.db import connection

from contacts.fields import FieldValue
from contacts.importing.options import Options
from contacts.models import Contact, Group, OptOut
from contacts.services import forgotten
from contacts.sounds import sound


@dataclass(slots=True)
class PlannedPerson:
    """Someone who is in the database, or will be; `pk` is None until then."""

    mobile: str
    name: str
    key: str
    fields: dict[str, FieldValue]
    pk: int | None = None
    groups: frozenset[str] = frozenset()
    joins: frozenset[str] = frozenset()
    is_changed: bool = False
    stored: str = ""  # the fields as the database has them
    written_at: Any = None  # and the moment of the last change
    was: tuple[str, str, Any] | None = None  # name, and those two, before
    is_spoken_of: bool = False  # by an earlier row of the same file
    opts_out: bool = False


class Spoken(Protocol):
    """Whom earlier pieces of the same file were about, by key."""

    def __contains__(self, pk: int, /) -> bool: ...


People = dict[str, dict[str, PlannedPerson]]  # by number, then by key of the name

# A value as JSON, its letters as they are. An encoder that is kept takes a third of the time of
# json.dumps.
as_json: Final = json.JSONEncoder(ensure_ascii=False).encode


def people_at(mobiles: set[str], options: Options, spoken: Spoken, lock: bool) -> People:
    """Everyone at these numbers, with their groups where the import looks at groups.

    `lock` keeps others from changing them within the same transaction (PostgreSQL).
    """
    found: People = {}
    by_pk = {}
    rows = _rows_at(mobiles, lock)
    fields = json.loads(f"[{','.join([row[4] for row in rows])}]")  # all at once is much faster
    for (pk, mobile, name, key, stored, written_at), values in zip(rows, fields, strict=True):
        person = by_pk[pk] = PlannedPerson(mobile, name, key, values, pk)
        person.stored, person.written_at = stored, written_at
        person.is_spoken_of = pk in spoken
        found.setdefault(mobile, {})[key] = person
    if by_pk and (options.groups is not None or options.to_groups):
        through = Group.members.through.objects.filter(contact_id__in=by_pk)
        for pk, group in through.values_list("contact_id", "group__name"):
            by_pk[pk].groups |= {group}
    return found


def _rows_at(mobiles: set[str], lock: bool) -> list[Any]:
    is_postgresql = connection.vendor == "postgresql"
    fields = "fields::text" if is_postgresql else "fields"
    locked = "FOR UPDATE" if lock and is_postgresql else ""
    return _at(
        mobiles, f"id, mobile, name, name_key, {fields}, updated_at", f"ORDER BY id {locked}"
    )


def known_numbers(mobiles: Iterable[str]) -> set[str]:
    """Those of these numbers that a contact has."""
    return {mobile for (mobile,) in _at(mobiles, "mobile")}


def _at(mobiles: Iterable[str], columns: str, rest: str = "") -> list[Any]:
    """Contacts by number. Django takes longer to write a long `IN` than the database to answer."""
    table = connection.ops.quote_name(Contact._meta.db_table)
    numbers: list[str] | str = list(mobiles)
    condition = "= ANY(%s)"
    if connection.vendor != "postgresql":
        numbers, condition = json.dumps(numbers), "IN (SELECT value FROM json_each(%s))"
    statement = f"SELECT {columns} FROM {table} WHERE mobile {condition} {rest}"  # noqa: S608  # ours
    with connection.cursor() as cursor:
        cursor.execute(statement, [numbers])
        return list(cursor.fetchall())


def write_people(
    people: Iterable[tuple[int | None, str | None, dict[str, FieldValue], datetime]],
) -> None:
    """Write the name, the fields and the moment of the last change of contacts, by their keys. None
    for a name leaves it.
    """
    adapted = lru_cache(maxsize=1)(connection.ops.adapt_datetimefield_value)  # mostly the same
    written = [
        (name, None if name is None else sound(name), as_json(fields), adapted(moment), pk)
        for pk, name, fields, moment in people
    ]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for start in range(0, len(written), _WRITTEN_AT_ONCE):
                some = written[start : start + _WRITTEN_AT_ONCE]
                cursor.execute(_WRITE_MANY, list(map(list, zip(*some, strict=True))))
            return
        # An index of names is written anew even if the name is the same.
        if named := [one for one in written if one[0] is not None]:
            cursor.executemany(_WRITE_NAMED, named)
        if others := [one[2:] for one in written if one[0] is None]:
            cursor.executemany(_WRITE_OTHERS, others)


# So few that PostgreSQL finds each by its key, and does not read the whole table.
_WRITTEN_AT_ONCE: Final = 1000
_WRITE_MANY: Final = """
UPDATE contacts_contact AS old
SET name = COALESCE(new.name, old.name), sound_key = COALESCE(new.sound, old.sound_key),
    fields = new.fields::jsonb, updated_at = new.moment
FROM unnest(%s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::bigint[])
    AS new(name, sound, fields, moment, id)
WHERE old.id = new.id
"""
_WRITE_NAMED: Final = """
UPDATE contacts_contact SET name = %s, sound_key = %s, fields = %s, updated_at = %s WHERE id = %s
"""
_WRITE_OTHERS: Final = "UPDATE contacts_contact SET fields = %s, updated_at = %s WHERE id = %s"


def opted_out_at(mobiles: set[str]) -> People:
    """Those of these numbers that are opted out, in the shape of people."""
    numbers = set(OptOut.objects.filter(mobile__in=mobiles).values_list("mobile", flat=True))
    numbers |= forgotten.among(mobiles)  # no file writes their numbers down again
    return {mobile: {"": PlannedPerson(mobile, "", "", {}, 0)} for mobile in numbers}
