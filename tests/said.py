"""Every sentence that the portal has for people: what is marked for translation, and where."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from babel.messages.extract import extract
from django.conf import settings
from django.utils.translation.template import templatize

_FOLDERS: Final = ("contacts", "messaging", "sociair_portal", "templates")
_MARKS: Final[dict[str, tuple[int | tuple[int, str], ...] | None]] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}


class Said(NamedTuple):
    """A sentence: for one and for many where it has both forms."""

    file: Path
    line: int
    context: str | None
    forms: tuple[str, ...]


def everything() -> Iterator[Said]:
    root = Path(settings.BASE_DIR)
    for folder in _FOLDERS:
        for file in sorted((root / folder).rglob("*.*")):
            if file.suffix in (".py", ".html", ".txt") and "migrations" not in file.parts:
                yield from _in(file)


def _in(file: Path) -> Iterator[Said]:
    source = file.read_text()
    if file.suffix != ".py":
        # Read as Python, which minds how far lines are indented.
        lines = templatize(source, origin=str(file)).split("\n")
        source = "\n".join(line.strip() for line in lines)
    for line, found, _comments, context in extract(
        "python", io.BytesIO(source.encode()), keywords=_MARKS
    ):
        forms = (found,) if isinstance(found, str) else tuple(filter(None, found))
        yield Said(file, line, context, forms)
