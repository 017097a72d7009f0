"""Every sentence that the portal has for people: what is marked for translation, and where."""

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import django
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

_FOLDERS: Final = ("contacts", "messaging", "sociair_portal", "templates")
_MARKS: Final[dict[str, tuple[int | tuple[int, str], ...] | None]] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop", "noted", "noted_list")),
    **dict.fromkeys(("ngettext", "ngettext_lazy", "noted_count"), (1, 2)),
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


_DOMAINS: Final = ("django", "djangojs")


def catalogue(language: str, domain: str) -> Path:
    return Path(settings.BASE_DIR) / "locale" / language / "LC_MESSAGES" / f"{domain}.po"


def read(language: str, domain: str) -> Catalog:
    with catalogue(language, domain).open("rb") as file:
        return read_po(file, locale=language)


def wanted(domain: str) -> dict[tuple[str | None, str], tuple[tuple[str, ...], str]]:
    """What has to be in a translation: by context and first form all forms, and where it is said.
    These are our own sentences, and the words of libraries that have others here in English.
    """
    found: dict[tuple[str | None, str], tuple[tuple[str, ...], str]] = {}
    for one in read("en", domain):
        if one.id:
            forms = forms_of(one.id)
            found[one.context, forms[0]] = forms, "library"
    if domain == "django":
        root = Path(settings.BASE_DIR)
        for it in everything():
            key = it.context, it.forms[0]
            if key not in found or len(it.forms) > len(found[key][0]):
                found[key] = it.forms, str(it.file.relative_to(root))
    return found


def forms_of(text: Any) -> tuple[str, ...]:
    """For one and for many, or for both."""
    return (text,) if isinstance(text, str) else tuple(text)


def update(language: str, domain: str) -> tuple[int, int]:
    """Write what is new into a catalogue, without a translation, and take out what is said no
    more. Words of libraries that only this language has stay. Returns how many came and went.
    """
    old, new = read(language, domain), Catalog(locale=language, fuzzy=False)
    known = {(one.context, forms_of(one.id)[0]): one for one in old if one.id}
    sentences = wanted(domain)
    for key, (forms, where) in sorted(sentences.items(), key=lambda it: (it[1][1], it[0][1])):
        string = known[key].string if key in known else ""
        new.add(forms if len(forms) > 1 else forms[0], string, [(where, 0)], context=key[0])
    kept = {key: one for key, one in known.items() if LIBRARY in one.user_comments}
    for key, one in kept.items():
        if key not in sentences:
            new.add(one.id, one.string, context=key[0], user_comments=one.user_comments)
    write(language, domain, new)
    return len(sentences.keys() - known.keys()), len(known.keys() - sentences.keys() - kept.keys())


_HEADER: Final = """\
# In the words of docs/words.md. `make messages` puts new sentences here, without a translation.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""


def write(language: str, domain: str, sentences: Catalog) -> None:
    with catalogue(language, domain).open("wb") as file:
        file.write(_HEADER.format(language=language).encode())
        write_po(file, sentences, width=100, omit_header=True, include_lineno=False)


LIBRARY: Final = "of a library"  # a comment in the catalogue


def main() -> None:
    """`make messages`: what has to be translated stands in the catalogues then."""
    for language in ("ne",):
        for domain in _DOMAINS:
            came, went = update(language, domain)
            sys.stdout.write(f"{catalogue(language, domain)}: {came} new, {went} taken out\n")


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    main()
