"""Ugly files: each is read, or refused with a clear sentence; nothing else ever happens."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlwt
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from contacts.importing.files import open_table
from contacts.importing.headings import find_heading, heading_names
from contacts.importing.reader import read_table, sentence
from contacts.importing.rows import FileTrouble, Row, Unreadable
from tests.importing import csv_file, xlsx_file

PEOPLE = [["Name", "Mobile"], ["सीता Rai", "9841000001"], ["José", "9801000002"]]


def _rows(path: Path, sheet: str = "") -> list[list[str]]:
    return [row.cells for row in open_table(path, sheet=sheet).rows]


def _xls(path: Path) -> Path:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Sheet1")
    for line, cells in enumerate(PEOPLE):
        for place, cell in enumerate(cells):
            sheet.write(line, place, cell)
    book.save(str(path))
    return path


def _ods(path: Path) -> Path:
    book = OpenDocumentSpreadsheet()
    table = Table(name="Sheet1")
    for cells in PEOPLE:
        row = TableRow()
        for text in cells:
            cell = TableCell(valuetype="string")
            cell.addElement(P(text=text))
            row.addElement(cell)
        table.addElement(row)
    book.spreadsheet.addElement(table)
    book.save(str(path))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_text_is_read_in_every_encoding_and_delimiter(
    encoding: str, delimiter: str, tmp_path: Path
) -> None:
    text = "\r\n".join(delimiter.join(cells) for cells in PEOPLE)
    assert _rows(csv_file(tmp_path / "one.txt", text, encoding=encoding)) == PEOPLE


def test_text_of_old_windows_programs_is_read(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "one.csv", "Name;Mobile\nJosé’s;9841000001\n", encoding="cp1252")
    assert _rows(path)[1] == ["José’s", "9841000001"]


@pytest.mark.parametrize(
    "make", [_xls, _ods, lambda path: xlsx_file(path, PEOPLE)], ids=["xls", "ods", "xlsx"]
)
def test_spreadsheets_are_read_whatever_their_file_name(
    make: Callable[[Path], Path], tmp_path: Path
) -> None:
    assert _rows(make(tmp_path / "called.csv")) == PEOPLE


def test_cells_of_a_spreadsheet_become_text(tmp_path: Path) -> None:
    cells = [9841000001, 9841000001.0, 12.5, True, None, "=1+1", " x "]
    [row] = _rows(xlsx_file(tmp_path / "one.xlsx", [cells]))
    assert row == ["9841000001", "9841000001", "12.5", "TRUE", "", "", " x "]


def test_rows_carry_the_line_numbers_of_their_file(tmp_path: Path) -> None:
    text = 'Name,Mobile\n\n"Two\nlines",1\n,,\nLast,2\n'
    rows = list(open_table(csv_file(tmp_path / "one.csv", text)).rows)
    assert rows == [
        Row(1, ["Name", "Mobile"]),
        Row(3, ["Two\nlines", "1"]),
        Row(6, ["Last", "2"]),
    ]
    path = xlsx_file(tmp_path / "one.xlsx", [[], [], [None, "Name"], [], [None, "Sita", "98"]])
    rows = list(open_table(path).rows)
    assert rows == [Row(3, ["", "Name"]), Row(5, ["", "Sita", "98"])]


def test_quoted_commas_and_single_columns_are_read(tmp_path: Path) -> None:
    text = 'Name,Mobile\n"Rai, Sita",9841000001\n"Rai, Ram",9841000002\n'
    assert _rows(csv_file(tmp_path / "one.csv", text))[1] == ["Rai, Sita", "9841000001"]
    assert _rows(csv_file(tmp_path / "two.csv", "9841000001\n9841000002\n")) == [
        ["9841000001"],
        ["9841000002"],
    ]


def test_null_characters_in_a_file_are_left_out(tmp_path: Path) -> None:
    text = "Name,Mobile\n" + "Sita,9841000001\n" * 6000 + "Ra\x00m,9841000002\n"
    assert _rows(csv_file(tmp_path / "one.csv", text))[-1] == ["Ram", "9841000002"]


def test_a_title_and_merged_cells_have_the_text_of_the_first(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Fees")
    sheet.write_merge(0, 0, 0, 2, "Shree School")
    sheet.write_merge(1, 1, 1, 2, "Contact")
    sheet.write_merge(1, 2, 0, 0, "Name")
    sheet.write(2, 1, "Mobile")
    sheet.write(2, 2, "Landline")
    sheet.write(3, 0, "Sita")
    sheet.write(3, 1, 9841000001)
    sheet.write_merge(3, 4, 2, 2, "01-4412345")
    sheet.write(4, 0, "Ram")
    sheet.write(4, 1, 9841000002)
    sheet.row(4).hidden = True
    path = tmp_path / "fees.xls"
    book.save(str(path))
    table = open_table(path)
    rows = list(table.rows)
    heading = find_heading(rows)
    assert heading_names(rows, heading, 3) == ["Name", "Contact Mobile", "Contact Landline"]
    assert rows[heading + 1 :] == [
        Row(4, ["Sita", "9841000001", "01-4412345"]),
        Row(5, ["Ram", "9841000002", "01-4412345"], True),
    ]


def test_the_sheet_that_was_open_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    first, second = book.active, book.create_sheet("Class 9")
    assert first is not None
    first.append(["Old", 1])
    second.append(["Sita", 9841000001])
    book.active = second
    book.create_sheet("Secret").sheet_state = "hidden"
    path = tmp_path / "two.xlsx"
    book.save(path)
    table = open_table(path)
    assert (table.sheet, table.sheets, table.hidden_sheets) == ("Class 9", ["Sheet", "Class 9"], 1)
    assert _rows(path) == [["Sita", "9841000001"]]
    assert _rows(path, "Sheet") == [["Old", "1"]]


CARDS = """BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E0=A4=B0=E0=A4=BE=E0=A4=88;=E0=A4=B8=E0=A5=80=E0=A4=A4=E0=A4=BE;;;
TEL;CELL:+977-984-1000001
TEL;HOME:014412345
END:VCARD
BEGIN:VCARD
VERSION:3.0
FN:Ram Thapa
N:Thapa;Ram;;;
TEL;TYPE=CELL:9841000002
TEL;TYPE=CELL:9801000002
CATEGORIES:Staff,Hostel
END:VCARD
"""


def test_cards_of_a_telephone_are_people(tmp_path: Path) -> None:
    table = open_table(csv_file(tmp_path / "all.vcf", CARDS.replace("\n", "\r\n")))
    assert table.names == [
        "Name",
        "Mobile",
        "Mobile 2",
        "Other phone",
        "Categories",
        "Organisation",
    ]
    assert list(table.rows) == [
        Row(1, ["सीता राई", "+977-984-1000001", "", "014412345"]),
        Row(7, ["Ram Thapa", "9841000002", "9801000002", "", "Hostel, Staff"]),
    ]
    assert (table.tally.lines, table.tally.continued) == (14, 12)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('A\tB\n"two\nlines"\t9841000001\n', [["A", "B"], ["two\nlines", "9841000001"]]),
        ('A\tB\n6" pipe\t9841000001\n', [["A", "B"], ['6" pipe', "9841000001"]]),
        ('A\tB\n"a ""b"""\t1\n', [["A", "B"], ['a "b"', "1"]]),
        ('A\tB\nx\t"\ny\t"\n', [["A", "B"], ["x", '"'], ["y", '"']]),
        ('A\tB\n"never\t1\n', [["A", "B"], ['"never', "1"]]),
    ],
)
def test_a_quotation_mark_among_tabs_is_a_letter_unless_it_holds_the_cell(
    text: str, rows: list[list[str]], tmp_path: Path
) -> None:
    assert _rows(csv_file(tmp_path / "pasted", text)) == rows


@pytest.mark.parametrize(
    ("text", "trouble", "line"),
    [
        ('Name,Mobile\n"Sita,9841000001\nRam,9841000002\n', FileTrouble.OPEN_QUOTE, 2),
        ('Name,Mobile\n"Sita" Rai,9841000001\n', FileTrouble.OPEN_QUOTE, 2),
        (
            'Name,Mobile\nA,1\n"Sita,9841000001\nRam"",9841000002\nGita",9841000003\n',
            FileTrouble.SWALLOWED,
            3,
        ),
    ],
)
def test_a_quotation_mark_that_swallows_rows_refuses_the_file(
    text: str, trouble: FileTrouble, line: int, tmp_path: Path
) -> None:
    with pytest.raises(Unreadable) as refused:
        _rows(csv_file(tmp_path / "one.csv", text))
    assert (refused.value.trouble, refused.value.line) == (trouble, line)


def test_a_card_that_is_cut_off_is_a_row(tmp_path: Path) -> None:
    cut = CARDS.removesuffix("END:VCARD\n")
    rows = list(open_table(csv_file(tmp_path / "all.vcf", cut)).rows)
    assert [row.line for row in rows] == [1, 7]
    assert "Ram Thapa" in rows[1].cells[0]


def test_the_first_person_of_a_list_without_headings_is_no_heading(tmp_path: Path) -> None:
    for first in ("Sita Rai,014412345,9", "Sita Rai,,9", "Sita Rai,98410,9"):
        text = f"{first}\nRam,9841000002,9\nGita,9841000003,9\n"
        assert find_heading(list(open_table(csv_file(tmp_path / "one.csv", text)).rows)) == -1


def _bomb(path: Path) -> Path:
    """A spreadsheet of one sheet that would be 2 GB of zeros."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _megabyte in range(1100):
                sheet.write(b"0" * 1024**2)
    return path


def _bytes(content: bytes) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        path.write_bytes(content)
        return path

    return make


def _locked(path: Path) -> Path:
    """The container that Excel puts a protected workbook into."""
    content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    path.write_bytes(content + "EncryptedPackage".encode("utf-16-le") + bytes(512))
    return path


@pytest.mark.parametrize(
    ("make", "trouble"),
    [
        (_bytes(b""), FileTrouble.EMPTY),
        (_bytes(b"\xef\xbb\xbf\r\n \r\n"), FileTrouble.EMPTY),
        (_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9), FileTrouble.PICTURE),
        (_bytes(b"%PDF-1.7\n\x00\x01\x02" + bytes(range(256))), FileTrouble.PDF),
        (_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(range(256))), FileTrouble.PICTURE),
        (_bytes(b"PK\x03\x04" + bytes(range(256))), FileTrouble.DAMAGED),
        (_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(range(256)) * 9), FileTrouble.DAMAGED),
        (_locked, FileTrouble.PASSWORD),
        (_bomb, FileTrouble.TOO_LARGE),
        (_bytes(b"Name,Mobile\n" + b"1," * 1_000_000), FileTrouble.TOO_WIDE),
        (_bytes(b"Name,Mobile\n" + b"x" * 1_000_000), FileTrouble.LONG_ROW),
        (_bytes(b'Name,Mobile\n"Sita,98\n' + b"Ram,98\n" * 20_000), FileTrouble.LONG_ROW),
        (_bytes("सीता,1\n".encode() + b"Jos\xe9,2\n"), FileTrouble.MIXED),
        (_bytes(b"\xef\xbb\xbfName,1\n" + b"Jos\xe9,2\n" * 20_000), FileTrouble.MIXED),
        (_bytes(b"\xff\xfeN\x00a\x00m\x00e\x00\n"), FileTrouble.MIXED),
    ],
)
def test_a_file_that_cannot_be_read_says_why(
    make: Callable[[Path], Path], trouble: FileTrouble, tmp_path: Path
) -> None:
    path = make(tmp_path / "ugly.xlsx")
    with pytest.raises(Unreadable) as raised:
        list(open_table(path).rows)
    assert raised.value.trouble == trouble
    with pytest.raises(Unreadable) as raised, read_table(path) as table:
        list(table.pieces)
    assert raised.value.trouble == trouble
    said = sentence(raised.value)
    assert said.endswith((".", "?"))
    assert "%" not in said


def test_a_reader_that_dies_is_noticed(tmp_path: Path) -> None:
    """Its bounds stopped it, or the system did."""
    path = csv_file(tmp_path / "one.csv", "Name,Mobile\n" + "Sita,9841000001\n" * 300_000)
    with read_table(path) as table:
        assert next(table.pieces).rows()[0].cells == ["Name", "Mobile"]
        table.process.kill()
        with pytest.raises(Unreadable) as raised:
            list(table.pieces)
    assert raised.value.trouble == FileTrouble.TOO_LARGE


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=3000) | st.text(max_size=1000).map(str.encode))
@example(content=b"\x00\xfe")
@example(content=b"a\xff\xfe\x00")
def test_any_bytes_are_read_or_refused_as_a_table(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "anything"
    path.write_bytes(content)
    try:
        rows = list(open_table(path).rows)
    except Unreadable:
        return
    assert all(row.cells and row.line > 0 for row in rows)


@pytest.mark.parametrize("make", [_xls, _ods, lambda path: xlsx_file(path, PEOPLE)])
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_spreadsheet_is_read_or_refused(
    make: Callable[[Path], Path], data: st.DataObject, tmp_path: Path
) -> None:
    content = bytearray(make(tmp_path / "whole").read_bytes())
    places, bytes_ = st.floats(0, 1, exclude_max=True), st.integers(0, 255)
    for place, byte in data.draw(st.lists(st.tuples(places, bytes_), min_size=1, max_size=8)):
        content[int(place * len(content))] = byte
    path = tmp_path / "damaged"
    path.write_bytes(content)
    try:
        list(open_table(path).rows)
    except Unreadable:
        return
