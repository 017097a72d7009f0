"""What `manage.py check` finds wrong, and that it never quotes a secret."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.checks import CheckMessage, run_checks
from django.db import connections
from django.db.backends.sqlite3.base import DatabaseWrapper
from pytest_django import Settings

from contacts.services import forgotten
from sociair_portal import checks
from sociair_portal.environment import database
from sociair_portal.values import queue_settings


@pytest.fixture(autouse=True)
def real(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings as a real installation has them."""
    monkeypatch.delenv("SOCIAIR_BASE_URL", raising=False)
    settings.SOCIAIR_BASE_URL = "https://sms.sociair.com/api"
    settings.SOCIAIR_TOKEN = "12|abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"
    settings.SOCIAIR_CONNECT_TIMEOUT = 5
    settings.SOCIAIR_TOTAL_TIMEOUT = 30
    settings.SOCIAIR_DEADLINE = 60
    settings.ALLOWED_HOSTS = ["sms.example.org"]


def ids(found: list[CheckMessage]) -> list[str]:
    return [f"{message.id}".removeprefix("sociair_portal.") for message in found]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("durable")
def test_checks_find_nothing_wrong_in_good_settings() -> None:
    found = run_checks(include_deployment_checks=True, databases=["default"])
    ours = [message for message in found if f"{message.id}".startswith("sociair_portal")]
    assert ours == []


@pytest.mark.parametrize(
    "address",
    [
        "http://sms.sociair.com/api",
        "ftp://sms.sociair.com/api",
        "sms.sociair.com/api",
        "https:///api",
        "https://sms.sociair.com:99999/api",
        "https://somebody:secret@sms.sociair.com/api",
        "https://sms.sociair.com/api?token=secret",
        "https://sms.sociair.com/api#secret",
    ],
)
def test_a_check_refuses_a_wrong_gateway_address(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOCIAIR_BASE_URL", address)
    found = checks.check_address()
    assert ids(found) == ["E001"]
    assert "secret" not in str(found)


@pytest.mark.parametrize("host", ["127.0.0.1:8010", "localhost", "[::1]:8010"])
def test_plain_http_is_for_this_machine(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOCIAIR_BASE_URL", f"http://{host}/api")
    assert checks.check_address() == []


def test_the_address_in_the_settings_is_looked_at_too(settings: Settings) -> None:
    settings.SOCIAIR_BASE_URL = "http://sms.sociair.com/api"
    assert ids(checks.check_address()) == ["E001"]


@pytest.mark.parametrize(
    "token", ["Bearer secret", "secret\n", "secret\tsecret", "sécret", "“secret”", "secret\x00"]
)
def test_an_odd_token_is_not_quoted(token: str, settings: Settings) -> None:
    settings.SOCIAIR_TOKEN = token
    found = checks.check_token()
    assert ids(found) == ["E002"]
    assert "cret" not in str(found)


@pytest.mark.parametrize(("connect", "total"), [(0, 30), (-1, 30), (31, 30), (5, 0)])
def test_a_check_refuses_impossible_times(connect: float, total: float, settings: Settings) -> None:
    settings.SOCIAIR_CONNECT_TIMEOUT = connect
    settings.SOCIAIR_TOTAL_TIMEOUT = total
    assert ids(checks.check_times()) == ["E003"]


@pytest.mark.parametrize(("deadline", "found"), [(40, []), (39.9, ["E004"]), (0, ["E004"])])
def test_a_deadline_leaves_time_to_save(
    deadline: float, found: list[str], settings: Settings
) -> None:
    settings.SOCIAIR_DEADLINE = deadline
    assert ids(checks.check_times()) == found


@pytest.mark.parametrize(
    ("name", "number"),
    [
        *(("SOCIAIR_BATCH_SIZE", 0), ("SOCIAIR_WORKERS", 0), ("SOCIAIR_REQUESTS_PER_MINUTE", -1)),
        ("KEEP_TEXTS_MONTHS", -1),
    ],
)
def test_a_check_refuses_numbers_that_are_too_small(
    name: str, number: int, settings: Settings
) -> None:
    setattr(settings, name, number)
    (found,) = checks.check_numbers()
    assert found.msg.startswith(f"{name} must be at least {number + 1}")


@pytest.mark.parametrize("huey", [{"immediate": True}, {}])
def test_web_requests_must_not_send(huey: dict[str, bool], settings: Settings) -> None:
    settings.HUEY = huey
    assert ids(checks.check_queue()) == ["E006"]


def test_every_host_is_a_warning(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["sms.example.org", "*"]
    assert ids(checks.check_hosts()) == ["W001"]


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("postgres://me:secret@db.example.org/portal", ["W003"]),
        ("postgres://me:secret@10.0.0.7/portal?sslmode=require", ["W003"]),
        ("postgres://me:secret@db.example.org/portal?sslmode=verify-full", []),
        ("postgres://me:secret@127.0.0.1/portal", []),
        ("postgres://me:secret@[::1]/portal", []),
        ("postgres://me:secret@localhost/portal", []),
        ("postgres://me:secret@database/portal", []),
        ("postgres:///portal", []),
    ],
)
def test_a_database_elsewhere_must_show_that_it_is_the_right_one(
    address: str, found: list[str], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.HUEY = queue_settings(address, {})
    monkeypatch.setitem(settings.DATABASES, "default", database(address))
    said = checks.check_tls()
    assert ids(said) == found * 2  # of the database and of the queue
    assert "secret" not in str(said)


@pytest.mark.django_db
def test_a_check_reads_the_pragmas_of_sqlite_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    careless = DatabaseWrapper(
        {
            **connections["default"].settings_dict,
            "NAME": str(tmp_path / "careless.sqlite3"),
            "OPTIONS": {"init_command": "PRAGMA synchronous=OFF; PRAGMA secure_delete=FAST"},
        },
        alias="careless",
    )
    monkeypatch.setattr(checks, "connections", {"careless": careless})
    found = checks.check_sqlite(databases=["careless"])
    careless.close()

    assert [message.msg for message in found] == [
        "SQLite's journal_mode is 'delete' instead of 'wal'.",
        "SQLite's synchronous is 0 instead of 2.",
        "SQLite's secure_delete is 2 instead of 1.",
    ]


def test_no_database_is_asked_unless_named() -> None:
    assert checks.check_sqlite() == []


def test_a_file_that_others_can_read_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    database, queue = tmp_path / "portal.sqlite3", tmp_path / "portal-queue.sqlite3"
    engine = "django.db.backends.sqlite3"
    ours = {
        "DATABASES": {"default": {"ENGINE": engine, "NAME": database}},
        "HUEY": {"filename": str(queue)},
    }
    monkeypatch.setattr(checks, "settings", SimpleNamespace(**ours))
    assert checks.check_files() == []  # none is there
    for path, mode in ((database, 0o600), (queue, 0o640)):
        path.touch()
        path.chmod(mode)
    (found,) = checks.check_files()
    assert ids([found]) == ["W002"]
    assert "portal-queue.sqlite3" in found.msg
    assert found.hint == f"chmod 600 {queue}"


def test_a_check_wants_a_key_for_fingerprints(settings: Settings) -> None:
    assert checks.check_fingerprint_key() == []
    settings.FINGERPRINT_KEY = ""
    assert ids(checks.check_fingerprint_key()) == ["W004"]


@pytest.mark.django_db
def test_a_check_finds_fingerprints_of_another_key(settings: Settings) -> None:
    forgotten.forget("9841234567")
    assert checks.check_fingerprints(databases=["default"]) == []
    assert checks.check_fingerprints() == []

    settings.FINGERPRINT_KEY = "another"

    [found] = checks.check_fingerprints(databases=["default"])
    assert ids([found]) == ["E008"]
    assert "1 anonymised" in found.msg
