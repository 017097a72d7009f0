"""Our side of `imports`, alone: its memory is measured, and what theirs loads is none of it."""

import os
import resource
import time
from functools import partial
from pathlib import Path

from benchmarks.portal import peak_memory
from contacts.importing import jobs, load
from contacts.importing.chosen import options_of
from contacts.importing.meanings import guess_choice
from sociair_portal.start import look_for_garbage_less_often


def ours(path: str) -> dict[str, float]:
    """Take a file in and load it as the worker does: seconds, MB and people."""
    look_for_garbage_less_often()  # as the portal's own programs do
    started = time.perf_counter()
    source = jobs.take_in(Path(path), name="benchmark", by=None)
    jobs.start(source, options_of(source, guess_choice(source)))
    source.refresh_from_db()
    longest = 0.0
    while not source.is_over:
        piece = time.perf_counter()
        load.load(source, go_on=partial(next, iter([True]), False))
        longest = max(longest, time.perf_counter() - piece)
    took = time.perf_counter() - started
    of_children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    peak = max(peak_memory(os.getpid()), of_children)
    return {"took": took, "peak": peak, "longest": longest, "created": source.created}
