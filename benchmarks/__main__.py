"""`make bench`: a table of speed and memory, each beside what it is compared with."""

import sys

from benchmarks import imports, letters, listing, memory, priority, throughput, writing
from benchmarks.portal import databases, gateway, portal

_PEOPLE = 100_000
_TIMES = 2.0


def creation() -> bool:
    met = True
    for database in databases():
        with gateway() as running, portal(database, f"{running.root}/api") as empty:
            took = empty.run("creation", str(_PEOPLE))
        times = took["bulk_create"] / took["ours"]
        met &= times >= _TIMES
        print(
            f"{database:<10} {_PEOPLE:,} recipients in {took['ours']:.1f} s: {times:.1f} times "
            f"as fast as bulk_create (at least {_TIMES:.0f}), raw rows alone {took['raw']:.1f} s"
        )
    return met


def main() -> int:
    met = True
    print("Throughput: 50 numbers a call, 0.1 s a call")
    for row in throughput.measure():
        print(row)
        met &= row.is_met
    print("\nOne message while 100,000 run")
    for single in priority.measure():
        print(single)
    print("\nCreating a campaign")
    met &= creation()
    print("\nPeak memory of the worker")
    for peak in memory.measure():
        print(peak)
        met &= peak.is_met
    print("\nImporting people, beside django-import-export in its bulk mode")
    for imported in imports.measure():
        print(imported)
        met &= imported.is_met
    is_met, said = imports.many()
    print(said)
    met &= is_met
    print("\nLetters for 100,000 rows, beside phonenumbers and format")
    for written in letters.measure():
        print(written)
        met &= written.is_met
    print("\nWriting to 100,000 people")
    for wait in writing.measure():
        print(wait)
        met &= wait.is_met
    print("\nThe list of contacts with 1,000,000 people")
    for page in listing.measure():
        print(page)
        met &= page.is_met
    print("\nEvery limit is met." if met else "\nA limit is not met.")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
