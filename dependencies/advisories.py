"""Whether a locked package has a known hole: `python -m dependencies.advisories`, in `make lint`.

It goes by advisories.json, so that it says the same without a network. `make audit` asks PyPI; what
that finds belongs into the file, in the shape of OSV (https://ossf.github.io/osv-schema/).
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from dependencies.locked import Locked, read_lock

ROOT: Final = Path(__file__).parents[1]
ADVISORIES: Final = Path(__file__).with_suffix(".json")
OLD: Final = 90  # days


@dataclass(frozen=True)
class Advisory:
    """A hole in one package; each range has its events in OSV's order, as (what, version)."""

    id: str
    summary: str
    package: NormalizedName
    ranges: tuple[tuple[tuple[str, str], ...], ...]

    def concerns(self, locked: Locked) -> bool:
        return locked.name == self.package and any(
            _is_in(locked.version, events) for events in self.ranges
        )

    @property
    def fixed_in(self) -> list[str]:
        return [at for events in self.ranges for what, at in events if what == "fixed"]


def _is_in(version: Version, events: Iterable[tuple[str, str]]) -> bool:
    inside = False
    for what, at in events:
        if what == "introduced":
            inside = inside or at == "0" or version >= Version(at)
        elif what == "fixed":
            inside = inside and version < Version(at)
        elif what == "last_affected":
            inside = inside and version <= Version(at)
        else:
            raise ValueError(f"An event of an advisory cannot be read: {what}.")
    return inside


def read_advisories(path: Path) -> tuple[date, list[Advisory]]:
    """The day on which somebody last looked for new ones, and all of them.

    Raises ValueError for a file without any: a check that cannot fail is none.
    """
    content = json.loads(path.read_text())
    found = [advisory for entry in content["advisories"] for advisory in _of_entry(entry)]
    if not found:
        raise ValueError(f"{path.name} has no advisories.")
    return date.fromisoformat(content["reviewed"]), found


def _of_entry(entry: Mapping[str, Any]) -> Iterator[Advisory]:
    for affected in entry["affected"]:
        if affected["package"]["ecosystem"] != "PyPI" or not affected["ranges"]:
            raise ValueError(f"{entry['id']} names no versions of a package of PyPI.")
        ranges = tuple(
            tuple(pair for event in it["events"] for pair in event.items())
            for it in affected["ranges"]
        )
        name = canonicalize_name(affected["package"]["name"])
        yield Advisory(entry["id"], entry["summary"], name, ranges)


def check(locks: list[Path], advisories: Path, today: date) -> tuple[list[str], list[str]]:
    """What is wrong, a sentence each, and then what else to say."""
    reviewed, known = read_advisories(advisories)
    if not locks:
        raise ValueError("There is no locked file to look at.")
    packages = [(path, package) for path in locks for package in read_lock(path)]
    holes = [
        f"{path.name}: {package.name} {package.version} has {advisory.id}: {advisory.summary} "
        f"Lock {' or '.join(advisory.fixed_in) or 'another package'}."
        for path, package in packages
        for advisory in known
        if advisory.concerns(package)
    ]
    age = (today - reviewed).days
    different = {(package.name, package.version) for _path, package in packages}
    result = (
        f"{len(different)} locked packages, {len(known)} advisories of {reviewed}, "
        f"{len(holes)} known holes. PyPI itself was not asked: `make audit` does."
    )
    said = [result]
    if not 0 <= age <= OLD:
        said.append(
            f"Warning: advisories of {reviewed} are {age} days old. Look for newer ones "
            "(CONTRIBUTING.md, Known holes)."
        )
    return holes, said


def main(names: list[str]) -> int:
    """Of the files that were named, or else of all that are locked."""
    locks = [Path(name) for name in names] or sorted(ROOT.glob("requirements*.txt"))
    holes, said = check(locks, ADVISORIES, datetime.now(UTC).date())
    print(*holes, *said, sep="\n")
    return int(bool(holes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
