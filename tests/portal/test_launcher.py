"""`make run`, for real: it starts, people sign in, and it stops without leaving anything behind."""

import re
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sandbox.server import Sandbox
from sociair_portal.demo import DEMO_PASSWORD, DEMO_USER
from tests.launched import ROOT, Run, free_port, sign_in, taken_port, until

SLOW = "9800000021"  # the sandbox accepts a message to it, and answers late
TOKEN = "12|secret0123456789"


def rows(database: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(question).fetchall()


def test_the_launcher_starts_and_stops_a_sandbox_portal(tmp_path: Path) -> None:
    with Run(tmp_path) as run:
        until(run.is_up)
        assert f"Sociair Portal is at http://127.0.0.1:{run.port}\n" in run.output
        assert f"Sign in as {DEMO_USER} with the password {DEMO_PASSWORD}\n" in run.output
        page = run.get("/", Cookie=sign_in(run))
        assert page.status == 200
        assert page.headers["Cache-Control"] == "private, no-store"
        style = re.search(r'href="(/static/[^"]+\.css)"', page.read().decode())
        assert style
        assert "immutable" in run.get(style[1]).headers["Cache-Control"]  # for everybody

        # Numbers that someone searched for, in whole requests and in broken ones.
        run.get("/contacts/?q=9841234567", Referer="http://127.0.0.1/?q=9841234567")
        with socket.create_connection(("127.0.0.1", run.port)) as client:
            client.sendall(b"GET /?q=9841234567 HTTP/1.1 what\r\n\r\n")
            client.recv(100)

        with Run(tmp_path) as second:
            assert second.ended() == 1
        assert second.output.endswith(
            f"The portal is already running from {tmp_path}/var. Stop it there first.\n"
        )
        for file in (tmp_path / "var").glob("*.sqlite3*"):
            assert file.stat().st_mode & 0o077 == 0, file.name
        run.terminate()
        assert run.ended() == 0

    assert re.search(r'"GET /contacts/" \d{3} ', run.output)
    assert "Invalid" in run.output
    assert "9841234567" not in run.output
    assert "Traceback" not in run.output
    for port in (run.port, run.sandbox_port):
        with socket.create_server(("127.0.0.1", port)):
            pass  # nobody listens there any more
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    written = (tmp_path / ".env").read_text()
    assert re.match(r"(#.*\n)*SECRET_KEY=\S{60,}\n", written)
    assert re.search(r"(?m)^FINGERPRINT_KEY=\S{60,}$", written)


def test_the_launcher_lets_a_real_portal_finish_its_calls(tmp_path: Path) -> None:
    with Sandbox(token=TOKEN, slow=3) as gateway:
        real = {"SOCIAIR_TOKEN": TOKEN, "SOCIAIR_BASE_URL": gateway.url, "SECRET_KEY": "a-key"}
        with Run(tmp_path, **real) as run:
            until(run.is_up)
            run.manage("send_sms", "--message", "School is closed.", "--to", SLOW)
            until(gateway.ledger)  # the call has begun
            run.keyboard.write(b"\x03")  # Ctrl-C
            assert run.ended() == 0

    database = tmp_path / "var/portal.sqlite3"
    assert f"Messages are real: they go out through {gateway.url}." in run.output
    assert "demo" not in run.output
    assert TOKEN not in run.output
    assert rows(database, "SELECT state FROM messaging_batch") == [("accepted",)]
    assert rows(database, "SELECT count(*) FROM auth_user") == [(0,)]
    assert rows(database, "SELECT count(*) FROM contacts_contact") == [(0,)]


def test_the_launcher_stops_when_its_terminal_is_closed(tmp_path: Path) -> None:
    with Run(tmp_path) as run:
        until(lambda: "Sandbox at" in run.output)
        run.keyboard.close()
        assert run.ended() == 0


def test_a_token_at_the_end_of_env_makes_it_real(tmp_path: Path) -> None:
    """As the README has it, after a first run in the sandbox."""
    env = (ROOT / ".env.example").read_text()
    (tmp_path / ".env").write_text(f"{env}SOCIAIR_TOKEN={TOKEN}\n")
    with taken_port() as port, Run(tmp_path, PORT=str(port)) as run:
        assert run.ended() == 1
    assert run.output.startswith("Messages are real: they go out through https://")


def test_the_launcher_names_a_port_in_use(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"SOCIAIR_TOKEN={TOKEN}\nSECRET_KEY=\n")
    with taken_port() as port, Run(tmp_path, PORT=str(port)) as run:
        assert run.ended() == 1

    assert run.output.endswith(
        f"Port {port} is in use. Stop what uses it, or choose another as in "
        f"`make run PORT={port + 1}`.\n"
    )
    # By then someone's own .env has got what it lacked.
    assert re.fullmatch(
        rf"FINGERPRINT_KEY=\S{{60,}}\nSOCIAIR_TOKEN={re.escape(TOKEN)}\nSECRET_KEY=\S{{60,}}\n",
        (tmp_path / ".env").read_text(),
    )
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("port", ["eighty", "0", "65536", "-1", "८०००0"])
def test_the_launcher_refuses_what_is_no_port(port: str, tmp_path: Path) -> None:
    with Run(tmp_path, SANDBOX_PORT=port) as run:
        assert run.ended() == 1
    assert run.output == f"SANDBOX_PORT is {port!r}: write a number from 1 to 65535.\n"


def test_the_launcher_refuses_one_port_for_both(tmp_path: Path) -> None:
    port = str(free_port())
    with Run(tmp_path, PORT=port, SANDBOX_PORT=port) as run:
        assert run.ended() == 1
    assert run.output.startswith(f"Port {port} is in use")


def test_the_launcher_says_that_the_database_is_unreachable(tmp_path: Path) -> None:
    url = f"postgres://me:secret@127.0.0.1:{free_port()}/portal"
    with Run(tmp_path, DATABASE_URL=url) as run:
        assert run.ended() == 1

    assert "CommandError: The database cannot be used: " in run.output
    assert run.output.endswith("The preparation ended with code 1: the portal cannot start.\n")
    assert "secret" not in run.output
    assert "Traceback" not in run.output
