"""docs/security.md has every requirement once, and names only tests and pages that exist."""

import ast
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs/security.md"

# The last requirement of levels 1 and 2 in each section of ASVS 5.0; within a section they stand
# before those of level 3. Sections of which all is of level 3 are not here.
_LAST: Final = """
    V1.1:2 V1.2:9 V1.3:11 V1.4:3 V1.5:2
    V2.1:3 V2.2:3 V2.3:4 V2.4:1
    V3.2:2 V3.3:4 V3.4:6 V3.5:5 V3.7:2
    V4.1:3 V4.2:1 V4.3:2 V4.4:4
    V5.1:1 V5.2:3 V5.3:2 V5.4:3
    V6.1:3 V6.2:12 V6.3:4 V6.4:4 V6.5:5 V6.6:3 V6.8:4
    V7.1:3 V7.2:4 V7.3:2 V7.4:5 V7.5:2 V7.6:2
    V8.1:2 V8.2:3 V8.3:1 V8.4:1
    V9.1:3 V9.2:4
    V10.1:2 V10.2:2 V10.3:4 V10.4:11 V10.5:5 V10.6:2 V10.7:3
    V11.1:2 V11.2:3 V11.3:3 V11.4:4 V11.5:1 V11.6:1
    V12.1:3 V12.2:2 V12.3:4
    V13.1:1 V13.2:5 V13.3:2 V13.4:5
    V14.1:2 V14.2:4 V14.3:3
    V15.1:3 V15.2:3 V15.3:7
    V16.1:1 V16.2:5 V16.3:4 V16.4:3 V16.5:3
    V17.1:1 V17.2:4 V17.3:2
"""
REQUIREMENTS: Final = [
    f"{section}.{number}"
    for section, last in (it.split(":") for it in _LAST.split())
    for number in range(1, int(last) + 1)
]

_ROW: Final = re.compile(r"^\| (V[\d.]+) \| (\d) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
_TEST: Final = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_LINK: Final = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
_REASON: Final = re.compile(r"(?:^|; )(?:Not applicable|Written|Yours): \S.+$")


@dataclass(frozen=True)
class Row:
    number: str
    level: int
    words: str
    shown_by: str


def rows() -> list[Row]:
    found = _ROW.findall(PAGE.read_text())
    return [Row(number, int(level), words, shown) for number, level, words, shown in found]


@cache
def names_in(file: str) -> set[str]:
    path = ROOT / file
    if not path.exists():
        return set()
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {
        node.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, functions) and node.name.startswith("test_")
    }


def wrong_with(row: Row) -> list[str]:
    """Why a row shows nothing."""
    found = [
        f"{file} has no {name}"
        for file, name in _TEST.findall(row.shown_by)
        if name not in names_in(file)
    ]
    found += [
        f"there is no {link}"
        for link in _LINK.findall(row.shown_by)
        if not (PAGE.parent / link).exists()
    ]
    if not _TEST.search(row.shown_by) and not _REASON.search(row.shown_by):
        found.append("it has neither a test nor a reason")
    if "Written:" in row.shown_by and not _LINK.search(row.shown_by):
        found.append("it does not say where it is written")
    return found


def test_every_requirement_of_levels_1_and_2_is_there_once() -> None:
    times = Counter(row.number for row in rows())
    assert len(REQUIREMENTS) == 253  # 70 of level 1 and 183 of level 2
    assert [number for number, seen in times.items() if seen > 1] == []
    assert set(REQUIREMENTS) - set(times) == set()
    assert set(times) - set(REQUIREMENTS) == set()
    assert Counter(row.level for row in rows()) == {1: 70, 2: 183}


def test_every_row_names_a_test_that_exists_or_a_reason() -> None:
    wrong = [f"{row.number}: {what}" for row in rows() for what in wrong_with(row)]
    assert not wrong, "\n" + "\n".join(wrong)


def test_nothing_is_left_to_do() -> None:
    assert "TODO" not in PAGE.read_text()


@pytest.mark.parametrize(
    ("shown_by", "what"),
    [
        ("`tests/portal/test_security_page.py::test_nothing_is_left_to_do`", []),
        ("Not applicable: no such thing here", []),
        ("`tests/portal/test_security_page.py::test_nothing`", ["has no test_nothing"]),
        ("`tests/portal/test_gone.py::test_nothing`", ["has no test_nothing"]),
        ("Not applicable:", ["neither a test nor a reason"]),
        ("it is fine", ["neither a test nor a reason"]),
        ("Written: [somewhere](gone.md)", ["there is no gone.md"]),
        ("Written: somewhere or other", ["does not say where"]),
    ],
)
def test_a_row_that_shows_nothing_is_found(shown_by: str, what: list[str]) -> None:
    found = wrong_with(Row("V1.1.1", 2, "", shown_by))
    assert len(found) == len(what)
    assert all(part in it for part, it in zip(what, found, strict=True))
