"""The options of an import: what somebody chose, as it is kept with it."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from contacts.fields import FieldKind


class Existing(StrEnum):
    """What becomes of people who are in the contacts already."""

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

    With `opt_out` the numbers are opted out and no people are kept; the reason is the row's
    (`reason_at`), or else `reason`.
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
