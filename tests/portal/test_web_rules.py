"""What browsers are told, and what is asked of them, whatever the page."""

import json
import os
import re
import subprocess
import sys
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client

from tests.conftest import Browser
from tests.factories import ContactFactory

ROOT: Final = Path(__file__).parents[2]
SIGN_IN: Final = "/account/sign-in/"
PASSWORD: Final = "monsoon-and-marigold-7"

# Settings decide at the start what https is, so it is looked at in a portal of its own.
_ASK: Final = """
import json, sys
import django; django.setup()
from django.test import Client
found = []
for path, headers in json.loads(sys.argv[1]):
    answer = Client().get(path, headers={"host": "sms.example.org", **headers})
    found.append([answer.status_code, dict(answer.headers)])
print(json.dumps(found))
"""


def ask_over(*asked: tuple[str, dict[str, str]], folder: Path) -> list[tuple[int, dict[str, Any]]]:
    """The status and headers of each answer of a portal as it is installed."""
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "DJANGO_SETTINGS_MODULE": "sociair_portal.settings",
        "ENV_FILE": os.devnull,
        "VAR_DIR": str(folder),
        "SECRET_KEY": "only-for-tests",
        "SOCIAIR_TOKEN": "only-for-tests",
        "ALLOWED_HOSTS": "sms.example.org",
    }
    done = subprocess.run(
        [sys.executable, "-c", _ASK, json.dumps(asked)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return [(status, headers) for status, headers in json.loads(done.stdout)]


def test_pages_are_led_to_https_and_stay_there(tmp_path: Path) -> None:
    secure = {"X-Forwarded-Proto": "https"}
    page, probe, answer = ask_over(
        ("/contacts/?q=sita", {}), ("/healthz", {}), ("/healthz", secure), folder=tmp_path
    )
    assert page[0] == HTTPStatus.MOVED_PERMANENTLY
    assert page[1]["Location"].startswith("https://sms.example.org/contacts/")
    assert probe[0] == HTTPStatus.OK  # a load balancer is answered, not led anywhere
    assert answer[0] == HTTPStatus.OK
    policy = answer[1]["Strict-Transport-Security"]
    assert int(re.findall(r"max-age=(\d+)", policy)[0]) >= 365 * 24 * 60 * 60
    assert "includeSubDomains" in policy


@pytest.mark.django_db
def test_no_other_site_may_frame_a_page_or_move_its_addresses(client: Client) -> None:
    rules = dict(
        it.strip().split(" ", 1)
        for it in client.get(SIGN_IN)["Content-Security-Policy"].split(";")
        if it.strip()
    )
    for name in ("object-src", "base-uri", "frame-ancestors"):
        assert rules[name] == "'none'", name
    assert rules["form-action"] == "'self'"


@pytest.mark.django_db
@pytest.mark.parametrize("path", [SIGN_IN, "/contacts/", "/healthz", "/nothing/"])
def test_no_other_site_reads_answers_or_learns_addresses(client: Client, path: str) -> None:
    headers = client.get(path, headers={"origin": "https://evil.example"}).headers
    assert not [name for name in headers if name.startswith("Access-Control-")]
    assert headers["Referrer-Policy"] == "same-origin"


def test_answers_say_their_type_and_characters(manager: Browser) -> None:
    ContactFactory.create()
    for path, kind in [
        ("/contacts/", "text/html; charset=utf-8"),
        ("/contacts/export.csv", "text/csv; charset=utf-8"),
        ("/nothing/", "text/html; charset=utf-8"),
    ]:
        assert manager.get(path).headers["Content-Type"].lower() == kind, path


def test_a_download_is_a_file_and_no_page(manager: Browser) -> None:
    for kind in ("csv", "xlsx"):
        shown = manager.get(f"/contacts/export.{kind}").headers["Content-Disposition"]
        assert re.fullmatch(rf'attachment; filename="[\w-]+\.{kind}"', shown), shown


@pytest.mark.django_db
def test_scripts_cannot_read_the_session_and_other_sites_cannot_use_it(client: Client) -> None:
    User.objects.create_user("meera", password=PASSWORD)
    client.get(SIGN_IN)
    before = set(client.cookies)
    answer = client.post(SIGN_IN, {"login": "meera", "password": PASSWORD})
    session = answer.cookies["sessionid"]
    assert session["httponly"]
    assert session["samesite"] in ("Lax", "Strict")
    assert answer.cookies["csrftoken"]["samesite"] in ("Lax", "Strict")
    assert "sessionid" not in before  # nobody can have given it away beforehand


@pytest.mark.django_db
def test_a_session_that_was_signed_out_is_gone(client: Client) -> None:
    User.objects.create_user("meera", password=PASSWORD)
    client.post(SIGN_IN, {"login": "meera", "password": PASSWORD})
    kept = client.cookies["sessionid"].value
    client.post("/account/sign-out/")
    thief = Client()
    thief.cookies["sessionid"] = kept
    assert thief.get("/contacts/").status_code == HTTPStatus.FOUND


def test_what_a_browser_was_sent_is_not_sent_back(manager: Browser) -> None:
    answer = manager.generic("TRACE", "/contacts/", headers={"x-secret": "marigold"})
    assert "marigold" not in answer.content.decode()


def test_names_with_markup_are_shown_as_text(manager: Browser) -> None:
    name = """<img src=x onerror=alert(1)>'"&"""
    contact = ContactFactory.create(name=name)
    for path in ("/contacts/", f"/contacts/{contact.pk}/"):
        page = manager.get(path).text
        assert "<img src=x" not in page, path
        assert "&lt;img src=x onerror=alert(1)&gt;" in page, path


def test_pages_lead_only_where_a_path_or_https_leads() -> None:
    led = {
        found
        for page in (ROOT / "templates").rglob("*.html")
        for found in re.findall(r'(?:href|action|hx-(?:get|post))="([^"]*)"', page.read_text())
    }
    assert led
    for address in led:
        assert re.match(r"(\{[{%]|/|#|\?|https://|tel:\{\{|$)", address), address


def test_the_image_has_neither_history_nor_secrets_nor_tests() -> None:
    left_out = set((ROOT / ".dockerignore").read_text().split())
    assert {".git", ".env*", "*.sqlite3*", "var", "tests", "benchmarks", "dependencies"} <= left_out


def test_scripts_put_text_into_pages_as_text() -> None:
    risky = re.compile(
        r"\.(?:innerHTML|outerHTML)\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function"
    )
    scripts = sorted((ROOT / "static").rglob("*.js"))
    assert scripts
    for script in scripts:
        assert not risky.search(script.read_text()), script.name


def test_a_browser_keeps_a_theme_the_number_of_a_draft_and_what_is_typed_on_its_way() -> None:
    sources = [path.read_text() for path in (ROOT / "static").rglob("*.js")]
    kept = {it for source in sources for it in re.findall(r"Storage\.setItem\((.*)\);", source)}
    assert kept == {
        '"theme", button.dataset.theme',
        "remembered, JSON.stringify([version.value, isSaved])",
        '"typed", JSON.stringify({ user, pages })',
    }
    for source in sources:
        assert not re.search(r"indexedDB|document\.cookie|Storage\[|Storage\.\w+ =", source)


@pytest.mark.django_db
def test_a_session_is_random_and_new_at_each_sign_in(client: Client) -> None:
    User.objects.create_user("meera", password=PASSWORD)
    found = set()
    for _ in range(2):
        client.session.save()  # as of someone who has not signed in yet
        before = client.cookies["sessionid"].value if "sessionid" in client.cookies else ""
        client.post(SIGN_IN, {"login": "meera", "password": PASSWORD})
        after = client.cookies["sessionid"].value
        assert re.fullmatch(r"[a-zA-Z0-9]{43}", after)  # 256 bits
        assert after != before
        assert not Session.objects.filter(session_key=before).exists()
        found.add(after)
        client.post("/account/sign-out/")
    assert len(found) == 2


@pytest.mark.django_db
def test_what_is_typed_is_taken_from_the_form_alone(client: Client) -> None:
    User.objects.create_user("meera", password=PASSWORD)
    client.post(f"{SIGN_IN}?login=meera&password={PASSWORD}", {})
    assert "sessionid" not in client.cookies


def test_of_a_name_that_comes_twice_the_last_counts(manager: Browser) -> None:
    ContactFactory.create(name="Sita Rai")
    assert "Sita Rai" in manager.get("/contacts/?q=nobody&q=Sita", follow=True).text
    assert "Sita Rai" not in manager.get("/contacts/?q=Sita&q=nobody", follow=True).text


@pytest.mark.parametrize("path", ["/static/", "/static/js/", "/static/../.env.example"])
def test_no_folder_is_listed(manager: Browser, path: str) -> None:
    assert manager.get(path).status_code == HTTPStatus.NOT_FOUND
