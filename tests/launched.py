"""`make run` as a process of its own, in a folder of its own, asked over real sockets."""

import contextlib
import http.client
import os
import random
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Self
from urllib.parse import urlencode

ROOT = Path(__file__).parents[1]
MOST = 120.0  # seconds that anything may take, on a machine that is busy with other things

# The launcher in a terminal of its own, as when somebody opens a window for it.
IN_A_WINDOW = """
import fcntl, runpy, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
runpy.run_module("sociair_portal.launcher", run_name="__main__")
"""


def until(condition: Callable[[], object]) -> None:
    give_up = time.monotonic() + MOST
    while not condition():
        assert time.monotonic() < give_up, "it never came"
        time.sleep(0.05)


@contextmanager
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def free_port() -> int:
    """Below those that systems give away, so that no server of another test gets it meanwhile."""
    while True:
        port = random.randrange(20_000, 30_000)
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


class Run:
    """One `make run` in a folder of its own; what it and its programs print is in `output`."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.port, self.sandbox_port = free_port(), free_port()
        self.environment = {
            "PATH": os.environ["PATH"],
            "ENV_FILE": str(folder / ".env"),
            "VAR_DIR": str(folder / "var"),
            "PORT": str(self.port),
            "SANDBOX_PORT": str(self.sandbox_port),
            **environment,
        }
        self.output = ""

    def __enter__(self) -> Self:
        ours, terminal = os.openpty()
        self.keyboard = os.fdopen(ours, "wb", buffering=0)
        self._process = subprocess.Popen(
            [sys.executable, "-c", IN_A_WINDOW],
            cwd=ROOT,
            env=self.environment,
            stdin=terminal,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        os.close(terminal)
        self._reading = threading.Thread(target=self._read)
        self._reading.start()
        return self

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.output += line.decode()

    def __exit__(self, *_raised: object) -> None:
        if self._process.poll() is None:
            self._process.terminate()
        self.ended()
        self.keyboard.close()

    def is_up(self) -> bool:
        assert self._process.poll() is None, self.output
        return "Ctrl-C stops it." in self.output

    def terminate(self) -> None:
        self._process.terminate()

    def ended(self) -> int:
        """Its exit code. Its output only ends when nobody is left who could write to it."""
        self._reading.join(MOST)
        assert not self._reading.is_alive(), "something was left behind"
        return self._process.wait(MOST)

    def manage(self, *words: str) -> None:
        command = [sys.executable, "manage.py", *words]
        subprocess.run(command, cwd=ROOT, env=self.environment, check=True, capture_output=True)

    def get(self, path: str, **headers: str) -> http.client.HTTPResponse:
        return self._ask("GET", path, "", headers)

    def post(self, path: str, form: dict[str, str], **headers: str) -> http.client.HTTPResponse:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("POST", path, urlencode(form), headers | kind)

    def _ask(
        self, method: str, path: str, body: str, headers: dict[str, str]
    ) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=MOST)
        connection.request(method, path, body, headers)
        return connection.getresponse()


def sign_in(run: Run) -> str:
    """Sign in as the output says; return the session's cookie."""
    told = re.search(r"Sign in as (\S+) with the password (\S+)", run.output)
    assert told
    form = run.get("/account/sign-in/")
    csrf = SimpleCookie(form.headers["Set-Cookie"])["csrftoken"].value
    fields = {"login": told[1], "password": told[2], "csrfmiddlewaretoken": csrf}
    signed_in = run.post("/account/sign-in/", fields, Cookie=f"csrftoken={csrf}")
    assert (signed_in.status, signed_in.headers["Location"]) == (302, "/")
    cookies = signed_in.headers.get_all("Set-Cookie") or []
    return next(cookie.partition(";")[0] for cookie in cookies if cookie.startswith("sessionid"))
