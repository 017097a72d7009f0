"""Any number of ids in a few words, for a form and for a row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sociair_portal.common.id_runs import from_words, to_words


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        ([], ""),
        ([7], "7"),
        ([3, 1, 2], "1-3"),
        ([17, 18, 20, 30, 31, 32], "17-18 20 30-32"),
        ([5, 5], "5"),
    ],
)
def test_ids_are_written_as_runs_and_read_back(ids: list[int], said: str) -> None:
    assert to_words(ids) == said
    assert from_words(said) == sorted(set(ids))


@given(st.sets(st.integers(0, 60)))
def test_any_ids_written_as_runs_are_read_back(ids: set[int]) -> None:
    assert from_words(to_words(ids)) == sorted(ids)


@pytest.mark.parametrize("made_up", ["x", "1-", "-1", "1-2-3", "१", "1-1000001", "9" * 19])
def test_runs_that_nobody_wrote_are_refused(made_up: str) -> None:
    with pytest.raises(ValueError, match=made_up):
        from_words(made_up)


def test_many_runs_cannot_ask_for_too_many_ids() -> None:
    with pytest.raises(ValueError, match="5-900004"):
        from_words("1-900000 5-900004")
