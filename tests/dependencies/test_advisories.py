"""Locked packages with known holes are found, and silence is never taken for good news."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from packaging.version import Version

from dependencies.advisories import ADVISORIES, ROOT, check, main, read_advisories
from dependencies.locked import read_lock

TODAY = date(2026, 11, 28)


def lock(folder: Path, *packages: str) -> Path:
    path = folder / "requirements.txt"
    path.write_text("".join(f"{it} \\\n    --hash=sha256:{'0' * 64}\n" for it in packages))
    return path


def known(folder: Path, *events: dict[str, str], name: str = "Some_Package") -> Path:
    """A file with one advisory, of these versions."""
    path = folder / "advisories.json"
    affected = {
        "package": {"ecosystem": "PyPI", "name": name},
        "ranges": [{"type": "ECOSYSTEM", "events": list(events)}],
    }
    entry = {"id": "TEST-1", "summary": "It leaks.", "affected": [affected] if events else []}
    path.write_text(json.dumps({"reviewed": str(TODAY), "advisories": [entry]}))
    return path


def test_what_is_locked_has_no_known_hole(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    said = capsys.readouterr().out
    assert "0 known holes" in said
    assert "PyPI itself was not asked" in said


def test_a_package_with_a_known_hole_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(lock(tmp_path, "django==5.2.17", "redis==8.1.0"))]) == 1
    said = capsys.readouterr().out
    assert "requirements.txt: django 5.2.17 has CVE-2026-77050: " in said
    assert "CVE-2026-15307" not in said  # 5.2.17 is what closed it


def test_every_advisory_finds_the_versions_that_it_names() -> None:
    _reviewed, advisories = read_advisories(ADVISORIES)
    files = ROOT.glob("requirements*.txt")
    locked = {package.name: package for file in files for package in read_lock(file)}
    for advisory in advisories:
        package = locked[advisory.package]  # none is kept of what is not locked
        for (_, introduced), (_, fixed) in advisory.ranges:
            assert advisory.concerns(replace(package, version=Version(introduced))), advisory.id
            assert not advisory.concerns(replace(package, version=Version(fixed))), advisory.id


@pytest.mark.parametrize(
    ("version", "events", "holes"),
    [
        ("1.9", [{"introduced": "0"}, {"fixed": "2.0"}], 1),
        ("2.0rc1", [{"introduced": "0"}, {"fixed": "2.0"}], 1),
        ("2.0", [{"introduced": "0"}, {"fixed": "2.0"}], 0),
        ("2.10", [{"introduced": "2.9"}], 1),
        ("2.8", [{"introduced": "2.9"}], 0),
        ("2.9", [{"introduced": "0"}, {"last_affected": "2.9"}], 1),
        ("2.9.1", [{"introduced": "0"}, {"last_affected": "2.9"}], 0),
        ("1.5", [{"introduced": "0"}, {"fixed": "1.0"}, {"introduced": "1.4"}], 1),
        ("1.2", [{"introduced": "0"}, {"fixed": "1.0"}, {"introduced": "1.4"}], 0),
    ],
)
def test_versions_are_compared_as_versions(
    version: str, events: Sequence[dict[str, str]], holes: int, tmp_path: Path
) -> None:
    found, _said = check(
        [lock(tmp_path, f"some-package=={version}")], known(tmp_path, *events), TODAY
    )
    assert len(found) == holes


def test_a_file_of_another_package_says_nothing_of_ours(tmp_path: Path) -> None:
    advisories = known(tmp_path, {"introduced": "0"}, name="another")
    assert check([lock(tmp_path, "some-package==1.0")], advisories, TODAY)[0] == []


@pytest.mark.parametrize(("days", "warns"), [(90, False), (91, True), (-1, True)])
def test_old_advisories_are_a_warning(days: int, warns: bool, tmp_path: Path) -> None:
    advisories = known(tmp_path, {"introduced": "9"})
    _found, said = check(
        [lock(tmp_path, "some-package==1.0")], advisories, TODAY + timedelta(days=days)
    )
    assert f"advisories of {TODAY}" in said[0]
    assert any(f"{days} days old" in it for it in said) == warns


def test_a_file_without_advisories_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has no advisories"):
        check([lock(tmp_path, "some-package==1.0")], known(tmp_path), TODAY)


def test_an_event_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    advisories = known(tmp_path, {"introduced": "0"}, {"limit": "2"})
    with pytest.raises(ValueError, match="cannot be read: limit"):
        check([lock(tmp_path, "some-package==1.0")], advisories, TODAY)


def test_nothing_to_look_at_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no locked file"):
        check([], known(tmp_path, {"introduced": "0"}), TODAY)


@pytest.mark.parametrize("line", ["some-package>=1.0", "some-package", "some-package==1.*"])
def test_a_package_without_an_exact_version_is_refused(line: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"exact version|Invalid version"):
        read_lock(lock(tmp_path, line))


def test_a_file_that_locks_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="locks nothing"):
        read_lock(lock(tmp_path))
