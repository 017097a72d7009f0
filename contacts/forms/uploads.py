"""The form for a file, or for rows that were copied out of one."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.importing.reader import sentence
from contacts.importing.rows import Unreadable
from sociair_portal.common.temporary import temporary_folder
from sociair_portal.common.uploads import most_bytes, too_large

_Taken = TypeVar("_Taken")
_Refusals = tuple[type[Exception], ...]


class UploadForm(forms.Form):
    """A file, or rows that were copied out of one."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        help_text=gettext_lazy(
            "XLSX, XLS, ODS or CSV from a spreadsheet program, or VCF from a phone."
        ),
        error_messages={"empty": gettext_lazy("This file is empty. Choose another.")},
    )
    text = forms.CharField(
        label=gettext_lazy("Or paste rows"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy(
            "Select the cells in your spreadsheet, copy them and paste them here."
        ),
    )
    sheet = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # For portal.js, which sends no larger one.
        bound = {"data-most-bytes": most_bytes(), "data-too-large": too_large()}
        self.fields["file"].widget.attrs |= bound

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "file" not in self.errors and not cleaned.get("file") and not self._pasted():
            self.add_error("file", _("Choose a file, or paste rows below."))
        return cleaned

    def _pasted(self) -> str:
        text: str = self.cleaned_data.get("text") or ""
        return text.strip()

    def taken_in(self, take: Callable[..., _Taken], *, refusals: _Refusals = ()) -> _Taken | None:
        """What `take(path, name=…, sheet=…)` makes of the file.

        None, with the reason beside the field, if it cannot be read or is refused.
        """
        with tempfile.TemporaryDirectory(dir=temporary_folder()) as folder:
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
            return _("Pasted rows")
        with path.open("wb") as file:
            for chunk in upload.chunks():
                file.write(chunk)
        return upload.name or ""

    def _say(self, reason: str) -> None:
        """Say what is wrong beside the file or the pasted text, and forget the sheet, which another
        file may not have.
        """
        self.data = {**dict(self.data.items()), "sheet": ""}  # items of a form have one value each
        self.add_error("file" if self.upload else "text", reason)

    @property
    def upload(self) -> "UploadedFile[Any] | None":
        found: UploadedFile[Any] | None = self.cleaned_data.get("file")
        return found
