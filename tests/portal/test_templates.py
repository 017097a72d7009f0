"""Where the template of a page is found, and that none is left behind."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
TEMPLATES: Final = ROOT / "templates"
VIEWS: Final = sorted(
    path for app in ("contacts", "messaging") for path in ROOT.glob(f"{app}/views/*.py")
)
# Django and crispy-forms ask for these by themselves.
ASKED_FOR: Final = {
    *(
        "400.html",
        "403_csrf.html",
        "admin/base_site.html",
        "admin/search_form.html",
        "bootstrap5/errors.html",
    ),
    *("registration/login.html", "registration/password_change_form.html"),
    "registration/password_change_done.html",
}


def named_in(path: Path) -> Iterator[str]:
    yield from re.findall(r'"([\w/]+\.html)"', path.read_text())


@pytest.mark.parametrize("path", VIEWS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_pages_of_a_view_are_in_the_folder_of_its_name(path: Path) -> None:
    module = "compose" if path.stem == "compose_changes" else path.stem  # it is the same page
    folder = f"{path.parts[-3]}/{module}/"
    assert [name for name in named_in(path) if not name.startswith(folder)] == []


def test_every_template_is_used() -> None:
    sources = [*TEMPLATES.rglob("*.html")]
    for package in ("contacts", "messaging", "sociair_portal"):
        sources += (ROOT / package).rglob("*.py")
    used = ASKED_FOR.union(*map(named_in, sources))
    there = {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html")}
    assert there - used == set()
