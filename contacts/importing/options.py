"""What somebody chose to do with a table, as it is kept with the import."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from contacts.fields import FieldKind


class Existing(StrEnum):
    """What becomes of people who are there already."""

    UPDATE = "update"
    LEAVE = "leave"
    GROUPS = "groups"


@dataclass(frozen=True, slots=True)
class FieldColumn:
    """A column whose values go into one of the office's own fields."""

    place: int
    key: str
    name: str
    kind: FieldKind


@dataclass(frozen=True, slots=True)
class Options:
    """Places of columns from 0. `to_groups` are names of groups that everybody joins.

    `opt_out`: these are no people to keep but numbers that must not be texted, for the reason that
    the row gives (`reason_at`), or else for this one.
    """

    number: int
    name: int | None = None
    groups: int | None = None
    fields: tuple[FieldColumn, ...] = ()
    existing: Existing = Existing.UPDATE
    to_groups: tuple[str, ...] = ()
    opt_out: bool = False
    reason: str = ""
    reason_at: int | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Options":
        fields = tuple(
            FieldColumn(**{**column, "kind": FieldKind(column["kind"])})
            for column in data["fields"]
        )
        return cls(
            **{
                **data,
                "fields": fields,
                "existing": Existing(data["existing"]),
                "to_groups": tuple(data["to_groups"]),
            }
        )
