"""What comes from others is named by what it is, not by a name that can be moved."""

import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

ROOT: Final = Path(__file__).parents[2]
WORKFLOWS: Final = sorted((ROOT / ".github/workflows").glob("*.yml"))
_DIGEST: Final = r"@sha256:[0-9a-f]{64}"


def read(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text())


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_named_by_their_commits(workflow: Path) -> None:
    used = re.findall(r"uses: (.*)", workflow.read_text())
    assert used
    for action in used:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_may_only_read_and_leave_no_key_behind(workflow: Path) -> None:
    content = yaml.safe_load(workflow.read_text())
    assert content["permissions"] == {"contents": "read"}
    for job in content["jobs"].values():
        (checkout,) = (it for it in job["steps"] if "checkout@" in it.get("uses", ""))
        assert checkout["with"]["persist-credentials"] is False


def test_images_are_named_by_their_digests() -> None:
    (base,) = re.findall(r"^FROM (.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    images = [it["image"] for it in read("compose.yaml")["services"].values() if "image" in it]
    assert images
    for image in (base, *images):
        assert re.fullmatch(rf"[a-z]+:\d[\w.-]+{_DIGEST}", image), image


def test_containers_may_do_little() -> None:
    services = read("compose.yaml")["services"]
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "privileged" not in service, name
        assert "cap_add" not in service or name == "database", name
    # Of what runs, the ones without pages have nothing to ask.
    asked = {name for name, it in services.items() if not it.get("healthcheck", {}).get("disable")}
    assert asked == {"database", "web"}


def test_the_image_runs_as_a_user_without_rights_and_says_whether_it_is_well() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert [it for it in lines if it.startswith("USER ")] == ["USER portal"]
    assert not any(it.startswith("RUN ") for it in lines[lines.index("USER portal") :])
    (check,) = (it for it in lines if it.startswith("HEALTHCHECK "))
    assert '"sociair_portal.health"' in check


def test_whatever_is_pinned_is_renewed() -> None:
    updates = {it["package-ecosystem"]: it for it in read(".github/dependabot.yml")["updates"]}
    assert set(updates) == {"pip", "docker", "docker-compose", "github-actions"}
    for it in updates.values():
        assert it["groups"]
        assert it["schedule"]["interval"] == "weekly"
    (huey,) = (it for it in updates["pip"]["ignore"] if it["dependency-name"] == "huey")
    assert "version-update:semver-minor" in huey["update-types"]
    assert re.search(r"^huey==[\d.]+$", (ROOT / "requirements.in").read_text(), re.MULTILINE)
