"""The meaning of each column of a file, guessed or chosen, and the options made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.days import Calendar
from contacts.fields import RESERVED, DecimalMark, FieldKind, key_of
from contacts.importing import jobs
from contacts.importing.columns import (
    Guess,
    guess,
    guess_kind,
    is_labels_heading,
    is_typed_for_a_font,
)
from contacts.importing.facts import Facts
from contacts.importing.options import Existing, FieldColumn, Numbers, Options, TypedColumn
from contacts.importing.plan import group_names
from contacts.models import ContactField, ContactImport, FilePurpose
from contacts.preeti import Font, heading_in_unicode

LEAVE_OUT: Final = ""
NUMBER: Final = "number"
NAME: Final = "name"
GROUPS: Final = "groups"
LABELS: Final = "labels"  # of an address book: groups, if somebody says so
OPTED_OUT: Final = "opted_out"
REASON: Final = "reason"
NEW: Final = "new:"  # and the kind of the new field
KEEP: Final = "keep"  # for a message to the rows of the file
FIELD: Final = "field:"  # and the key of one that is there
_ONCE: Final = (GROUPS, OPTED_OUT, REASON)
NO_WORDS: Final = (LEAVE_OUT, NUMBER, OPTED_OUT)  # are never typed for a font
AS_IT_IS: Final = "as_it_is"  # what looks as if it were typed for a font
SURE: Final = "_sure"  # after a font: words that could be Latin as well stay
FONT_WAYS: Final = (*Font, *(f"{font}{SURE}" for font in Font), AS_IT_IS)


class NotChosen(ValueError):
    """Columns that cannot be used so; `place` is the column that is wrong, if it is one."""

    def __init__(self, reason: str, place: int | None = None) -> None:
        super().__init__(reason)
        self.place = place


class SeveralNumbers(NotChosen):
    """Several columns have mobile numbers, and nobody said what is done with them."""


@dataclass(slots=True)
class Choice:
    """The meaning of every column, in their order, how the cells of each are written (a decimal
    mark, a calendar or a font; empty where the cells tell), and what else was chosen.
    """

    meanings: list[str]
    written: list[str]
    several: str = ""
    existing: Existing = Existing.UPDATE
    to_groups: list[str] = field(default_factory=list)
    take_hidden: bool = False
    opt_out: bool = False
    reason: str = ""
    remembered: ContactImport | None = None  # whose columns these are, if they were taken over

    def give(self, place: int, meaning: str) -> None:
        """Give one column this meaning, and take it from any other."""
        self.meanings = [LEAVE_OUT if one == meaning else one for one in self.meanings]
        self.meanings[place] = meaning

    @property
    def numbers(self) -> list[int]:
        return self.places(NUMBER)

    def places(self, meaning: str) -> list[int]:
        return [place for place, one in enumerate(self.meanings) if one == meaning]


def choice_for(source: ContactImport) -> Choice:
    """The columns as the same user had them in the last file with these headings, or else a guess.

    It is guessed anew where the mobile numbers are not in the same columns any more.
    """
    guessed = guess_choice(source)
    theirs = ContactImport.objects.filter(purpose=source.purpose, created_by=source.created_by)
    alike = theirs.filter(names=source.names).exclude(pk=source.pk).exclude(options={})
    last = alike.order_by("-id").first()
    if last is None or not source.heading:
        return guessed
    options = Options.from_json(last.options)
    if not set(options.numbers) <= set(guessed.numbers):
        return guessed
    return replace(_as_chosen(source, options), remembered=last)


def _as_chosen(source: ContactImport, options: Options) -> Choice:
    """The columns of options. What becomes of the people, and hidden rows, is asked anew."""
    choice = Choice(
        [LEAVE_OUT] * len(source.names),
        _as_written(jobs.facts_of_columns(source), options),
        several=options.several.value if len(options.numbers) > 1 else "",
    )
    if source.purpose == FilePurpose.RECIPIENTS:
        for place in options.kept:
            choice.meanings[place] = KEEP
    known = set(ContactField.objects.values_list("key", flat=True))
    for column in options.fields:
        is_known = column.key in known
        meaning = f"{FIELD}{column.key}" if is_known else f"{NEW}{column.kind.value}"
        choice.meanings[column.place] = meaning
    for where, meaning in (
        *((place, NUMBER) for place in options.numbers),
        *((place, NAME) for place in options.names),
        *((options.groups, GROUPS), (options.opted_out, OPTED_OUT)),
    ):
        if where is not None:
            choice.meanings[where] = meaning
    for place in source.hidden_columns:
        if place < len(choice.meanings):
            choice.meanings[place] = LEAVE_OUT
    return choice


def _as_written(facts: Sequence[Facts], options: Options) -> list[str]:
    """How each column was said to be written, where its cells do not tell."""
    written = [""] * len(facts)
    for place, font in options.fonts.items():
        if is_typed_for_a_font(facts[place]) and not facts[place].either:
            written[place] = font
    for column in options.fields:
        found = kind_of_column(facts[column.place])
        if column.kind is FieldKind.DATE and found.calendar is None:
            written[column.place] = column.calendar.value
        elif column.kind is FieldKind.NUMBER and found.mark is None:
            written[column.place] = column.mark.value
    return written


def guess_choice(source: ContactImport) -> Choice:
    """The choice that the headings and the cells of all rows suggest."""
    facts = jobs.facts_of_columns(source)
    found = guess(source.names, facts, hidden=frozenset(source.hidden_columns))
    known = {one.key: FieldKind(one.kind) for one in ContactField.objects.all()}
    choice = Choice([LEAVE_OUT] * len(source.names), [""] * len(source.names))
    is_for_one = source.purpose == FilePurpose.RECIPIENTS
    if is_for_one:
        hidden = set(source.hidden_columns)
        choice.meanings = [
            LEAVE_OUT if place in hidden else KEEP for place in range(len(source.names))
        ]
    for place, name in found.fields.items():
        if not is_for_one:
            choice.meanings[place] = _field_meaning(name, facts[place], known)
    for where, meaning in ((found.groups, GROUPS), (found.opted_out, OPTED_OUT)):
        if where is not None and not (is_for_one and meaning is GROUPS):
            choice.meanings[where] = meaning
            if meaning is GROUPS and _are_labels(source, where):
                choice.meanings[where] = LABELS
    for places, meaning in ((found.numbers, NUMBER), (found.names, NAME)):
        for place in places:
            choice.meanings[place] = meaning
    return choice


def _are_labels(source: ContactImport, place: int) -> bool:
    """Whether a column has labels of an address book, but those that are in every one."""
    rows = jobs.sample_of(source)
    cells = [row.cells[place] for row in rows if place < len(row.cells)]
    is_whole = source.pieces == 1
    return is_labels_heading(source.names[place]) and (not is_whole or any(map(group_names, cells)))


def kind_of_column(facts: Facts) -> Guess:
    """The kind that the cells of a column suggest, today."""
    return guess_kind(facts, year=timezone.localdate().year)


def _field_meaning(name: str, facts: Facts, known: dict[str, FieldKind]) -> str:
    key = key_of(name)[:60]
    if key in known:
        return f"{FIELD}{key}"
    if key in RESERVED:
        return LEAVE_OUT
    return f"{NEW}{kind_of_column(facts).kind.value}"


def options_of(source: ContactImport, choice: Choice) -> Options:
    """The choice as it is kept. Raises `NotChosen` with a sentence."""
    places = {meaning: _place(choice, meaning) for meaning in _ONCE}
    numbers = choice.numbers
    if not numbers:
        raise NotChosen(_("Choose the column that has the mobile numbers."))
    if len(numbers) > 1 and not choice.several:
        said = _("Mobile numbers are in several columns: %(names)s. Choose what counts.")
        names = ", ".join(f"“{source.names[place]}”" for place in numbers)
        raise SeveralNumbers(said % {"names": names})
    if labels := choice.places(LABELS):
        said = _("Shall each of these labels become a group? Choose Groups, or Leave out.")
        raise NotChosen(said, labels[0])
    if places[REASON] is not None and not choice.opt_out:
        said = _("Only numbers that must not be texted have a reason. Choose another meaning.")
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
            said = _("These letters look as if they were typed in a font like Preeti. Choose.")
            raise NotChosen(said, place)
    return tuple(typed)


def heading_of(source: ContactImport, place: int, fonts: Mapping[int, Font]) -> str:
    """The heading of a column, as its font shows it."""
    name: str = source.names[place]
    return heading_in_unicode(name, fonts[place]) if place in fonts else name


def _place(choice: Choice, meaning: str) -> int | None:
    places = choice.places(meaning)
    if len(places) > 1:
        raise NotChosen(_("Another column has this meaning already."), places[1])
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
            said = _("A field cannot be called so. Change the heading in the file.")
            raise NotChosen(said, place)
        if key in {column.key for column in fields}:
            raise NotChosen(_("Another column goes into the same field."), place)
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
        raise NotChosen(_("Is 1.250 more than a thousand here, or a little more than one?"), place)
    if kind is FieldKind.DATE and calendar is None:
        raise NotChosen(_("Choose the calendar of these dates."), place)
    return mark or DecimalMark.POINT, calendar or Calendar.GREGORIAN
