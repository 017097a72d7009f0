"""Pages speak to people: no name of a setting or a command stands on any of them."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest
from django.test import Client

from messaging.models import Gateway, HoldReason
from messaging.services.gateway import holds
from tests.factories import UserFactory
from tests.portal.house_support import addresses, furnish

ROOT: Final = Path(__file__).parents[2]
INNER: Final = re.compile(r"\b[A-Z]+_[A-Z_]+\b|manage\.py|localhost")
# Read only by who runs the portal: a worker or a command ends with it, or explains itself.
ELSEWHERE: Final = (
    "FINGERPRINT_KEY is not the key that",
    "FINGERPRINT_KEY is lost:",
    "SOCIAIR_TOKEN is not set.",
)
OF_ACCOUNTS: Final = (
    "",
    "password/",
    "second-step/",
    "devices/",
    "sign-out/",
    "password/forgotten/",
)


class _Words(HTMLParser):
    """What a page says to who sees or hears it: its words, and those of labels and hints."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._in_code = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_code = tag if tag in ("script", "style") else self._in_code
        spoken = ("aria-label", "title", "alt", "placeholder", "data-copied", "data-not-copied")
        self.said += [value or "" for name, value in attrs if name in spoken]

    def handle_endtag(self, tag: str) -> None:
        self._in_code = "" if tag == self._in_code else self._in_code

    def handle_data(self, data: str) -> None:
        if not self._in_code:
            self.said.append(data)


def inner_names(page: str) -> list[str]:
    reader = _Words()
    reader.feed(page)
    return INNER.findall(" ".join(reader.said))


def _texts(file: Path) -> Iterator[str]:
    """What a module says through gettext."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("_", "gettext", "ngettext"):
            said = (it.value for it in node.args if isinstance(it, ast.Constant))
            yield from (it for it in said if isinstance(it, str))


@pytest.fixture
def owner(gateway: Gateway, tmp_path: Path) -> Client:
    user = UserFactory.create(is_superuser=True, is_staff=True)
    furnish(user, gateway, tmp_path)
    owner = Client()
    owner.force_login(user)
    return owner


def test_no_page_names_a_setting_or_a_command(owner: Client) -> None:
    urls = [url for address in addresses() for url in address.urls]
    seen = 0
    for url in [*urls, *(f"/account/{page}" for page in OF_ACCOUNTS)]:
        answer = owner.get(url)
        if not answer.streaming and "html" in answer.get("Content-Type", ""):
            seen += answer.status_code == 200
            assert not inner_names(answer.text), (url, inner_names(answer.text))
    assert seen > 60


def test_no_hold_is_explained_by_a_setting(owner: Client, gateway: Gateway) -> None:
    for reason in HoldReason:
        Gateway.objects.update(hold_kind="person", hold_reason=reason)
        assert not inner_names(owner.get("/").text), reason
    assert holds.current_gateway().hold_reason


def test_nothing_that_is_translated_names_a_setting() -> None:
    files = [
        it
        for name in ("contacts", "messaging", "sociair_portal")
        for it in (ROOT / name).rglob("*.py")
    ]
    said = [text for file in files if "migrations" not in file.parts for text in _texts(file)]
    said += [file.read_text() for file in (ROOT / "templates").rglob("*.txt")]
    assert len(said) > 500
    assert [it for it in said if INNER.search(it) and not it.startswith(ELSEWHERE)] == []


@pytest.mark.parametrize(
    "page",
    ["<p>Set KEEP_TEXTS_MONTHS</p>", '<i title="run manage.py"></i>', "<code>STATE_DIR</code>"],
)
def test_a_name_would_be_found(page: str) -> None:
    assert inner_names(page)
    assert not inner_names("<script>A_B</script><input value='A_B' name='A_B'>")
