"""The meaning of each column of a file, guessed or taken over from the last one like it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from django.utils import timezone

from contacts.fields import RESERVED, FieldKind, key_of
from contacts.importing import jobs
from contacts.importing.columns import (
    Guess,
    guess,
    guess_kind,
    is_labels_heading,
    is_typed_for_a_font,
)
from contacts.importing.facts import Facts
from contacts.importing.names_and_groups import group_names
from contacts.importing.options import Existing, Options
from contacts.models import ContactField, ContactImport, FilePurpose
from contacts.preeti import Font

LEAVE_OUT: Final = ""
NUMBER: Final = "number"
NAME: Final = "name"
GROUPS: Final = "groups"
LABELS: Final = "labels"  # of an address book: groups, if someone says so
OPTED_OUT: Final = "opted_out"
REASON: Final = "reason"
NEW: Final = "new:"  # and the kind of the new field
KEEP: Final = "keep"  # for a message to the rows of the file
FIELD: Final = "field:"  # and the key of one that is there
NO_WORDS: Final = (LEAVE_OUT, NUMBER, OPTED_OUT)  # are never typed for a font
AS_IT_IS: Final = "as_it_is"  # what looks as if it were typed for a font
SURE: Final = "_sure"  # after a font: words that could be Latin as well stay
FONT_WAYS: Final = (*Font, *(f"{font}{SURE}" for font in Font), AS_IT_IS)


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

    It is guessed anew where the mobile numbers are no longer in the same columns.
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
