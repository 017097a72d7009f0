"""What a stranger tries holds at the real web server, and is found open at one that is broken."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Final

import pytest

from sociair_portal.outsider.__main__ import main
from sociair_portal.outsider.far_side import FarSide
from sociair_portal.outsider.tries import FOR_MANAGERS, PRIVATE, TRIES, with_an_account
from tests.launched import Run, until

ROOT: Final = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with Run(tmp_path_factory.mktemp("run")) as running:
        until(running.is_up)
        yield running


class Broken(BaseHTTPRequestHandler):
    """Lets everybody in, says everything, and waits for one client after the other."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        said = f"Traceback: {self.path} of {self.headers['Host']}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.send_header("Set-Cookie", "sessionid=1")
        if "X-Outsider" in self.path:
            self.send_header("X-Outsider", "yes")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST = do_PUT = do_DELETE = do_TRACE = answer  # noqa: N815

    def log_message(self, *_said: object) -> None:
        """To nobody."""


@pytest.fixture
def broken() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Broken) as server:
        server.request_queue_size = 500
        server.socket.listen(500)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_everything_holds_at_the_portal_as_it_is_started(run: Run) -> None:
    command = [sys.executable, "-m", "sociair_portal.outsider", f"http://localhost:{run.port}"]
    done = subprocess.run(
        [*command, "--patience", "60"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == [f"held  {title}" for title in TRIES]
    assert (len(TRIES), done.returncode, done.stderr) == (10, 0, "")


def test_a_senders_account_opens_nothing_of_managers(run: Run) -> None:
    password = "monsoon-and-marigold-7"
    made = (
        "from django.contrib.auth.models import Group, User; "
        f"user = User.objects.create_user('sita', password='{password}'); "
        "user.groups.add(Group.objects.get(name='Sender'))"
    )
    run.manage("shell", "-c", made)
    portal = FarSide(f"http://localhost:{run.port}", 60)
    assert with_an_account(portal, "sita", password) == ""
    run.manage("shell", "-c", "from django.contrib.auth.models import User; "
               "User.objects.filter(username='sita').update(is_superuser=True)")  # fmt: skip
    assert "answers 200 to sita" in with_an_account(portal, "sita", password)


@pytest.mark.parametrize("title", [title for title in TRIES if "never end" not in title])
def test_each_try_can_fail(broken: str, title: str) -> None:
    assert TRIES[title](FarSide(broken, 20))


def test_a_server_that_waits_for_everybody_is_found(
    broken: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([broken, "--patience", "2"]) == 1
    (line,) = [it for it in capsys.readouterr().out.splitlines() if "never end" in it]
    assert line.startswith("open  ")


def test_no_portal_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = taken.getsockname()[1]
    assert main([f"http://127.0.0.1:{free}"]) == 2
    assert main(["sms.example.org"]) == 2
    assert "such as https://" in capsys.readouterr().err


def test_what_is_tried_are_addresses_of_the_portal() -> None:
    lines = (Path(__file__).parent / "matrix.txt").read_text().splitlines()
    there = {f"/{line.partition(' ')[0]}" for line in lines}
    kinds = {path.replace("export.csv", "export.<str:kind>") for path in PRIVATE}
    assert kinds | {*FOR_MANAGERS} <= there
