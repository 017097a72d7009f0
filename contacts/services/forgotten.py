"""Forgotten numbers: anonymised people are recognised by a fingerprint alone.

The fingerprint is keyed (FINGERPRINT_KEY), because there are so few mobile numbers that anyone
could compute a plain hash of each.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import ForgottenNumber
from sociair_portal.common.any_of import AnyOf
from sociair_portal.common.fingerprints import fingerprint_of, fingerprints_of, key_mark
from sociair_portal.common.sentences import noted

_READ_AT_ONCE: Final = 10_000
_ASKED_FOR: Final = 1000


class NoKey(Exception):
    """No one can be forgotten without FINGERPRINT_KEY; the message is a sentence for the user."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "No one can be anonymised yet: the portal has no key to recognise them by. Ask "
                "the person who runs the portal to set one. The Privacy page of its documentation "
                "says how."
            )
        )


class AnotherKey(Exception):
    """People were forgotten with another key, or there is none: no one could be recognised, so
    nothing goes on.
    """

    def __init__(self) -> None:
        super().__init__(
            _(
                "FINGERPRINT_KEY is not the key that people were anonymised with. Set the earlier "
                "key again: without it, they could be sent messages."
            )
        )


def among(mobiles: Collection[str]) -> set[str]:
    """Those of some numbers that are forgotten. Nothing is computed while no one is.

    Few are asked for by name; for many, all that are forgotten are read, which are few as a rule.
    Raises `AnotherKey`.
    """
    if not mobiles:
        return set()
    known = _forgotten().values_list("fingerprint", flat=True)
    asked = _forgotten()
    if len(mobiles) <= _ASKED_FOR:  # those alone, and whether there is another key
        mine = AnyOf("fingerprint", fingerprints_of(mobiles))
        asked = asked.filter(Q(mine) | ~Q(key_mark=key_mark()))
    some = dict(asked.values_list("fingerprint", "key_mark")[: _READ_AT_ONCE + 1])
    if not some:
        return set()
    if set(some.values()) != {key_mark()}:
        raise AnotherKey
    found = set(some)
    made = fingerprints_of(mobiles)
    if len(found) > _READ_AT_ONCE:
        found = set(known.filter(AnyOf("fingerprint", made)))
    return {made[one] for one in found & made.keys()}


def check_key() -> None:
    """Raise `AnotherKey` if anyone was forgotten with another key than the one that is set."""
    if _forgotten().exclude(key_mark=key_mark()).exists():
        raise AnotherKey


def _forgotten() -> QuerySet[ForgottenNumber]:
    return ForgottenNumber.objects.filter(let_back_at=None)


def since(mobile: str) -> datetime | None:
    """Since when a number is forgotten; None if it is not."""
    same = _forgotten().filter(fingerprint=fingerprint_of(mobile))
    return same.values_list("created_at", flat=True).first()


def mark_of(mobile: str) -> str:
    """The beginning of a number's fingerprint: it tells one from another in the record."""
    return fingerprint_of(mobile)[:8]


def forget(mobile: str) -> None:
    """Note a number as one that is never sent messages again; twice is as once. Raises `NoKey`."""
    if not settings.FINGERPRINT_KEY:
        raise NoKey
    found, is_new = ForgottenNumber.objects.get_or_create(
        fingerprint=fingerprint_of(mobile), defaults={"key_mark": key_mark()}
    )
    if not is_new and found.let_back_at is not None:
        ForgottenNumber.objects.filter(pk=found.pk).update(
            let_back_at=None, created_at=timezone.now()
        )


def let_back(mobile: str) -> bool:
    """Let a number get messages again: its owner asked for that. False if it was not forgotten.

    The row stays, so that no machine that remembers it brings it back (remembered.py).
    """
    found = _forgotten().filter(fingerprint=fingerprint_of(mobile))
    return bool(found.update(let_back_at=timezone.now()))


def sentence() -> str:
    """Why a forgotten number gets nothing, and is not kept."""
    return noted(
        "The person with this number was anonymised. The portal does not store the number or send "
        "it messages."
    )
