"""Runs of ids: `17-2016 2020` is those from 17 to 2016, and 2020."""

import re
from collections.abc import Iterable
from itertools import groupby
from typing import Final

_RUN: Final = re.compile(r"([0-9]{1,18})(?:-([0-9]{1,18}))?")
_MOST: Final = 1_000_000  # ids; whoever asks for more has made the words up


def to_words(ids: Iterable[int]) -> str:
    """The ids in ascending order, each once, as runs."""
    runs = groupby(enumerate(sorted(set(ids))), key=lambda placed: placed[1] - placed[0])
    ends = [[pk for _place, pk in run] for _start, run in runs]
    return " ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in ends)


def from_words(words: str) -> list[int]:
    """The ids of runs, in their order. Raises `ValueError` for what `to_words` has not written."""
    found: list[int] = []
    for word in words.split():
        if (run := _RUN.fullmatch(word)) is None:
            raise ValueError(word)
        first, last = int(run[1]), int(run[2] or run[1])
        if last - first >= _MOST - len(found):
            raise ValueError(word)
        found += range(first, last + 1)
    return found
