"""The meaning of each column of a file, guessed or chosen, and the options made of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from django.utils.translation import gettext as _

from contacts.fields import RESERVED, FieldKind, key_of
from contacts.importing import jobs
from contacts.importing.columns import guess, guess_kind
from contacts.importing.options import Existing, FieldColumn, Options
from contacts.models import ContactField, ContactImport

LEAVE_OUT: Final = ""
NUMBER: Final = "number"
NAME: Final = "name"
GROUPS: Final = "groups"
REASON: Final = "reason"
NEW: Final = "new:"  # and the kind of the new field
FIELD: Final = "field:"  # and the key of one that is there
_ONCE: Final = (NUMBER, NAME, GROUPS, REASON)


class NotChosen(ValueError):
    """Columns that cannot be used so; `place` is the column that is wrong, if it is one."""

    def __init__(self, reason: str, place: int | None = None) -> None:
        super().__init__(reason)
        self.place = place


@dataclass(slots=True)
class Choice:
    """The meaning of every column, in their order, and what else was chosen."""

    meanings: list[str]
    existing: Existing = Existing.UPDATE
    to_groups: list[str] = field(default_factory=list)
    opt_out: bool = False
    reason: str = ""

    def give(self, place: int, meaning: str) -> None:
        """Give one column this meaning, and take it from any other."""
        self.meanings = [LEAVE_OUT if one == meaning else one for one in self.meanings]
        self.meanings[place] = meaning


def guess_choice(source: ContactImport) -> Choice:
    """The choice that the headings and the first rows suggest."""
    rows = [row.cells for row in jobs.sample_of(source)]
    found = guess(source.names, rows)
    known = set(ContactField.objects.values_list("key", flat=True))
    choice = Choice([LEAVE_OUT] * len(source.names))
    for place, name in found.fields.items():
        choice.meanings[place] = _field_meaning(name, rows, place, known)
    for where, meaning in ((found.number, NUMBER), (found.name, NAME), (found.groups, GROUPS)):
        if where is not None:
            choice.meanings[where] = meaning
    return choice


def _field_meaning(name: str, rows: Sequence[Sequence[str]], place: int, known: set[str]) -> str:
    key = key_of(name)[:60]
    if key in known:
        return f"{FIELD}{key}"
    if key in RESERVED:
        return LEAVE_OUT
    return f"{NEW}{guess_kind(rows, place).value}"


def options_of(source: ContactImport, choice: Choice) -> Options:
    """The choice as it is kept. Raises `NotChosen` with a sentence."""
    places = {meaning: _place(choice, meaning) for meaning in _ONCE}
    number = places[NUMBER]
    if number is None:
        raise NotChosen(_("Choose the column that has the mobile numbers."))
    if places[REASON] is not None and not choice.opt_out:
        said = _("Only numbers that must not be texted have a reason. Choose another meaning.")
        raise NotChosen(said, places[REASON])
    fields = () if choice.opt_out else tuple(_fields(source, choice))
    return Options(
        number=number,
        name=places[NAME],
        groups=places[GROUPS],
        fields=fields,
        existing=choice.existing,
        to_groups=tuple(choice.to_groups),
        opt_out=choice.opt_out,
        reason=choice.reason,
        reason_at=places[REASON],
    )


def _place(choice: Choice, meaning: str) -> int | None:
    places = [place for place, one in enumerate(choice.meanings) if one == meaning]
    if len(places) > 1:
        raise NotChosen(_("Another column has this meaning already."), places[1])
    return places[0] if places else None


def _fields(source: ContactImport, choice: Choice) -> list[FieldColumn]:
    known = {one.key: one for one in ContactField.objects.all()}
    fields: list[FieldColumn] = []
    for place, meaning in enumerate(choice.meanings):
        if meaning.startswith(FIELD) and (one := known.get(meaning.removeprefix(FIELD))):
            fields.append(FieldColumn(place, one.key, one.name, FieldKind(one.kind)))
        elif meaning.startswith(NEW):
            kind = FieldKind(meaning.removeprefix(NEW))
            fields.append(_new_field(place, source.names[place], kind))
        if fields and fields[-1].key in {one.key for one in fields[:-1]}:
            raise NotChosen(_("Another column goes into the same field."), place)
    return fields


def _new_field(place: int, name: str, kind: FieldKind) -> FieldColumn:
    column = jobs.new_field(place, name, kind)
    if not column.key or column.key in RESERVED:
        raise NotChosen(_("A field cannot be called so. Change the heading in the file."), place)
    return column
