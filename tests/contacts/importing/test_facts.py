"""What is counted about a column, whichever way it is counted."""

from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from contacts.importing import facts
from contacts.importing.rows import Row

_PIECES = st.one_of(
    st.integers(min_value=0, max_value=32).map(str),
    st.integers(min_value=1970, max_value=2100).map(str),
    st.sampled_from([*"-/.,: T()", "Rs ", "रु", " May ", " Baisakh ", "बैशाख", "10:30", "st", "/-"]),
    st.sampled_from(["१२", "२०८२", "984", "1001234", "Person ", "N/A", "+977", "\u200d", "12,50"]),
    st.text(max_size=4),
)
_CELLS = st.lists(_PIECES, max_size=6).map("".join).map(lambda cell: cell.replace("\x00", ""))


def _has_digit(shape: str) -> bool:
    return any(map(str.isdecimal, shape))


@given(st.lists(_CELLS, max_size=4))
def test_the_shape_of_a_cell_decides_as_reading_it_would(cells: list[str]) -> None:
    rows = [Row(line, [cell]) for line, cell in enumerate(cells, start=1)]
    by_shape = facts.facts_of(rows)
    with patch.object(facts, "_can_be_more", _has_digit):
        one_by_one = facts.facts_of(rows)
    assert by_shape == one_by_one
