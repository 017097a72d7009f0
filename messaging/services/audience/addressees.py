"""What an audience is read into: addressees, candidates for a number, questions, pieces."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from zlib import crc32

from contacts.phone import Operator
from messaging.services.audience.choice import (
    Omission,
)


class Addressee(NamedTuple):
    """One number that will get a message, with what, and whom it stands for: `others` share it."""

    mobile: str
    operator: Operator
    text: str
    parts: int
    name: str = ""
    contact_id: int | None = None
    others: tuple[str, ...] = ()


class Candidate(NamedTuple):
    """Someone whom a number may stand for: a contact, a row of a table, or NOBODY."""

    pk: int | None
    name: str
    fields: Mapping[str, Any]


NOBODY: Final = Candidate(None, "", {})


@dataclass(frozen=True, slots=True)
class Question:
    """A number of several people who would get different texts: whose is it?"""

    mobile: str
    choices: tuple[tuple[Candidate, str], ...]


@dataclass(slots=True)
class AudiencePiece:
    """The next people in order of their numbers; `up_to` is the last number looked at.

    `missing` counts, for each placeholder, who has no value for it.
    """

    people: list[Addressee] = field(default_factory=list)
    omissions: list[Omission] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    missing: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    up_to: str = ""
    is_last: bool = True

    @property
    def counts(self) -> Counter[tuple[Operator, int]]:
        """How many messages of how many parts go to each operator."""
        return Counter((person.operator, person.parts) for person in self.people)

    def mark(self, before: int) -> int:
        """A checksum of who gets what, of these and of all `before`; the same in pieces of any
        size, because they are in order of their numbers.
        """
        said = "".join([person.mobile + person.text for person in self.people])
        return crc32(said.encode(), before)
