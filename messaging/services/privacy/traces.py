"""By what a person is found everywhere: the number, the names at it, the keys of contacts."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.db.models import Q

from contacts.mentions import mentions, pattern_of
from contacts.models import Contact, ContactImport, ImportState, OptOut
from contacts.phone import operator_of
from messaging.models import Recipient
from messaging.services.privacy.former_numbers import Former, formers_of

_MOST_NAMES = 200


@dataclass(frozen=True, slots=False)
class Traces:
    """A person's number (ten digits), contacts and opt-outs (keys), and names as they were written.

    `of_number` is False for one of several who share the number: it is then not hers alone, and
    only what also has her name or her contact is about her. The `formers` are numbers that she had
    before.
    """

    mobile: str
    contacts: tuple[int, ...] = ()
    opt_outs: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    of_number: bool = True
    formers: tuple[Former, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "contacts": self.contacts,
            "opt_outs": self.opt_outs,
            "names": self.names,
            "formers": [[one.mobile, one.is_chosen, one.has_owner] for one in self.formers],
        }

    @cached_property
    def numbers(self) -> tuple["Traces", ...]:
        """The same for each of her numbers, the one of now first. One that she had before is like
        a shared one, unless it is hers alone.
        """
        now = replace(self, formers=())
        before = (replace(now, mobile=one.mobile, of_number=one.is_hers) for one in self.formers)
        return (now, *before)

    @property
    def own_numbers(self) -> list[str]:
        """Those of her numbers that are forgotten with her."""
        return [one.mobile for one in self.numbers if one.of_number]

    @cached_property
    def folded(self) -> frozenset[str]:
        """The names as they are compared."""
        return frozenset(name.strip().casefold() for name in self.names if name.strip())

    @property
    def operator(self) -> str:
        return str(operator_of(self.mobile).label)

    def are_in(self, values: Collection[Any]) -> bool:
        """Whether values of one row are about her."""
        if not any(mentions(value, self.mobile) for value in values):
            return False
        return self.of_number or any(self._is_named(value) for value in values)

    def _is_named(self, value: Any) -> bool:
        if isinstance(value, dict):
            return any(self._is_named(one) for one in value.values())
        if isinstance(value, list | tuple):
            return any(self._is_named(one) for one in value)
        # In a text the name stands beside the number.
        rest = pattern_of(self.mobile).sub(" ", str(value)).strip().casefold()
        return any(name in rest for name in self.folded)


def traces_of(
    mobile: str, people: Collection[int] | None = None, formers: Collection[str] = ()
) -> Traces:
    """What leads to a number's person; of several who share it, to those of `people` (keys of
    contacts; None for all). Who is left decides whether the number itself is hers. `formers` are
    numbers of which someone said that she had them before.
    """
    contacts = list(Contact.objects.filter(mobile=mobile).order_by("id"))
    chosen = [one for one in contacts if people is None or one.pk in people]
    return _traces(mobile, chosen, formers, of_number=len(chosen) == len(contacts))


def traces_of_some(mobile: str, people: Collection[int]) -> Traces:
    """What leads to some of those who have a number, which stays as it is whoever is left."""
    chosen = Contact.objects.filter(mobile=mobile, pk__in=people).order_by("id")
    return _traces(mobile, list(chosen), (), of_number=False)


def _traces(
    mobile: str, contacts: list[Contact], formers: Collection[str], *, of_number: bool
) -> Traces:
    keys = tuple(one.pk for one in contacts)
    had = tuple(formers_of(mobile, keys, formers))
    own = [*([mobile] if of_number else []), *(one.mobile for one in had if one.is_hers)]
    hers = Q(contact__in=keys) | Q(mobile__in=own, contact=None)
    written = Recipient.objects.filter(hers).exclude(name="").order_by("name")
    as_sent = written.values_list("name", flat=True).distinct()[:_MOST_NAMES]
    names = dict.fromkeys([*(one.name for one in contacts), *as_sent])
    opt_outs = OptOut.objects.filter(mobile__in=own).values_list("pk", flat=True)
    return Traces(mobile, keys, tuple(opt_outs), tuple(names), of_number, had)


def imports_under_way() -> bool:
    """Whether an import could write her down again while she is being forgotten."""
    under_way = (ImportState.RUNNING, ImportState.UNDOING)
    return ContactImport.objects.filter(state__in=under_way).exists()
