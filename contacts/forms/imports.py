"""Forms of an import: the file, what its columns mean, and what becomes of the people."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.fields import FieldKind
from contacts.forms.people import NameField
from contacts.importing.meanings import (
    FIELD,
    GROUPS,
    LEAVE_OUT,
    NAME,
    NEW,
    NUMBER,
    REASON,
    Choice,
    NotChosen,
    options_of,
)
from contacts.importing.options import Existing, Options
from contacts.importing.plan import group_names
from contacts.importing.reader import sentence
from contacts.importing.rows import Unreadable
from contacts.models import ContactField, ContactImport

_LONGEST_GROUP: Final = 100

_Taken = TypeVar("_Taken")
_Refusals = tuple[type[Exception], ...]


class UploadForm(forms.Form):
    """A file, or a table that was copied out of one."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        help_text=gettext_lazy("XLSX, XLS, ODS or CSV, as your spreadsheet program saves it."),
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


class ColumnsForm(forms.Form):
    """What every column means, and what becomes of the people."""

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
        super().__init__(
            data,
            initial={
                "kind": "opt_outs" if choice.opt_out else "people",
                "existing": choice.existing.value,
                "to_groups": ", ".join(choice.to_groups),
                "reason": choice.reason,
            },
        )
        self.source = source
        self.options: Options | None = None
        choices = _meanings()
        for place, name in enumerate(source.names):
            self.fields[f"column_{place}"] = forms.ChoiceField(
                label=name, choices=choices, required=False, initial=choice.meanings[place]
            )

    @property
    def columns(self) -> list[forms.BoundField]:
        return [self[f"column_{place}"] for place in range(len(self.source.names))]

    def clean_to_groups(self) -> str:
        text: str = self.cleaned_data["to_groups"]
        if any(len(name) > _LONGEST_GROUP for name in group_names(text)):
            said = _("The name of a group is too long: %(most)d characters fit.")
            raise forms.ValidationError(said % {"most": _LONGEST_GROUP})
        return text

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        try:
            self.options = options_of(self.source, self._choice())
        except NotChosen as not_chosen:
            place = not_chosen.place
            self.add_error(None if place is None else f"column_{place}", str(not_chosen))
        return cleaned

    def _choice(self) -> Choice:
        cleaned = self.cleaned_data
        places = range(len(self.source.names))
        return Choice(
            [cleaned[f"column_{place}"] for place in places],
            existing=Existing(cleaned["existing"]),
            to_groups=sorted(group_names(cleaned["to_groups"])),
            opt_out=cleaned["kind"] == "opt_outs",
            reason=cleaned["reason"],
        )


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
        (REASON, _("Reason of an opt-out")),
        *known,
        *((f"{NEW}{kind.value}", label) for kind, label in kinds.items()),
    ]
