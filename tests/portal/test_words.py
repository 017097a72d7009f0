"""The portal's words are those of docs/words.md, everywhere."""

import re
from pathlib import Path
from typing import Final

import pytest
from django.conf import settings

from tests.said import everything

_ROOT: Final = Path(settings.BASE_DIR)
_PAGE: Final = "docs/words.md"
_DOCUMENTS: Final = sorted(
    str(page.relative_to(_ROOT))
    for page in (_ROOT / "README.md", _ROOT / "CONTRIBUTING.md", *(_ROOT / "docs").glob("*.md"))
)


def _words_under(heading: str) -> list[str]:
    """The left column of the table that follows a sentence of the page."""
    rest = (_ROOT / _PAGE).read_text().split(heading, 1)[1]
    table = rest[rest.index("| not |") :].split("\n\n", 1)[0]
    cells = [row.split("|")[1] for row in table.splitlines()[2:]]
    return [word.strip() for cell in cells for word in cell.split(",")]


NOWHERE: Final = _words_under("## Not these words")
NOT_IN_PAGES: Final = _words_under("Nor these in the interface")


def _any_of(words: list[str]) -> re.Pattern[str]:
    every = "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in words)
    return re.compile(rf"\b(?:{every})s?\b", re.IGNORECASE)


def unfit(text: str, words: list[str]) -> list[str]:
    return [" ".join(found.split()) for found in _any_of(words).findall(text)]


def test_no_sentence_of_the_interface_has_a_word_that_we_do_not_use() -> None:
    said = list(everything())
    assert len(said) > 1500
    words = [*NOWHERE, *NOT_IN_PAGES]
    found = {
        f"{it.file.relative_to(_ROOT)}: {form}": bad
        for it in said
        for form in it.forms
        if (bad := unfit(re.sub(r"%\(\w+\)\w", "", form), words))
    }
    assert found == {}


@pytest.mark.parametrize("document", _DOCUMENTS)
def test_no_document_has_a_word_that_we_do_not_use(document: str) -> None:
    text = re.sub(r"```.*?```|`[^`]*`", "", (_ROOT / document).read_text(), flags=re.DOTALL)
    if document == _PAGE:
        text = text.split("## Not these words")[0]
    assert unfit(text, NOWHERE) == []


@pytest.mark.parametrize(
    "text", ["It was changed meanwhile.", "Look once\nmore.", "Unconfirmed", "Hand over"]
)
def test_such_a_word_would_be_found(text: str) -> None:
    assert unfit(text, NOWHERE)
    assert not unfit("A constable counts tablets.", [*NOWHERE, *NOT_IN_PAGES])
