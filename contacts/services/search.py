"""Finding people and opt-outs by a name or number typed into a search box."""

import re
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from contacts.models import Contact, OptOut
from contacts.names import clean_name, name_key
from contacts.phone import unspaced
from contacts.services import parts_index
from contacts.sounds import sound

_NUMBER: Final = re.compile(r"\+?[0-9]+")
_ABROAD: Final = re.compile(r"^(?:\+|00)")
_DIGITS: Final = 10


def number_prefix(text: str) -> str | None:
    """The national digits that a number begins with, in any spelling; None for other texts.

    `+977 98-4`, `0984` and `९८४` all mean 984. No mobile number in Nepal begins with 977, so
    these three are always the country's.
    """
    compact = unspaced(text)
    if not _NUMBER.fullmatch(compact):
        return None
    return _ABROAD.sub("", compact).removeprefix("977").removeprefix("0")


def numbers_from(prefix: str, *, field: str = "mobile") -> Q:
    """Numbers that begin with some digits, as a range that an index on `field` can walk."""
    return Q(**{f"{field}__range": (prefix.ljust(_DIGITS, "0"), prefix.ljust(_DIGITS, "9"))})


def _numbers_with(text: str) -> Q | None:
    """Numbers that a text may mean: those with its digits anywhere, and those that begin with them
    without the country's code or the 0. None for a text that is no number.
    """
    prefix = number_prefix(text)
    if prefix is None:
        return None
    compact = unspaced(text)
    if _ABROAD.match(compact):
        return numbers_from(prefix)
    anywhere = Q(mobile__contains=compact)
    return anywhere if compact == prefix else anywhere | numbers_from(prefix)


def find_contacts(contacts: QuerySet[Contact], text: str) -> QuerySet[Contact]:
    """Contacts with every word of a text in their name, in either script, or all of it in their
    number.
    """
    found = Q()
    for word in clean_name(text).split():
        found &= _named(word)
    if (numbered := _numbers_with(text)) is not None:
        found |= numbered
    few = parts_index.few_that_may_fit(found)
    return contacts.filter(found) if few is None else contacts.filter(found, pk__in=few)


_HEARD_IN_PART: Final = 3  # sounds; what is shorter begins too many words
# No name has a letter three times in a row: a short one does not sound like that.
_DRAWN_OUT: Final = re.compile(r"(\w)\1\1")


def _named(word: str) -> Q:
    """Names with a word anywhere, or with a word that sounds, or begins to sound, like it."""
    written = Q(name_key__contains=name_key(word))
    heard = sound(word)
    if _DRAWN_OUT.search(word) and len(heard.strip()) < _HEARD_IN_PART:
        return written
    if not heard or len(heard.split()) > 1:
        return written
    begins = heard.removesuffix(" ")
    whole = len(begins.strip()) < _HEARD_IN_PART
    return written | Q(sound_key__contains=heard if whole else begins)


def find_opt_outs(opt_outs: QuerySet[OptOut], text: str) -> QuerySet[OptOut]:
    """Opt-outs with the text in their reason, or in their number."""
    reasoned, numbered = Q(reason__icontains=clean_name(text)), _numbers_with(text)
    return opt_outs.filter(reasoned if numbered is None else reasoned | numbered)


def with_opt_outs(contacts: QuerySet[Contact]) -> QuerySet[Contact]:
    """Contacts with `opted_out`: whether the number opted out."""
    return contacts.annotate(opted_out=Exists(OptOut.objects.filter(mobile=OuterRef("mobile"))))
