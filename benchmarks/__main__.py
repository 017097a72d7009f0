"""`make bench`: a table of speed and memory, each beside what it is compared with.

`make bench ARGS="throughput letters"` measures only what has one of these words in its title;
`ARGS=10,000,000` measures every page with ten million recipients, which is not measured else.
"""

import sys
from collections.abc import Callable, Iterable
from typing import Final

from benchmarks import creation, imports, letters, pages, sending, users, writing
from benchmarks.portal import Result

_SUBJECTS: Final[dict[str, Callable[[], Iterable[Result]]]] = {
    "Throughput, beside threads that post and keep no record": sending.throughput,
    "One message while 100,000 run": sending.priority,
    "Thirty people at the portal while its worker sends": users.measure,
    "Creating a campaign, from the click to its first request": creation.measure,
    "Creating a large campaign, in time and in memory": creation.measure_large,
    "Peak memory of the worker": sending.memory,
    "Importing people, beside django-import-export in its bulk mode": imports.measure,
    "Letters for 100,000 rows, beside phonenumbers and format": letters.measure,
    "Writing to 100,000 people": writing.measure,
    "Every page with 1,000,000 people and 1,000,000 recipients": pages.measure,
}
# What takes so long to fill that it is measured only if one of its words is given.
_WHEN_ASKED: Final[dict[str, Callable[[], Iterable[Result]]]] = {
    "With 10,000,000 recipients": pages.with_ten_million,
}


def main() -> int:
    met = True
    wanted = [word.lower() for word in sys.argv[1:]]
    for title, measure in (_SUBJECTS | (_WHEN_ASKED if wanted else {})).items():
        if wanted and not any(word in title.lower() for word in wanted):
            continue
        print(title)
        for result in measure():
            print(result)
            met &= result.is_met
        print()
    print("Every limit is met." if met else "A limit is not met.")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
