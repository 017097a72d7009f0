"""The options made of what the columns mean, or what is still to be chosen."""

from collections.abc import Mapping, Sequence
from typing import Final

from django.utils.translation import gettext as _

from contacts.fields import RESERVED, DecimalMark, FieldKind, key_of
from contacts.importing import jobs
from contacts.importing.columns import is_typed_for_a_font
from contacts.importing.facts import Facts
from contacts.importing.meanings import (
    AS_IT_IS,
    FIELD,
    GROUPS,
    KEEP,
    LABELS,
    NAME,
    NEW,
    NO_WORDS,
    NUMBER,
    OPTED_OUT,
    REASON,
    SURE,
    Choice,
    kind_of_column,
)
from contacts.importing.options import FieldColumn, Numbers, Options, TypedColumn
from contacts.models import ContactField, ContactImport
from contacts.preeti import Font, heading_in_unicode
from sociair_portal.common.calendars import Calendar

_ONCE: Final = (GROUPS, OPTED_OUT, REASON)


class NotChosen(ValueError):
    """Columns that cannot be used so; `place` is the column that is wrong, if it is one."""

    def __init__(self, reason: str, place: int | None = None) -> None:
        super().__init__(reason)
        self.place = place


class SeveralNumbers(NotChosen):
    """Several columns have mobile numbers, and no one said which to use."""


def options_of(source: ContactImport, choice: Choice) -> Options:
    """The choice as it is kept. Raises `NotChosen` with a sentence."""
    places = {meaning: _place(choice, meaning) for meaning in _ONCE}
    numbers = choice.numbers
    if not numbers:
        raise NotChosen(_("Choose the column with the mobile numbers."))
    if len(numbers) > 1 and not choice.several:
        said = _("Mobile numbers are in several columns: %(names)s. Choose which to use.")
        names = ", ".join(f"“{source.names[place]}”" for place in numbers)
        raise SeveralNumbers(said % {"names": names})
    if labels := choice.places(LABELS):
        said = _("Should each of these labels become a group? Choose Groups or Leave out.")
        raise NotChosen(said, labels[0])
    if places[REASON] is not None and not choice.opt_out:
        said = _("Only opted-out numbers have a reason. Choose another meaning.")
        raise NotChosen(said, places[REASON])
    typed = _typed(source, choice)
    fonts = {column.place: column.font for column in typed}
    fields = () if choice.opt_out else tuple(_fields(source, choice, fonts))
    return Options(
        numbers=tuple(numbers),
        several=Numbers(choice.several or Numbers.FIRST),
        names=tuple(choice.places(NAME)),
        groups=places[GROUPS],
        opted_out=places[OPTED_OUT],
        fields=fields,
        kept=tuple(
            place
            for place, meaning in enumerate(choice.meanings)
            if meaning in (KEEP, NUMBER, NAME, OPTED_OUT)
        ),
        existing=choice.existing,
        to_groups=tuple(choice.to_groups),
        take_hidden=choice.take_hidden,
        opt_out=choice.opt_out,
        reason=choice.reason,
        reason_at=places[REASON],
        typed=typed,
    )


def _typed(source: ContactImport, choice: Choice) -> tuple[TypedColumn, ...]:
    """The columns that are used and were typed for a font, and for which."""
    typed = []
    for place, (facts, written) in enumerate(
        zip(jobs.facts_of_columns(source), choice.written, strict=True)
    ):
        if choice.meanings[place] in NO_WORDS or not is_typed_for_a_font(facts):
            continue
        font = written.removesuffix(SURE)
        if font in list(Font):
            either = font == written and facts.either > 0
            typed.append(TypedColumn(place, Font(font), either))
        elif written != AS_IT_IS:
            said = _(
                "These letters look as if they were typed in a font like Preeti. Choose the font."
            )
            raise NotChosen(said, place)
    return tuple(typed)


def heading_of(source: ContactImport, place: int, fonts: Mapping[int, Font]) -> str:
    """The heading of a column, as its font shows it."""
    name: str = source.names[place]
    return heading_in_unicode(name, fonts[place]) if place in fonts else name


def _place(choice: Choice, meaning: str) -> int | None:
    places = choice.places(meaning)
    if len(places) > 1:
        raise NotChosen(_("Another column already has this meaning."), places[1])
    return places[0] if places else None


def _fields(
    source: ContactImport, choice: Choice, fonts: Mapping[int, Font]
) -> Sequence[FieldColumn]:
    known = {one.key: one for one in ContactField.objects.all()}
    facts = jobs.facts_of_columns(source)
    fields: list[FieldColumn] = []
    for place, meaning in enumerate(choice.meanings):
        if meaning.startswith(FIELD) and (one := known.get(meaning.removeprefix(FIELD))):
            key, name, kind = one.key, one.name, FieldKind(one.kind)
        elif meaning.startswith(NEW):
            heading = heading_of(source, place, fonts)
            name, kind = heading[:60], FieldKind(meaning.removeprefix(NEW))
            key = key_of(heading)[:60]
        else:
            continue
        if not key or (meaning.startswith(NEW) and key in RESERVED):
            said = _("This heading cannot be used for a field. Change it in the file.")
            raise NotChosen(said, place)
        if key in {column.key for column in fields}:
            raise NotChosen(_("Another column already goes into this field."), place)
        mark, calendar = _written(kind, facts[place], choice.written[place], place)
        fields.append(FieldColumn(place, key, name, kind, mark, calendar))
    return fields


def _written(kind: FieldKind, facts: Facts, given: str, place: int) -> tuple[DecimalMark, Calendar]:
    """How the cells of a column are written, by what was chosen or what they tell."""
    found = kind_of_column(facts)
    mark: DecimalMark | None = DecimalMark.POINT
    calendar: Calendar | None = Calendar.GREGORIAN
    if found.kind is kind:
        mark, calendar = found.mark, found.calendar
    if given in list(DecimalMark):
        mark = DecimalMark(given)
    if given in list(Calendar):
        calendar = Calendar(given)
    if kind is FieldKind.NUMBER and mark is None:
        raise NotChosen(
            _("Choose whether 1.250 here is more than a thousand, or a little more than one."),
            place,
        )
    if kind is FieldKind.DATE and calendar is None:
        raise NotChosen(_("Choose the calendar for these dates."), place)
    return mark or DecimalMark.POINT, calendar or Calendar.GREGORIAN
