"""Breaks a copy of the engine on purpose, one way at a time, and sees that a test notices each.

`python -m tests.proof.mutations` tries all of mutations.toml; `python -m tests.proof.mutations hold
slot` tries those with one of these words in their names.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parents[2]
_LEFT_OUT: Final = shutil.ignore_patterns(".*", "var", "__pycache__")
# A mutation may also make a test go round for ever; then nothing has noticed.
_LONGEST: Final = 180  # seconds
# pytest's exit codes
_PASSED: Final = 0
_FAILED: Final = 1


@dataclass(frozen=True)
class Mutation:
    """One way to break the engine: `edits` are a file, what stands there once, and what instead."""

    name: str
    test: str
    edits: tuple[tuple[str, str, str], ...]

    def apply(self, root: Path) -> None:
        for file, before, after in self.edits:
            path = root / file
            content = path.read_text()
            if (times := content.count(before)) != 1:
                raise ValueError(f"{self.name}: {times} places in {file} instead of one")
            path.write_text(content.replace(before, after))

    def undo(self, root: Path) -> None:
        for file, _before, _after in self.edits:
            shutil.copyfile(_ROOT / file, root / file)


def mutations() -> list[Mutation]:
    found = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())
    return [
        Mutation(name, it["test"], tuple((file, old, new) for file, old, new in it["edits"]))
        for name, it in found.items()
    ]


def main(words: list[str]) -> int:
    chosen = [it for it in mutations() if not words or any(word in it.name for word in words)]
    with tempfile.TemporaryDirectory(prefix="sociair-portal-broken-") as folder:
        root = Path(folder) / "portal"
        shutil.copytree(_ROOT, root, ignore=_LEFT_OUT)
        whole = sorted({it.test for it in chosen})
        if not chosen or _run(root, whole, longest=None) != _PASSED:
            _say("No test may notice anything before something is broken, and there must be some.")
            return 1
        missed = [it for it in chosen if not _is_noticed(it, root)]
    _say(f"{len(chosen) - len(missed)} of {len(chosen)} are noticed.")
    return int(bool(missed))


def _is_noticed(mutation: Mutation, root: Path) -> bool:
    mutation.apply(root)
    noticed = _run(root, [mutation.test], longest=_LONGEST) == _FAILED
    mutation.undo(root)
    _say(f"{'noticed' if noticed else 'MISSED '}  {mutation.name}")
    return noticed


def _run(root: Path, tests: list[str], *, longest: int | None) -> int | None:
    """pytest's exit code, on SQLite; None if it had to be ended after so many seconds."""
    quietly = ["-q", "-x", "-n0", "-p", "no:cacheprovider", "--tb=no", "--no-summary"]
    inherited = {name: it for name, it in os.environ.items() if name != "TEST_DATABASE_URL_IN_USE"}
    try:
        return subprocess.run(
            [sys.executable, "-B", "-m", "pytest", *quietly, *tests],
            cwd=root,
            env=inherited,
            stdout=subprocess.DEVNULL,
            check=False,
            timeout=longest,
        ).returncode
    except subprocess.TimeoutExpired:
        return None


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
