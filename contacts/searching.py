"""Finding people and numbers by what somebody typed into a search box."""

import re
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from contacts.models import Contact, OptOut
from contacts.names import clean_name

_BETWEEN: Final = re.compile(r"[\s\-–—‑.()/'\u200b-\u200f\u202a-\u202e\u2060\ufeff]+")
_NUMBER: Final = re.compile(r"\+?\d+")
_ABROAD: Final = re.compile(r"^(?:\+|00)")
_DIGITS: Final = 10


def number_prefix(text: str) -> str | None:
    """The national digits that a number begins with, in any spelling; None for other texts.

    `+977 98-4`, `0984` and `९८४` all mean 984. No mobile number in Nepal begins with 977, so
    these three are always the country's.
    """
    compact = _BETWEEN.sub("", text)
    if not _NUMBER.fullmatch(compact):
        return None
    digits = "".join(str(int(digit)) for digit in _ABROAD.sub("", compact))
    return digits.removeprefix("977").removeprefix("0")


def numbers_from(prefix: str, *, field: str = "mobile") -> Q:
    """Numbers that begin with some digits, as a range that an index on `field` can walk."""
    return Q(**{f"{field}__range": (prefix.ljust(_DIGITS, "0"), prefix.ljust(_DIGITS, "9"))})


def find_contacts(contacts: QuerySet[Contact], text: str) -> QuerySet[Contact]:
    """Those whose number begins with the text, or whose name has it anywhere."""
    prefix = number_prefix(text)
    if prefix is not None:
        return contacts.filter(numbers_from(prefix))
    return contacts.filter(name__icontains=clean_name(text))


def find_opt_outs(opt_outs: QuerySet[OptOut], text: str) -> QuerySet[OptOut]:
    """Those whose number begins with the text, or whose reason has it anywhere."""
    prefix = number_prefix(text)
    if prefix is not None:
        return opt_outs.filter(numbers_from(prefix))
    return opt_outs.filter(reason__icontains=clean_name(text))


def with_opt_outs(contacts: QuerySet[Contact]) -> QuerySet[Contact]:
    """Each with `opted_out`: whether the number must not be texted."""
    return contacts.annotate(opted_out=Exists(OptOut.objects.filter(mobile=OuterRef("mobile"))))
