"""Counts and invalid numbers in an answer: messages by operator, and numbers that it names."""

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from contacts.phone import Operator, find_mobile


def counts(found: Mapping[str, Any]) -> dict[Operator, int] | None:
    """Messages by operator; None if a count is there and is not a number."""
    told: dict[Operator, int] = {}
    for operator in Operator:
        if (value := found.get(operator.value)) is None:
            continue
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
            value = int(value)
        if type(value) is not int or not 0 <= value < 10**9:
            return None
        told[operator] = value
    return told


def invalid_numbers(value: Any, posted: Collection[str]) -> frozenset[str]:
    """The numbers that `invalid_number` names, those that were posted as they were posted."""
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list):
        return frozenset()
    return frozenset(_as_posted(entry, posted) for entry in value)


def _as_posted(entry: object, posted: Collection[str]) -> str:
    """A posted number in any spelling; what is no number as people write it stays what it is."""
    # `str` of a list nested very deeply would fail.
    named = str(entry).strip() if isinstance(entry, str | int | float) else ""
    if named in posted or not isinstance(entry, str | int) or not _SPELLING.fullmatch(named):
        return named
    mobile = find_mobile(named)
    return mobile if mobile in posted else named


_SPELLING: Final = re.compile(r"[+0-9०-९\s()‑–-]+")
