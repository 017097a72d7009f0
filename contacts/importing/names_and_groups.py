"""What cells of a file say other than numbers and values: names, groups, and who is opted out."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from contacts.fields import is_error
from contacts.models import Contact, Group
from contacts.names import clean_name, clean_names, from_list, name_key

LONGEST_NAME: Final = Contact._meta.get_field("name").max_length or 0
LONGEST_GROUP: Final = Group._meta.get_field("name").max_length or 0


def full_names(columns: Sequence[Sequence[str]]) -> list[str]:
    """The name in each row, of its parts in the columns, in their order."""
    if len(columns) != 1:
        return list(map(full_name, zip(*columns, strict=True)))
    cells = columns[0]
    return [
        full_name([cell]) if name[:1] == "#" else name
        for cell, name in zip(cells, clean_names(cells), strict=True)
    ]


def full_name(parts: Sequence[str]) -> str:
    """A name of its parts, in their order."""
    return clean_name(" ".join(part for part in parts if part and not is_error(part.strip())))


@lru_cache(maxsize=100)
def says_yes(cell: str) -> bool:
    """Whether a cell of a column of opt-outs says that the number opted out: whatever is
    not a plain no.
    """
    return cell.strip().casefold() not in _NO


_NO: Final = frozenset({"", "no", "n", "false", "0", "-", "none", "होइन", "छैन"})


@lru_cache(maxsize=1000)
def group_names(cell: str) -> frozenset[str]:
    """The groups that a cell names, between commas or semicolons; many rows have the same ones.

    Google puts three colons between them, and some of its own are in every address book.
    """
    return frozenset(
        name
        for name in from_list(cell.replace(" ::: ", ","))
        if name_key(name) not in _OF_GOOGLE and not is_error(name)
    )


_OF_GOOGLE: Final = frozenset({"*mycontacts", "*starred"})
