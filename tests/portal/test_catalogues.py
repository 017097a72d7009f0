"""Words are compiled when a process starts, so that what is shown is what is written."""

import gettext
import os
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import translation

from sociair_portal.catalogues import compiled

_HEAD = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "locale/ne/LC_MESSAGES").mkdir(parents=True)
    return tmp_path / "locale"


def write(source: Path, words: str) -> Path:
    catalogue = source / "ne/LC_MESSAGES/django.po"
    catalogue.write_text(f'{_HEAD}msgid "Send"\nmsgstr "{words}"\n')
    return catalogue


def said(folder: Path) -> str:
    catalogue = gettext.GNUTranslations((folder / "ne/LC_MESSAGES/django.mo").open("rb"))
    return catalogue.gettext("Send")


def test_what_is_written_is_compiled(source: Path, tmp_path: Path) -> None:
    write(source, "पठाउनुहोस्")
    assert said(compiled(source, tmp_path / "made")) == "पठाउनुहोस्"


def test_what_did_not_change_is_not_compiled_again(source: Path, tmp_path: Path) -> None:
    write(source, "पठाउनुहोस्")
    made = compiled(source, tmp_path / "made") / "ne/LC_MESSAGES/django.mo"
    before = made.stat().st_ino
    compiled(source, tmp_path / "made")
    assert made.stat().st_ino == before


def test_older_words_that_come_back_are_compiled_again(source: Path, tmp_path: Path) -> None:
    write(source, "नयाँ")
    compiled(source, tmp_path / "made")
    os.utime(write(source, "पुरानो"), (0, 0))
    assert said(compiled(source, tmp_path / "made")) == "पुरानो"


def test_words_that_were_compiled_in_part_are_compiled_again(source: Path, tmp_path: Path) -> None:
    write(source, "पठाउनुहोस्")
    made = compiled(source, tmp_path / "made") / "ne/LC_MESSAGES/django.mo"
    made.unlink()
    assert said(compiled(source, tmp_path / "made")) == "पठाउनुहोस्"


def test_a_catalogue_that_cannot_be_read_is_named(source: Path, tmp_path: Path) -> None:
    catalogue = write(source, "पठाउनुहोस्")
    catalogue.write_text(f"{_HEAD}nonsense\n")
    with pytest.raises(ImproperlyConfigured, match=r"ne/LC_MESSAGES/django\.po cannot be compiled"):
        compiled(source, tmp_path / "made")


def test_the_portal_speaks_by_its_own_catalogue() -> None:
    with translation.override("en"):
        assert translation.gettext("Save and continue editing") == "Save and stay here"
