"""What the environment decides, and the one sentence that a start ends with when it cannot be."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.core.exceptions import ImproperlyConfigured

from sociair_portal.common.shutdown import NEEDS_PERSON
from sociair_portal.environment import Environment, database, language, time_zone

ROOT = Path(__file__).parents[2]
KEY = {"SECRET_KEY": "a-key-for-tests", "FINGERPRINT_KEY": "another-key-for-tests"}
TOKEN = {"SOCIAIR_TOKEN": "a-very-secret-token"}
SANDBOX = {"SOCIAIR_BASE_URL": "http://127.0.0.1:8010/api"}

CHECK = ("manage.py", "check")
WORKER = ("manage.py", "worker")
WEB = ("-m", "gunicorn", "-c", "python:sociair_portal.gunicorn")


def python(*command: str, folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run Python in the project with these settings and no others."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "ENV_FILE": os.devnull,
            "VAR_DIR": str(folder),
            "DJANGO_SETTINGS_MODULE": "sociair_portal.settings",
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def settings_of(folder: Path, names: str, **environment: str) -> str:
    show = f"from django.conf import settings as s; print(({names}))"
    done = python("-c", show, folder=folder, **environment)
    assert not done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("program", [CHECK, WORKER, WEB], ids=["check", "worker", "web"])
def test_a_missing_key_is_said_in_one_sentence(program: tuple[str, ...], tmp_path: Path) -> None:
    done = python(*program, folder=tmp_path, **TOKEN)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("SECRET_KEY is not set: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_worker_without_a_token_says_what_to_do(tmp_path: Path) -> None:
    done = python(*WORKER, folder=tmp_path, **KEY)

    assert (done.returncode, done.stdout) == (NEEDS_PERSON, "")
    assert done.stderr.startswith("SOCIAIR_TOKEN is not set. Put the token of your Sociair account")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("gateway", [{}, SANDBOX], ids=["Sociair", "on this machine"])
def test_what_calls_nobody_needs_no_token(gateway: dict[str, str], tmp_path: Path) -> None:
    """Such a process is told that messages are real: its settings are those of its worker."""
    without = {**KEY, **gateway, "SANDBOX": "off"}
    names = "s.SANDBOX, s.SOCIAIR_BASE_URL, s.DATABASES['default']['NAME'], str(s.STATE_DIR)"
    (tmp_path / "sandbox-address").write_text("http://127.0.0.1:8123/api\n")  # left behind
    as_its_worker = settings_of(tmp_path, names, **KEY, **gateway, **TOKEN)
    assert settings_of(tmp_path, names, **without) == as_its_worker
    assert as_its_worker.startswith("(False, ")
    for command in ("check", "migrate"):
        done = python("manage.py", command, folder=tmp_path, **without)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "real", [TOKEN, {"SOCIAIR_BASE_URL": "https://sms.sociair.com/api"}], ids=["token", "address"]
)
def test_nothing_real_is_the_sandbox(real: dict[str, str], tmp_path: Path) -> None:
    done = python(*CHECK, folder=tmp_path, **KEY, **{**SANDBOX, **real}, SANDBOX="on")

    assert done.returncode == 1
    assert done.stderr.startswith("SANDBOX is on, but SOCIAIR_TOKEN or SOCIAIR_BASE_URL is that of")
    assert "very-secret" not in done.stderr


def test_compose_gives_the_token_to_the_worker_alone() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    given = {
        name: service["environment"]["SOCIAIR_TOKEN"]
        for name, service in services.items()
        if "env_file" in service  # which has it, for whoever is not told otherwise
    }
    assert given == {"migrate": "", "web": "", "worker": "${SOCIAIR_TOKEN:?set it in .env}"}
    alike = [dict(services[name]["environment"], SOCIAIR_TOKEN="") for name in given]
    assert alike[0] == alike[1] == alike[2]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"SOCIAIR_WORKERS": "many"}, "SOCIAIR_WORKERS is 'many': write a whole number."),
        (
            {"HUEY_URL": "redis://me:secret@host"},  # tests go without its package
            "HUEY_URL names Redis: install what it needs with `pip install",
        ),
        ({"LOW_BALANCE": "-1"}, "LOW_BALANCE is '-1': give an amount of rupees, as in 0.80."),
        ({"DATABASE_URL": "mysql://me:secret@host/name"}, "DATABASE_URL cannot be read: "),
        ({"DATABASE_URL": "nonsense://me:secret@host/name"}, "DATABASE_URL cannot be read: "),
    ],
)
def test_a_value_that_cannot_be_read_is_named(
    wrong: dict[str, str], said: str, tmp_path: Path
) -> None:
    done = python(*CHECK, folder=tmp_path, **KEY, **TOKEN, **wrong)

    assert done.returncode == 1
    assert done.stderr.startswith(said)
    assert len(done.stderr.splitlines()) == 1
    assert "secret" not in done.stderr


@pytest.mark.parametrize("program", [WORKER, WEB], ids=["worker", "web"])
def test_nothing_runs_with_settings_that_a_check_finds_wrong(
    program: tuple[str, ...], tmp_path: Path
) -> None:
    odd = {"SOCIAIR_TOKEN": "a very secret token", "BIND": "127.0.0.1:0"}
    done = python(*program, folder=tmp_path, **KEY, **odd)

    assert done.returncode
    assert "SOCIAIR_TOKEN has a space" in done.stderr
    assert "very secret" not in done.stdout + done.stderr


def test_the_defaults_are_the_real_thing(tmp_path: Path) -> None:
    names = "s.SANDBOX, s.HTTPS, s.DEBUG, s.SOCIAIR_BASE_URL, s.DATABASES['default']['NAME']"
    assert settings_of(tmp_path, names, **KEY, **TOKEN) == str(
        (False, True, False, "https://sms.sociair.com/api", f"{tmp_path}/portal.sqlite3")
    )


def test_under_https_cookies_are_of_this_host_alone(tmp_path: Path) -> None:
    names = "s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE"
    assert settings_of(tmp_path, names, **KEY, **TOKEN) == str(
        ("__Host-sessionid", "__Host-csrftoken", True)
    )


def test_the_sandbox_has_files_of_its_own(tmp_path: Path) -> None:
    names = "s.SANDBOX, s.DATABASES['default']['NAME'], s.HUEY['filename'], str(s.STATE_DIR)"
    files = ("sandbox.sqlite3", "sandbox-queue.sqlite3", "sandbox-state")
    assert settings_of(tmp_path, names, **KEY, **SANDBOX) == str(
        (True, *(f"{tmp_path}/{name}" for name in files))
    )


def test_a_token_makes_a_gateway_on_this_machine_real(tmp_path: Path) -> None:
    assert settings_of(tmp_path, "s.SANDBOX", **KEY, **SANDBOX, **TOKEN) == "False"


def test_a_running_sandbox_stands_in_for_a_token(tmp_path: Path) -> None:
    names = "s.SANDBOX, s.SOCIAIR_BASE_URL"
    (tmp_path / "sandbox-address").write_text("http://127.0.0.1:8123/api\n")
    assert settings_of(tmp_path, names, **KEY) == str((True, "http://127.0.0.1:8123/api"))
    assert settings_of(tmp_path, names, **KEY, **TOKEN) == str(
        (False, "https://sms.sociair.com/api")
    )


@pytest.mark.parametrize(("together", "threads"), [("1", 2), ("2", 4), ("8", 12)])
def test_the_worker_has_a_thread_besides_the_senders(
    tmp_path: Path, together: str, threads: int
) -> None:
    names = "s.HUEY['consumer']['workers'], s.SOCIAIR_SENDERS"
    shown = settings_of(tmp_path, names, **KEY, **TOKEN, SOCIAIR_WORKERS=together)
    assert shown == str((threads, threads - 1))


def test_the_queue_is_where_the_database_is(tmp_path: Path) -> None:
    names = "s.HUEY['huey_class'], s.HUEY['immediate']"
    there = {"DATABASE_URL": "postgres://me@127.0.0.1/portal", "DEBUG": "on"}
    assert settings_of(tmp_path, names, **KEY, **TOKEN, **there) == str(
        ("huey.PostgresHuey", False)
    )


@pytest.mark.parametrize("word", ["on", "Yes", "true", "1", " on "])
def test_a_switch_is_read_as_on(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS", word)
    assert Environment().bool("HTTPS", False) is True


@pytest.mark.parametrize("word", ["off", "No", "FALSE", "0"])
def test_a_switch_is_read_as_off(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS", word)
    assert Environment().bool("HTTPS", True) is False


@pytest.mark.parametrize("word", ["onn", "2", "-"])
def test_a_switch_neither_on_nor_off_is_refused(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS", word)
    with pytest.raises(ImproperlyConfigured, match="write on or off"):
        Environment().bool("HTTPS", True)


@pytest.mark.parametrize("word", ["5s", "1.5.2", "nan", "inf", "1e999"])
def test_a_setting_that_is_no_number_is_refused(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOCIAIR_DEADLINE", word)
    with pytest.raises(ImproperlyConfigured, match=r"SOCIAIR_DEADLINE is .* write a number"):
        Environment().float("SOCIAIR_DEADLINE", 60)


@pytest.mark.parametrize("word", ["", "  "])
def test_an_empty_value_is_none(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS", "SOCIAIR_WORKERS", "ALLOWED_HOSTS"):
        monkeypatch.setenv(name, word)
    read = Environment()
    assert (
        read.bool("HTTPS", True),
        read.int("SOCIAIR_WORKERS", 8),
        read.list("ALLOWED_HOSTS", default=["localhost"]),
    ) == (True, 8, ["localhost"])


@pytest.mark.parametrize("url", ["", "portal.sqlite3", "mysql://host/name", "postgres://h:x/name"])
def test_a_database_address_that_cannot_be_read_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL cannot be read"):
        database(url)


@pytest.mark.parametrize("name", ["Asia/Kathmandoo", "Asia", "../etc/passwd", ""])
def test_an_unknown_time_zone_is_refused(name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="write a name such as Asia/Kathmandu"):
        time_zone(name)


@pytest.mark.parametrize("code", ["", "fr", "ne-NP", "NE"])
def test_a_language_that_the_portal_does_not_speak_is_refused(code: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="use en or ne"):
        language(code)


def test_every_setting_is_on_its_page() -> None:
    read = re.compile(r"""(?:env\.\w+|environ\.get|_port)\(\s*"([A-Z_]+)\"""")
    names = {
        name
        for file in (ROOT / "sociair_portal").rglob("*.py")
        for name in read.findall(file.read_text())
    }
    page = (ROOT / "docs/settings.md").read_text()

    assert {"SECRET_KEY", "BIND", "PORT", "SOCIAIR_DEADLINE"} <= names
    assert names == set(re.findall(r"^\| `([A-Z_]+)`", page, re.MULTILINE))
