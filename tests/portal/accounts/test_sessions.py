"""Sessions: what the database has of them, how long they last, where they are, and their end."""

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as in_force
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from sociair_portal.accounts.limits import Limit, count_try
from sociair_portal.accounts.models import Try
from sociair_portal.accounts.sessions import SessionStore
from sociair_portal.accounts.sessions_end import end_sessions
from sociair_portal.accounts.sweep import sweep_accounts
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.models import Entry
from tests.conftest import Browser
from tests.portal.accounts.conftest import PASSWORD

SIGN_IN = "/account/sign-in/"
HERE = "/account/here/"
ROOT = Path(__file__).parents[3]
Turn = Callable[[float], None]


def sign_in(client: Client) -> None:
    assert client.post(SIGN_IN, {"login": "meera", "password": PASSWORD}).status_code == 302


def cookie(client: Client) -> str:
    return client.cookies[in_force.SESSION_COOKIE_NAME].value


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Turn:
    """Turn the clock of idleness to so many minutes after the beginning."""

    began = time.time()

    def turn(minutes: float) -> None:
        now = began + minutes * 60
        monkeypatch.setattr("sociair_portal.accounts.idle.time.time", lambda: now)

    return turn


class TestKeys:
    def test_in_the_database_open_no_session(self, client: Client, meera: User) -> None:
        sign_in(client)
        kept = list(Session.objects.values_list("session_key", flat=True))
        assert cookie(client) not in str(kept)
        thief = Client()
        for key in kept:
            thief.cookies[in_force.SESSION_COOKIE_NAME] = key
            assert thief.get("/").status_code == 302

    def test_are_new_after_signing_in(self, client: Client, meera: User) -> None:
        client.get(SIGN_IN)
        session = client.session
        session["before"] = 1
        session.save()
        before = cookie(client)
        sign_in(client)
        assert cookie(client) != before
        assert not SessionStore.of_browser(before).load()

    def test_that_were_made_up_are_nobodys(self, client: Client, db: None) -> None:
        client.cookies[in_force.SESSION_COOKIE_NAME] = "a" * 43
        assert client.get("/").status_code == 302
        assert not Session.objects.exists()


class TestIdle:
    def test_ends_a_session_after_half_an_hour(self, sender: Browser, later: Turn) -> None:
        later(29)
        assert sender.get("/contacts/").status_code == 200
        later(29 + 31)
        assert sender.get("/contacts/").status_code == 302
        assert sender.get("/contacts/").status_code == 302
        assert Entry.objects.get(deed=Deed.SIGNED_OUT).additional_data == {"idle": True}

    def test_is_also_who_only_leaves_a_page_open(self, sender: Browser, later: Turn) -> None:
        later(29)
        sender.get("/under-way/", headers={"HX-Request": "true"})
        sender.get(HERE)
        later(31)
        assert sender.get("/contacts/").status_code == 302

    def test_and_work_end_after_twelve_hours_all_the_same(
        self, sender: Browser, later: Turn
    ) -> None:
        for minutes in range(0, 12 * 60, 20):
            later(minutes)
            assert sender.get("/contacts/").status_code == 200
        later(12 * 60 + 1)
        assert sender.get("/contacts/").status_code == 302

    def test_is_a_setting(self, sender: Browser, settings: Settings, later: Turn) -> None:
        settings.IDLE_MINUTES = 5
        later(6)
        assert sender.get("/contacts/").status_code == 302

    def test_time_begins_anew_when_somebody_says_so(self, sender: Browser, later: Turn) -> None:
        later(29)
        assert sender.get(HERE).json()["seconds"] == 60
        assert sender.post("/account/here/still/").json()["seconds"] == 30 * 60


class TestPageAsks:
    def test_who_is_here(self, sender: Browser, client: Client) -> None:
        told = sender.get(HERE).json()
        assert told["user"] == sender.user.username
        assert told["token"]
        assert client.get(HERE).json()["user"] == ""
        assert client.get(HERE).json()["seconds"] == 0

    def test_to_sign_in_within_it(self, client: Client, db: None) -> None:
        """Signed out meanwhile, a part of a page must not take away what is typed around it."""
        response = client.get("/under-way/", headers={"HX-Request": "true"})
        assert (response.status_code, response.content) == (401, b"")
        assert response["HX-Trigger"] == '{"signed-out": {}}'

    def test_and_is_told_when_somebody_is_here_again(self, sender: Browser) -> None:
        assert sender.get("/account/here/again/")["HX-Trigger"] == '{"here-again": {}}'


class TestMine:
    def test_are_listed_and_ended_but_this_one(self, client: Client, meera: User) -> None:
        other = Client(headers={"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Firefox/131.0"})
        sign_in(client)
        sign_in(other)
        page = client.get("/account/devices/").text
        assert "Firefox, Windows" in page
        assert page.count("(this browser)") == 1
        assert "Sign out everywhere else" in page

        client.post("/account/devices/")
        assert client.get("/").status_code == 200
        assert other.get("/").status_code == 302
        assert Entry.objects.get(deed=Deed.SESSIONS_ENDED).additional_data == {"sessions": 1}


def test_a_closed_accounts_sessions_end_everywhere(client: Client, meera: User) -> None:
    sign_in(client)
    assert end_sessions(meera) == 1
    assert not Session.objects.exists()
    assert client.get("/").status_code == 302


def test_old_sessions_and_tries_are_swept(client: Client, meera: User) -> None:
    sign_in(client)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    count_try([Limit("x", 1, timedelta(minutes=1))])
    Try.objects.update(at=timezone.now() - timedelta(days=2))
    sweep_accounts()
    assert not Session.objects.exists()
    assert not Try.objects.exists()


def test_the_worker_knows_that_it_sweeps_accounts() -> None:
    """It imports the tasks of the apps; this one must be there without that."""
    asked = [sys.executable, "-c", _WHAT_THE_WORKER_KNOWS]
    known = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "sociair_portal.accounts.tasks" in known.stdout


_WHAT_THE_WORKER_KNOWS = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import django
django.setup()
from messaging.management.commands import worker
from huey.contrib.djhuey import HUEY
print(sorted({task.__module__ for task in HUEY._registry.periodic_tasks}))
"""
