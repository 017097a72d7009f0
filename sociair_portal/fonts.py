"""The letters of Nepali, for machines that have none: made when static files are collected.

The font comes from a package. A browser needs a sixth of it: one script, in the weights that pages
have. It fetches that only for a page with such letters (`static/css/nepali.css`).

WOFF and not WOFF2, which is a quarter smaller: with the library that WOFF2 needs, WhiteNoise would
compress every static file with it too, and the first start would take half a minute longer.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

import fontpkg
from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage, Storage
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

NAME: Final = "fonts/nepali.woff"
# Devanagari, what joins and parts its letters, the rupee, the circle under a lone mark, and signs
# above letters: nepali.css names the same.
LETTERS: Final = (
    *range(0x0900, 0x0980),
    *(0x200C, 0x200D, 0x20B9, 0x25CC),
    *range(0xA8E0, 0xA900),
)
WEIGHTS: Final = (400, 700)
_NAMES_IN_IT: Final = [0, 1, 2, 3, 4, 5, 6, 13, 14]  # with its copyright and its licence


class FontFinder(BaseFinder):
    """Finds the font among the static files, and makes it where it is not there yet."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._storage = FileSystemStorage(location=settings.VAR_DIR / "made")
        super().__init__(*args, **kwargs)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        self._made()
        yield NAME, self._storage

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        if path != NAME:
            return []
        return [str(self._made())] if find_all else str(self._made())

    def _made(self) -> Path:
        made = Path(self._storage.path(NAME))
        make(Path(fontpkg.path("Noto Sans Devanagari")), made)
        return made


def make(source: Path, made: Path) -> None:
    """Make the part of a font that pages need, unless it has been made of the same."""
    mark = made.with_suffix(".sha256")
    hashed = _hash_of_what_it_is_made_of(source)
    if made.exists() and mark.exists() and mark.read_text() == hashed:
        return
    made.parent.mkdir(parents=True, exist_ok=True)
    font = _part_of(source)
    # Whole or not at all: another process may collect at the same time.
    with NamedTemporaryFile(dir=made.parent, delete=False) as written:
        font.save(written)
    Path(written.name).chmod(0o644)
    Path(written.name).replace(made)
    mark.write_text(hashed)


def _hash_of_what_it_is_made_of(source: Path) -> str:
    """The font, this recipe and the program: it is made again when one of them changes."""
    parts = (source.read_bytes(), Path(__file__).read_bytes(), version("fonttools").encode())
    return sha256(b"".join(parts)).hexdigest()


def _part_of(source: Path) -> TTFont:
    font = TTFont(source, recalcTimestamp=False)
    options = Options(layout_features=["*"], hinting=False, name_IDs=_NAMES_IN_IT)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=LETTERS)
    subsetter.subset(font)
    instantiateVariableFont(font, {"wdth": 100, "wght": WEIGHTS}, inplace=True)
    font.flavor = "woff"
    return font
