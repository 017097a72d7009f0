"""Forms of an import: the file, what its columns mean, and what becomes of the people."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from contacts.days import Calendar
from contacts.fields import DecimalMark, FieldKind
from contacts.forms.people import NameField
from contacts.importing import jobs
from contacts.importing.facts import Facts
from contacts.importing.meanings import (
    FIELD,
    GROUPS,
    LEAVE_OUT,
    NAME,
    NEW,
    NUMBER,
    OPTED_OUT,
    REASON,
    Choice,
    NotChosen,
    SeveralNumbers,
    kind_of_column,
    options_of,
)
from contacts.importing.options import Existing, Numbers, Options
from contacts.importing.plan import group_names
from contacts.importing.reader import sentence
from contacts.importing.rows import Row, Unreadable
from contacts.models import ContactField, ContactImport

_LONGEST_GROUP: Final = 100

_Taken = TypeVar("_Taken")
_Refusals = tuple[type[Exception], ...]


class UploadForm(forms.Form):
    """A file, or a table that was copied out of one."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        help_text=gettext_lazy(
            "XLSX, XLS, ODS or CSV, as your spreadsheet program saves it, or VCF from a telephone."
        ),
        error_messages={"empty": gettext_lazy("There is nothing in this file. Choose another.")},
    )
    text = forms.CharField(
        label=gettext_lazy("Or paste a table"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy(
            "Mark the cells in the spreadsheet, copy them, and paste them here."
        ),
    )
    sheet = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

    def __init__(self, *args: Any, was_too_large: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.was_too_large = was_too_large

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.was_too_large:
            said = _("This file is larger than %(most)d MB. Save it in several files, or as CSV.")
            self.add_error("file", said % {"most": settings.IMPORT_MAX_MB})
        elif "file" not in self.errors and not cleaned.get("file") and not self._pasted():
            self.add_error("file", _("Choose a file, or paste a table below."))
        return cleaned

    def _pasted(self) -> str:
        text: str = self.cleaned_data.get("text") or ""
        return text.strip()

    def taken_in(self, take: Callable[..., _Taken], *, refusals: _Refusals = ()) -> _Taken | None:
        """What `take(path, name=…, sheet=…)` makes of the file.

        None, with the reason beside the field, if it cannot be read or is refused.
        """
        with tempfile.TemporaryDirectory(prefix="sociair-table-") as folder:
            path = Path(folder) / "table"
            try:
                return take(path, name=self._write_to(path), sheet=self.cleaned_data["sheet"])
            except Unreadable as unreadable:
                self._say(sentence(unreadable))
            except refusals as refused:
                self._say(str(refused))
        return None

    def _write_to(self, path: Path) -> str:
        """Put what was chosen or pasted into a file. Returns its name, as it is shown."""
        if (upload := self.upload) is None:
            path.write_text(self.cleaned_data["text"], encoding="utf-8", newline="")
            return _("Pasted table")
        with path.open("wb") as file:
            for chunk in upload.chunks():
                file.write(chunk)
        return upload.name or ""

    def _say(self, reason: str) -> None:
        """Say what is wrong beside the file or the pasted text, and forget the sheet, which another
        file may not have.
        """
        self.data = {**self.data, "sheet": ""}
        self.add_error("file" if self.upload else "text", reason)

    @property
    def upload(self) -> "UploadedFile[Any] | None":
        found: UploadedFile[Any] | None = self.cleaned_data.get("file")
        return found


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
        label=gettext_lazy("Mobile numbers are in several columns. What counts?"),
        choices=[
            (Numbers.FIRST.value, gettext_lazy("The first number that is filled in")),
            (Numbers.BOTH.value, gettext_lazy("Every number: each is a person")),
        ],
        required=False,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Or choose one column, and leave out the others."),
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
            "Take the hidden row as well",
            "Take the %(number)d hidden rows as well",
            source.hidden_rows,
        ) % {"number": source.hidden_rows}
        self.facts = jobs.facts_of_columns(source)
        for place, name in enumerate(source.names):
            self.fields[f"column_{place}"] = forms.ChoiceField(
                label=name, choices=meanings, required=False, initial=choice.meanings[place]
            )
            self.fields[f"written_{place}"] = forms.ChoiceField(
                label=_("How %(column)s is written") % {"column": name},
                choices=_ways(self.facts[place]),
                required=False,
                initial=choice.written[place],
            )

    @property
    def columns(self) -> list[Column]:
        """What is known of every column, and the fields about it."""
        rows = jobs.sample_of(self.source)
        hidden = set(self.source.hidden_columns)
        return [
            Column(
                meaning=self[f"column_{place}"],
                written=self[f"written_{place}"] if self._is_asked(place) else None,
                cells=_first_cells(rows, place),
                is_hidden=place in hidden,
            )
            for place in range(len(self.source.names))
        ]

    def _is_asked(self, place: int) -> bool:
        """Whether the cells of a column could be written in another way than they are read."""
        meaning = str(self[f"column_{place}"].value() or "")
        facts = self.facts[place]
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
    """The columns of an import, and what becomes of the people."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What these are"),
        choices=[
            ("people", gettext_lazy("People to keep")),
            ("opt_outs", gettext_lazy("Numbers that must not be texted")),
        ],
        widget=forms.RadioSelect,
    )
    existing = forms.ChoiceField(
        label=gettext_lazy("Who is in your contacts already"),
        choices=[
            (Existing.UPDATE.value, gettext_lazy("is updated from the file")),
            (Existing.LEAVE.value, gettext_lazy("is left as they are")),
            (Existing.GROUPS.value, gettext_lazy("only joins the groups")),
        ],
        widget=forms.RadioSelect,
    )
    to_groups = NameField(
        label=gettext_lazy("Groups that everybody joins (optional)"),
        required=False,
        max_length=1000,
        help_text=gettext_lazy("Separate several by commas. A group that is missing is made."),
    )
    reason = NameField(
        label=gettext_lazy("Why they must not be texted (optional)"),
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
        super().__init__(source, choice, data, meanings=_meanings(), initial=initial)

    def clean_to_groups(self) -> str:
        text: str = self.cleaned_data["to_groups"]
        if any(len(name) > _LONGEST_GROUP for name in group_names(text)):
            said = _("The name of a group is too long: %(most)d characters fit.")
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


def _ways(facts: Facts) -> list[tuple[str, Any]]:
    """How the cells of a column may be written; empty: nobody has said."""
    days = [(one.value, one.label) for one in Calendar]
    marks = [
        (DecimalMark.POINT.value, _("1,250.50 is more than a thousand")),
        (DecimalMark.COMMA.value, _("1.250,50 is more than a thousand")),
    ]
    ways = days if facts.either_calendar else marks
    found = kind_of_column(facts)
    is_told = found.calendar if facts.either_calendar else found.mark
    return [("", _("As the cells tell") if is_told else _("Choose")), *ways]


def _meanings() -> list[tuple[str, Any]]:
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
        (OPTED_OUT, _("Opted out (yes)")),
        (REASON, _("Reason of an opt-out")),
        *known,
        *((f"{NEW}{kind.value}", label) for kind, label in kinds.items()),
    ]
