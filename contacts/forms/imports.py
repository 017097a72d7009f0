"""Forms of an import: its headings, what its columns mean, and how to import them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from contacts.fields import FieldKind
from contacts.forms.people import NameField
from contacts.forms.written import about_letters, ways, which_font
from contacts.importing import jobs
from contacts.importing.chosen import NotChosen, SeveralNumbers, options_of
from contacts.importing.columns import is_typed_for_a_font
from contacts.importing.meanings import (
    AS_IT_IS,
    FIELD,
    GROUPS,
    LABELS,
    LEAVE_OUT,
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
from contacts.importing.names_and_groups import group_names
from contacts.importing.options import Existing, Numbers, Options
from contacts.importing.rows import Row
from contacts.models import ContactField, ContactImport
from contacts.preeti import Font, to_unicode
from contacts.shown_numbers import shown_text

_LONGEST_GROUP: Final = 100


class HeadingForm(forms.Form):
    """The line of the headings, if another one is chosen than the file's."""

    heading = forms.IntegerField(required=False, min_value=0, max_value=10**9)

    def __init__(self, source: ContactImport, data: Any) -> None:
        super().__init__(data)
        self.source = source

    @property
    def is_chosen(self) -> bool:
        return str(self.data.get("heading", "")) not in ("", str(self.source.heading))

    def use(self) -> bool:
        """Take that line as the headings. False if it cannot be."""
        line = self.cleaned_data.get("heading") if self.is_valid() else None
        return line is not None and jobs.choose_heading(self.source, line)


@dataclass(frozen=True, slots=True)
class Column:
    """A column in the chooser: what it means, how it is written, some of its cells."""

    meaning: forms.BoundField
    written: forms.BoundField | None
    cells: list[str]
    is_hidden: bool


_SHOWN_CELLS: Final = 3


def _first_cells(rows: Sequence[Row], place: int) -> list[str]:
    """The first different cells of a column that say anything."""
    cells = (row.cells[place].strip() for row in rows if place < len(row.cells))
    return list(islice(dict.fromkeys(filter(None, cells)), _SHOWN_CELLS))


class ColumnChoiceForm(forms.Form):
    """What every column means, and which rows count; `meanings` are the choices for a column."""

    several = forms.ChoiceField(
        label=gettext_lazy("Mobile numbers are in several columns. Which should be used?"),
        choices=[
            (Numbers.FIRST.value, gettext_lazy("The first number in each row")),
            (Numbers.BOTH.value, gettext_lazy("Every number, each as a separate person")),
        ],
        required=False,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Or leave out all of these columns but one."),
    )
    take_hidden = forms.BooleanField(required=False)

    def __init__(
        self,
        source: ContactImport,
        choice: Choice,
        data: Any = None,
        *,
        meanings: Sequence[tuple[str, Any]],
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        chosen = {"several": choice.several, "take_hidden": choice.take_hidden, **(initial or {})}
        super().__init__(data, initial=chosen)
        self.source = source
        self.options: Options | None = None
        self.fields["take_hidden"].label = ngettext(
            "Include the hidden row",
            "Include the %(number)d hidden rows",
            source.hidden_rows,
        ) % {"number": source.hidden_rows}
        self.facts = jobs.facts_of_columns(source)
        self._rows = jobs.sample_of(source)
        for place, name in enumerate(map(shown_text, source.names)):
            self.fields[f"column_{place}"] = forms.ChoiceField(
                label=name, choices=meanings, required=False, initial=choice.meanings[place]
            )
            self.fields[f"written_{place}"] = forms.ChoiceField(
                label=which_font(name)
                if is_typed_for_a_font(self.facts[place])
                else _("How %(column)s is written") % {"column": name},
                choices=ways(self.facts[place]),
                required=False,
                initial=choice.written[place],
                help_text=about_letters(self.facts[place]),
            )

    @property
    def columns(self) -> list[Column]:
        """What is known of every column, and the fields about it."""
        hidden = set(self.source.hidden_columns)
        return [
            Column(
                meaning=self[f"column_{place}"],
                written=self[f"written_{place}"] if self._is_asked(place) else None,
                cells=[self._shown(cell, place) for cell in _first_cells(self._rows, place)],
                is_hidden=place in hidden,
            )
            for place in range(len(self.source.names))
        ]

    def _shown(self, cell: str, place: int) -> str:
        """A cell, and beside it what the font shows for which its column was typed."""
        meaning = str(self[f"column_{place}"].value() or "")
        given = str(self[f"written_{place}"].value() or "")
        if meaning in NO_WORDS or not is_typed_for_a_font(self.facts[place]) or given == AS_IT_IS:
            return cell
        font = Font.HIMALI if given.removesuffix(SURE) == Font.HIMALI else Font.PREETI
        shown = to_unicode(cell, font, either=given in list(Font))
        return cell if shown == cell else f"{cell} → {shown}"

    def _is_asked(self, place: int) -> bool:
        """Whether the cells of a column could be written in another way than they are read."""
        meaning = str(self[f"column_{place}"].value() or "")
        facts = self.facts[place]
        if is_typed_for_a_font(facts):
            return meaning not in NO_WORDS
        kind = meaning.removeprefix(NEW)
        if meaning.startswith(FIELD):
            kind = kind_of_column(facts).kind.value
        is_told_by_mark = facts.either_by_point or facts.by_comma or facts.either_by_comma
        return bool(
            (kind == FieldKind.NUMBER and is_told_by_mark)
            or (kind == FieldKind.DATE and facts.either_calendar)
        )

    @property
    def is_asked_about_numbers(self) -> bool:
        """Whether several columns are said to hold the numbers."""
        places = range(len(self.source.names))
        return [self[f"column_{place}"].value() for place in places].count(NUMBER) > 1

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        try:
            self.options = options_of(self.source, self.choice())
        except SeveralNumbers as several:
            self.add_error("several", str(several))
        except NotChosen as not_chosen:
            place = not_chosen.place
            self.add_error(None if place is None else f"column_{place}", str(not_chosen))
        return cleaned

    def choice(self) -> Choice:
        cleaned = self.cleaned_data
        places = range(len(self.source.names))
        return Choice(
            [cleaned[f"column_{place}"] for place in places],
            [cleaned[f"written_{place}"] for place in places],
            several=cleaned["several"],
            take_hidden=cleaned["take_hidden"],
        )


class ColumnsForm(ColumnChoiceForm):
    """The columns of an import, and how to import them."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What is in this file"),
        choices=[
            ("people", gettext_lazy("Contacts")),
            ("opt_outs", gettext_lazy("Opted-out numbers")),
        ],
        widget=forms.RadioSelect,
    )
    existing = forms.ChoiceField(
        label=gettext_lazy("Contacts you already have"),
        choices=[
            (Existing.UPDATE.value, gettext_lazy("Update them from the file")),
            (Existing.LEAVE.value, gettext_lazy("Leave them as they are")),
            (Existing.GROUPS.value, gettext_lazy("Only add them to the groups")),
        ],
        widget=forms.RadioSelect,
    )
    to_groups = NameField(
        label=gettext_lazy("Add everyone to these groups (optional)"),
        required=False,
        max_length=1000,
        help_text=gettext_lazy(
            "Separate groups with commas. New groups are created automatically."
        ),
    )
    reason = NameField(
        label=gettext_lazy("Reason for opting out (optional)"),
        required=False,
        max_length=200,
    )

    def __init__(self, source: ContactImport, choice: Choice, data: Any = None) -> None:
        initial = {
            "kind": "opt_outs" if choice.opt_out else "people",
            "existing": choice.existing.value,
            "to_groups": ", ".join(choice.to_groups),
            "reason": choice.reason,
        }
        super().__init__(source, choice, data, meanings=_meanings(choice), initial=initial)

    def clean_to_groups(self) -> str:
        text: str = self.cleaned_data["to_groups"]
        if any(len(name) > _LONGEST_GROUP for name in group_names(text)):
            said = _("A group name is too long. The limit is %(most)d characters.")
            raise forms.ValidationError(said % {"most": _LONGEST_GROUP})
        return text

    def choice(self) -> Choice:
        cleaned = self.cleaned_data
        return replace(
            super().choice(),
            existing=Existing(cleaned["existing"]),
            to_groups=sorted(group_names(cleaned["to_groups"])),
            opt_out=cleaned["kind"] == "opt_outs",
            reason=cleaned["reason"],
        )


def _meanings(choice: Choice) -> list[tuple[str, Any]]:
    known = [(f"{FIELD}{one.key}", one.name) for one in ContactField.objects.all()]
    kinds = {
        FieldKind.TEXT: _("New field: text"),
        FieldKind.NUMBER: _("New field: number"),
        FieldKind.DATE: _("New field: date"),
    }
    return [
        (LEAVE_OUT, _("Leave out")),
        (NUMBER, _("Mobile number")),
        (NAME, _("Name")),
        (GROUPS, _("Groups")),
        *([(LABELS, _("Labels: groups or not?"))] if LABELS in choice.meanings else []),
        (OPTED_OUT, _("Opted out (yes)")),
        (REASON, _("Reason for opting out")),
        *known,
        *((f"{NEW}{kind.value}", label) for kind, label in kinds.items()),
    ]
