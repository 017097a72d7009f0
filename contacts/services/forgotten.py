"""Forgotten numbers: anonymised people are recognised by a fingerprint alone.

The fingerprint is keyed (FINGERPRINT_KEY), because there are so few mobile numbers that anyone
could compute a plain hash of each.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Final

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import Contact, ForgottenNumber
from sociair_portal.common.any_of import AnyOf
from sociair_portal.common.fingerprints import fingerprint_of, fingerprints_of, key_mark
from sociair_portal.common.sentences import noted

_READ_AT_ONCE: Final = 10_000
_ASKED_FOR: Final = 1000
# What a fingerprint begins with that is none of a number: those of numbers have digits of 0 to f.
_OTHER_THAN_NUMBER: Final = "n"


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


def forget_contacts(contacts: Iterable[Contact]) -> None:
    """Note contacts that are deleted, whatever becomes of their numbers: a backup that is put back
    may have them at a number that someone else has now. Raises `NoKey`.
    """
    _note(_of_contact(one.pk, one.created_at) for one in contacts)


def contacts_among(rows: Iterable[tuple[int, datetime]]) -> set[int]:
    """The keys of those contacts, of all of these keys and moments of adding, that are noted."""
    made = {_of_contact(pk, added_at): pk for pk, added_at in rows}
    noted = _forgotten().filter(fingerprint__startswith=_OTHER_THAN_NUMBER)
    if not noted.exists():
        return set()
    found = noted.filter(AnyOf("fingerprint", made)).values_list("fingerprint", flat=True)
    return {made[one] for one in found}


def forget_formers(mobile: str, formers: Iterable[str]) -> None:
    """Note which numbers, that others have now, a number's person had before. Raises `NoKey`."""
    _note(_of_former(mobile, former) for former in formers)


def formers_among(mobile: str, formers: Iterable[str]) -> set[str]:
    """Those of some numbers that are noted as what a number's person had before."""
    made = {_of_former(mobile, former): former for former in formers}
    found = _forgotten().filter(AnyOf("fingerprint", made)).values_list("fingerprint", flat=True)
    return {made[one] for one in found}


def _note(fingerprints: Iterable[str]) -> None:
    noted = list(fingerprints)
    if noted and not settings.FINGERPRINT_KEY:
        raise NoKey
    ForgottenNumber.objects.bulk_create(
        [ForgottenNumber(fingerprint=one, key_mark=key_mark()) for one in noted],
        ignore_conflicts=True,
    )


def _of_contact(pk: int, added_at: datetime) -> str:
    return _fingerprint_beside(f"contact {pk}, added {added_at.astimezone(UTC).isoformat()}")


def _of_former(mobile: str, former: str) -> str:
    return _fingerprint_beside(f"{former} before {mobile}")


def _fingerprint_beside(text: str) -> str:
    """As long as a number's fingerprint, and none."""
    return _OTHER_THAN_NUMBER + fingerprint_of(text)[1:]


def people() -> QuerySet[ForgottenNumber]:
    """The numbers that were forgotten, without what is noted beside them."""
    return ForgottenNumber.objects.exclude(fingerprint__startswith=_OTHER_THAN_NUMBER)


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
