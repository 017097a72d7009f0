"""By what a person is found everywhere: the number, the names at it, the keys of contacts."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from contacts.mentions import mentions, pattern_of
from contacts.models import Contact, ContactImport, ImportState, OptOut
from contacts.phone import operator_of
from messaging.models import Recipient

_MOST_NAMES = 200


@dataclass(frozen=True, slots=False)
class Traces:
    """A person's number (ten digits), contacts and opt-outs (keys), and names as they were written.

    `of_number` is False for one of several who share the number: it is then not hers alone, and
    only what also has her name or her contact is about her.
    """

    mobile: str
    contacts: tuple[int, ...] = ()
    opt_outs: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    of_number: bool = True

    def to_json(self) -> dict[str, Any]:
        return {"contacts": self.contacts, "opt_outs": self.opt_outs, "names": self.names}

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


def traces_of(mobile: str, people: Collection[int] | None = None) -> Traces:
    """What leads to a number's person; of several who share it, to those of `people` (keys of
    contacts; None for all). Who is left decides whether the number itself is hers.
    """
    contacts = list(Contact.objects.filter(mobile=mobile).order_by("id"))
    chosen = [one for one in contacts if people is None or one.pk in people]
    if len(chosen) < len(contacts):
        names = [one.name for one in chosen]
        return Traces(mobile, tuple(one.pk for one in chosen), (), tuple(names), of_number=False)
    written = Recipient.objects.filter(mobile=mobile).exclude(name="")
    as_sent = written.order_by("name").values_list("name", flat=True).distinct()[:_MOST_NAMES]
    written_so = dict.fromkeys([*(one.name for one in contacts), *as_sent])
    opt_outs = OptOut.objects.filter(mobile=mobile).values_list("pk", flat=True)
    return Traces(mobile, tuple(one.pk for one in contacts), tuple(opt_outs), tuple(written_so))


def imports_under_way() -> bool:
    """Whether an import could write her down again while she is being forgotten."""
    under_way = (ImportState.RUNNING, ImportState.UNDOING)
    return ContactImport.objects.filter(state__in=under_way).exists()
