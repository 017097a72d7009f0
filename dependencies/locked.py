"""The packages of a requirements file that was locked with hashes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

_HASH: Final = re.compile(r" +--hash=sha256:([0-9a-f]{64})\b")
_NEEDED_BY: Final = re.compile(r" +# (?:via\b|  )\s*(?P<name>[^\s].*)?$")


@dataclass(frozen=True)
class Locked:
    """One package: `needed_by` has packages, and the file that asks for it as `-r file`."""

    name: NormalizedName
    version: Version
    hashes: tuple[str, ...]
    needed_by: tuple[str, ...]

    @property
    def purl(self) -> str:
        return f"pkg:pypi/{self.name}@{self.version}"


def read_lock(path: Path) -> list[Locked]:
    """Every package in the file, in its order. Raises ValueError where one has no exact version."""
    found = [_package(*block) for block in _blocks(path.read_text().splitlines())]
    if not found:
        raise ValueError(f"{path.name} locks nothing.")
    return found


def _blocks(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """The line of each package, and the indented ones below it."""
    first, below = "", list[str]()
    for line in lines:
        if line.startswith(" "):
            below.append(line)
        elif line and not line.startswith("#"):
            if first:
                yield first, below
            first, below = line, []
    if first:
        yield first, below


def _package(first: str, below: list[str]) -> Locked:
    asked = Requirement(first.removesuffix("\\").strip())
    exact = [it.version for it in asked.specifier if it.operator == "=="]
    if len(exact) != 1 or len(asked.specifier) != 1:
        raise ValueError(f"{first!r} is no package with one exact version.")
    needed_by = [match["name"] for line in below if (match := _NEEDED_BY.match(line))]
    return Locked(
        name=canonicalize_name(asked.name),
        version=Version(exact[0]),
        hashes=tuple(match[1] for line in below if (match := _HASH.match(line))),
        needed_by=tuple(name for name in needed_by if name),
    )
