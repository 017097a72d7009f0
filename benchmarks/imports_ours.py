"""One file, taken in and loaded as the worker does: `FILE`."""

from benchmarks import inside  # isort: skip  # noqa: F401  # before anything of the portal

import json
import resource
import sys
import time
from functools import partial
from pathlib import Path

from contacts.importing import jobs, load
from contacts.importing.meanings import guess_choice, options_of


def main(path: str) -> None:
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
    peaks = [
        resource.getrusage(who).ru_maxrss / 1024
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    found = {"took": took, "peak": max(peaks), "longest": longest, "created": source.created}
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
