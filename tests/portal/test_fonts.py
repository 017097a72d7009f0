"""The font for Nepali is made of a package's, small and whole, and found among the static files."""

import re
from pathlib import Path
from typing import Any

import fontpkg
import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from fontTools.ttLib import TTFont

from sociair_portal import fonts

SOURCE = fontpkg.path("Noto Sans Devanagari")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("made") / "fonts/nepali.woff"
    fonts.make(SOURCE, path)
    return path


def read(path: Path) -> Any:
    return TTFont(path)


def test_it_is_small_and_has_every_letter_of_nepali(made: Path) -> None:
    assert made.stat().st_size < 150_000
    letters = read(made).getBestCmap()
    nepali = "कखगघङचछजझञटठडढणतथदधनपफबभमयरलवशषसह०१२३४५६७८९।ंःँ्ािीुूृेैोौअआइईउऊऋएऐओऔ\u200c\u200d₹"
    assert {ord(letter) for letter in nepali} - letters.keys() == set()
    assert ord("A") not in letters


def test_it_is_plain_and_bold_and_keeps_its_copyright_and_licence(made: Path) -> None:
    font = read(made)
    assert [(axis.axisTag, axis.minValue, axis.maxValue) for axis in font["fvar"].axes] == [
        ("wght", 400, 700)
    ]
    names = " ".join(str(name) for name in font["name"].names)
    assert "The Noto Project Authors" in names
    assert "SIL Open Font License" in names


def test_its_letters_still_join(made: Path) -> None:
    features = {it.FeatureTag for it in read(made)["GSUB"].table.FeatureList.FeatureRecord}
    assert {"akhn", "rphf", "half", "pres", "blwf"} <= features


def test_it_is_made_again_only_if_what_it_is_made_of_changes(tmp_path: Path) -> None:
    path, source = tmp_path / "nepali.woff", tmp_path / "source.ttf"
    source.write_bytes(SOURCE.read_bytes())
    fonts.make(source, path)
    first = path.stat()
    fonts.make(source, path)
    assert path.stat().st_ino == first.st_ino
    with source.open("ab") as file:
        file.write(b"\0")  # another release of it
    fonts.make(source, path)
    assert path.stat().st_ino != first.st_ino


def test_it_is_the_same_wherever_it_is_made(made: Path, tmp_path: Path) -> None:
    fonts.make(SOURCE, tmp_path / "again.woff")
    assert (tmp_path / "again.woff").read_bytes() == made.read_bytes()


def test_it_is_a_static_file_and_the_only_one_of_its_finder() -> None:
    found = finders.find(fonts.NAME)
    assert found
    assert Path(found).stat().st_size < 150_000
    assert not finders.FileSystemFinder().find(fonts.NAME)
    assert fonts.FontFinder().find("css/app.css") == []
    assert [name for name, _where in fonts.FontFinder().list(None)] == [fonts.NAME]


def test_browsers_are_told_of_the_letters_that_are_in_it() -> None:
    rules = (Path(settings.BASE_DIR) / "static/css/nepali.css").read_text()
    ranges = re.findall(r"unicode-range: (.*);", rules)
    assert len(ranges) == 2
    for written in ranges:
        told = set[int]()
        for one in re.findall(r"U\+([0-9A-F]+)(?:-([0-9A-F]+))?", written):
            first, last = int(one[0], 16), int(one[1] or one[0], 16)
            told |= set(range(first, last + 1))
        assert told == set(fonts.LETTERS)
