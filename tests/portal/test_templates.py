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
# Django, crispy-forms and the library that signs people in ask for these by themselves.
ASKED_FOR: Final = {
    *("400.html", "403_csrf.html", "bootstrap5/errors.html"),
    *("admin/base_site.html", "admin/search_form.html", "admin/app_list.html"),
    *("admin/filter.html", "admin/pagination.html", "admin/change_form_object_tools.html"),
    *(f"account/{name}.html" for name in ("login", "logout", "account_inactive", "reauthenticate")),
    *(
        f"account/{name}.html"
        for name in (
            *("password_change", "password_set", "password_reset", "password_reset_done"),
            *("password_reset_from_key", "password_reset_from_key_done"),
        )
    ),
    *(f"mfa/{name}.html" for name in ("authenticate", "index", "reauthenticate", "trust")),
    *("mfa/totp/activate_form.html", "mfa/totp/deactivate_form.html"),
    *("mfa/recovery_codes/generate.html", "mfa/recovery_codes/index.html"),
    *(
        f"mfa/webauthn/{name}.html"
        for name in (
            *("add_form", "authenticator_confirm_delete", "authenticator_list"),
            *("edit_form", "reauthenticate"),
        )
    ),
    "usersessions/usersession_list.html",
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
