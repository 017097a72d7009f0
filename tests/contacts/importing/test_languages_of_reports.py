"""Why rows of a file were left out is read in the language of whoever looks, and downloads it."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.db import DataError, connection
from django.urls import reverse
from django.utils import translation

from contacts.importing import jobs, load
from contacts.models import ContactField, ContactImport, ImportState, RejectedRow
from tests.conftest import Browser
from tests.importing import csv_file, guessed, imported, xlsx_file
from tests.pages import words

pytestmark = pytest.mark.django_db

_CSV = "Name,Mobile\nSita,9841000001\nRam,984100000\n"
_ENGLISH = "This number is too short. A mobile number has 10 digits, and this has 9."
_NEPALI = "यो नम्बर छोटो भयो। मोबाइल नम्बर 10 अङ्कको हुन्छ, यो 9 अङ्कको छ।"


def _in(browser: Browser, language: str) -> None:
    browser.post(reverse("language"), {"language": language})


def _download(browser: Browser, source: ContactImport) -> bytes:
    answer: Any = browser.get(reverse("contacts:import_left_out", args=[source.pk]))
    return b"".join(answer.streaming_content)


@pytest.mark.parametrize("language", ["en", "ne"])
def test_a_report_reads_in_the_language_of_whoever_looks_and_downloads_it(
    sender: Browser, tmp_path: Path, language: str
) -> None:
    with translation.override(language):
        source = imported(csv_file(tmp_path / "people.csv", _CSV))
    for reads, said, other in (("en", _ENGLISH, _NEPALI), ("ne", _NEPALI, _ENGLISH)):
        _in(sender, reads)
        page = words(sender.get(source.get_absolute_url()))
        assert said in page
        assert other not in page
        file = _download(sender, source).decode()
        assert said in file
        assert other not in file


def test_a_downloaded_spreadsheet_reads_so_too_and_keeps_its_digits(
    sender: Browser, tmp_path: Path
) -> None:
    rows = [["Name", "Mobile"], ["Sita", "9841000001"], ["Ram", "984100000"]]
    source = imported(xlsx_file(tmp_path / "people.xlsx", rows))
    _in(sender, "ne")
    sender.post("/account/preferences/", {"calendar": "ad", "devanagari_digits": "on"})
    assert "यो ९ अङ्कको छ" in words(sender.get(source.get_absolute_url()))
    (tmp_path / "left.xlsx").write_bytes(_download(sender, source))
    sheet = openpyxl.load_workbook(tmp_path / "left.xlsx").worksheets[0]
    assert sheet.cell(2, 3).value == _NEPALI


def test_a_report_of_an_older_portal_stays_as_it_is(sender: Browser, tmp_path: Path) -> None:
    source = imported(csv_file(tmp_path / "people.csv", _CSV))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE contacts_rejectedrow SET reason = %s", ["Too short."])
    _in(sender, "ne")
    assert "Too short." in words(sender.get(source.get_absolute_url()))
    assert "Too short." in _download(sender, source).decode()


def test_a_value_that_did_not_fit_is_told_in_both_languages(tmp_path: Path) -> None:
    ContactField.objects.create(name="Fee", key="fee", kind="number")
    text = "Name,Mobile,Fee\nSita,9841000001,twelve\nRam,9841000002,12\n"
    with translation.override("ne"):
        imported(csv_file(tmp_path / "people.csv", text))
        assert RejectedRow.objects.get().reason.startswith("“twelve” सङ्ख्या होइन।")
    assert RejectedRow.objects.get().reason.startswith("“twelve” is not a number")


def test_why_an_import_failed_reads_in_both_languages(
    sender: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = csv_file(tmp_path / "people.csv", _CSV)
    source = jobs.take_in(path, name=path.name, by=sender.user)
    assert jobs.start(source, guessed(source))

    def fails(*_args: object, **_named: object) -> bool:
        raise DataError

    monkeypatch.setattr(load, "load", fails)
    with translation.override("ne"):
        assert jobs.run(go_on=lambda: True)
    source.refresh_from_db()
    assert source.state == ImportState.FAILED
    assert "could not store some rows" in words(sender.get(source.get_absolute_url()))
    _in(sender, "ne")
    assert "केही पङ्क्ति राख्न सकिएन" in words(sender.get(source.get_absolute_url()))
