"""The options of an import: what someone chose, as it is kept with it."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from contacts.fields import DecimalMark, FieldKind, FieldValue, parse_value
from contacts.importing.rows import Row
from contacts.preeti import Font, to_unicode
from sociair_portal.common.calendars import Calendar


class Existing(StrEnum):
    """What to do with people who are already in the contacts."""

    UPDATE = "update"
    LEAVE = "leave"
    GROUPS = "groups"


class Numbers(StrEnum):
    """What becomes of a row that has a mobile number in several columns."""

    FIRST = "first"  # the first number that is filled in counts
    BOTH = "both"  # each number is a person


@dataclass(frozen=True, slots=True)
class FieldColumn:
    """A column whose values go into one of the office's own fields, and how they are read."""

    place: int
    key: str
    name: str
    kind: FieldKind
    mark: DecimalMark = DecimalMark.POINT
    calendar: Calendar = Calendar.GREGORIAN

    def value(self, cell: str) -> FieldValue:
        """The value of a cell. Raises `InvalidValue`."""
        return _value(self.kind, cell, self.mark, self.calendar)


class TypedColumn(NamedTuple):
    """A column that was typed for a font; `either` is whether words are changed that could be Latin
    as well.
    """

    place: int
    font: Font
    either: bool = True


# The same classes, villages and fees come again and again.
@lru_cache(maxsize=10_000)
def _value(kind: FieldKind, cell: str, mark: DecimalMark, calendar: Calendar) -> FieldValue:
    return parse_value(kind, cell, mark=mark, calendar=calendar)


@dataclass(frozen=True, slots=True)
class Options:
    """Places of columns from 0. The parts of a name are joined in the order of `names`;
    `to_groups` are names of groups that everyone joins, `opted_out` is the column that says who
    opted out.

    With `opt_out` the numbers are opted out and no people are kept; the reason is the row's
    (`reason_at`), or else `reason`.
    """

    numbers: tuple[int, ...]
    several: Numbers = Numbers.FIRST
    names: tuple[int, ...] = ()
    groups: int | None = None
    opted_out: int | None = None
    fields: tuple[FieldColumn, ...] = ()
    kept: tuple[int, ...] = ()  # columns that can stand in a message to the rows
    existing: Existing = Existing.UPDATE
    to_groups: tuple[str, ...] = ()
    take_hidden: bool = False
    opt_out: bool = False
    reason: str = ""
    reason_at: int | None = None
    typed: tuple["TypedColumn", ...] = ()

    @property
    def fonts(self) -> dict[int, Font]:
        """The fonts of the columns that were typed for one, by their places."""
        return {column.place: column.font for column in self.typed}

    def shown(self, row: Row) -> Row:
        """The row as its fonts show it."""
        if not self.typed:
            return row
        cells = list(row.cells)
        for place, font, either in self.typed:
            if place < len(cells):
                cells[place] = to_unicode(cells[place], font, either=either)
        return row._replace(cells=cells)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Options":
        """Also of what was kept when there was one column of numbers and one of names, and when all
        words of a font that could be Latin as well were changed.
        """
        given = dict(data)
        if "number" in given:
            given["numbers"] = [given.pop("number")]
            given["names"] = [] if (name := given.pop("name")) is None else [name]
        typed = given.pop("fonts", given.get("typed", ()))
        fields = tuple(
            FieldColumn(
                **{
                    **column,
                    "kind": FieldKind(column["kind"]),
                    "mark": DecimalMark(column.get("mark", DecimalMark.POINT)),
                    "calendar": Calendar(column.get("calendar", Calendar.GREGORIAN)),
                }
            )
            for column in given["fields"]
        )
        return cls(
            **{
                **given,
                "fields": fields,
                "numbers": tuple(given["numbers"]),
                "names": tuple(given["names"]),
                "kept": tuple(given.get("kept", ())),
                "several": Numbers(given.get("several", Numbers.FIRST)),
                "existing": Existing(given["existing"]),
                "typed": tuple(
                    TypedColumn(place, Font(font), *either) for place, font, *either in typed
                ),
                "to_groups": tuple(given["to_groups"]),
            }
        )
