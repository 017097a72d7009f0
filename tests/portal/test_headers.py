"""Headers of every answer."""

import pytest
from django.test import Client
from pytest_django import Settings

from tests.conftest import Browser
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path", ["/", "/contacts/", "/contacts/export.csv", "/history/", "/admin/", "/nothing/"]
)
def test_nothing_with_personal_data_is_kept_by_a_browser(manager: Browser, path: str) -> None:
    ContactFactory.create()
    answer = manager.get(path)
    assert "no-store" in answer.headers["Cache-Control"]
    assert "private" in answer.headers["Cache-Control"]


def test_only_compose_is_kept_while_its_tab_is_open(manager: Browser) -> None:
    assert manager.get("/compose/").headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("path", ["/account/sign-in/", "/contacts/", "/healthz"])
def test_every_answer_says_what_it_may_be_used_for(client: Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_signing_out_removes_what_the_browser_has_kept(manager: Browser) -> None:
    answer = manager.post("/account/sign-out/")
    assert answer.headers["Clear-Site-Data"] == '"cache"'


def test_another_site_cannot_sign_anybody_out(manager: Browser) -> None:
    stranger = Client(enforce_csrf_checks=True)
    stranger.cookies = manager.cookies
    answer = stranger.post("/account/sign-out/")
    assert answer.status_code == 403
    assert "Clear-Site-Data" not in answer.headers
    assert manager.get("/").status_code == 200


def test_a_host_that_is_not_ours_is_refused_with_a_page(client: Client, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["sms.example.org"]
    response = client.get("/account/sign-in/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert "Sociair Portal" in response.text
