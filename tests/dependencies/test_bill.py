"""The bill of materials has every locked package and what needs it, and nothing of this machine."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from dependencies.advisories import ROOT
from dependencies.bill import bill
from dependencies.locked import read_lock

LOCKS = ["requirements.txt", "requirements-redis.txt"]


@pytest.fixture(params=LOCKS)
def lock(request: pytest.FixtureRequest) -> Path:
    return ROOT / str(request.param)


@pytest.fixture
def written(lock: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(bill(lock))
    return content


def test_it_is_valid_cyclonedx(lock: Path) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill(lock)) is None


def test_it_has_every_locked_package_with_its_hashes(lock: Path, written: dict[str, Any]) -> None:
    packages = {package.purl: package for package in read_lock(lock)}
    assert {it["purl"] for it in written["components"]} == set(packages)
    for it in written["components"]:
        (archives,) = it["externalReferences"]
        hashes = {found["content"] for found in archives["hashes"]}
        assert hashes == set(packages[it["purl"]].hashes)
        assert hashes


def test_it_says_what_needs_what() -> None:
    written = json.loads(bill(ROOT / "requirements.txt"))
    needs = {it["ref"]: it.get("dependsOn", []) for it in written["dependencies"]}
    of_the_portal = [it.split("@")[0] for it in needs["sociair-portal"]]
    assert "pkg:pypi/django" in of_the_portal
    assert "pkg:pypi/urllib3" not in of_the_portal
    (requests,) = (it for it in needs if it.startswith("pkg:pypi/requests@"))
    assert [it for it in needs[requests] if it.startswith("pkg:pypi/urllib3@")]
    reached, new = set[str](), {"sociair-portal"}
    while new:
        reached |= new
        new = {below for it in new for below in needs[it]} - reached
    assert reached == set(needs)


def test_it_is_the_same_each_time_and_has_nothing_of_this_machine(lock: Path) -> None:
    content = bill(lock)
    assert content == bill(lock)
    assert "timestamp" not in content
    assert str(ROOT) not in content
    assert not re.search(r"://(?!cyclonedx\.org/schema/)", content.split('"tools"')[0])
