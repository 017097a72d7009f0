"""Thirty people at the portal while its worker sends."""

import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from statistics import quantiles
from typing import IO, Final

import requests
from django.contrib.auth.models import User

from benchmarks.browser import browser_of
from benchmarks.portal import ROOT, Portal, databases, gateway, portal, wait_until
from benchmarks.sending import hand_over

_USERS: Final = 30
_SECONDS: Final = 180
_PAUSE: Final = (1.0, 5.0)  # seconds that somebody looks at a page
_MOST_MS: Final = 500
_PEOPLE: Final = 20_000  # more than can be sent to in the time, one in a call
_TEXT: Final = "{name}: school is closed tomorrow because of the rain."
_PAGES: Final = (
    *("", "contacts/", "contacts/?group=1", "groups/", "groups/1/", "compose/", "history/"),
    "campaigns/1/",
)
_PARTS: Final = ("balance/", "under-way/", "campaigns/1/progress/")  # asked for again and again


@dataclass
class Seen:
    """What the thirty saw."""

    ms: list[float] = field(default_factory=list)
    failed: int = 0  # answers of 500 and more
    reset: int = 0  # requests without an answer


@dataclass(frozen=True)
class Crowd:
    database: str
    seen: Seen
    locked: int  # lines of the log that say so
    sent: int  # requests at the gateway meanwhile

    @property
    def p95(self) -> float:
        return quantiles(self.seen.ms, n=20)[-1]

    @property
    def is_met(self) -> bool:
        return (
            self.p95 <= _MOST_MS
            and not self.seen.failed
            and not self.seen.reset
            and not self.locked
        )

    def __str__(self) -> str:
        seen = self.seen
        return (
            f"{self.database:<10} {len(seen.ms):,} pages in {_SECONDS} s beside {self.sent:,} "
            f"calls: p95 {self.p95:.0f} ms (at most {_MOST_MS}), {seen.failed} failed, "
            f"{seen.reset} reset, {self.locked} locked (none of them)"
        )


def measure() -> Iterator[Crowd]:
    for database in databases():
        with gateway() as running, portal(database, f"{running.root}/api") as busy:
            busy.run(hand_over, _PEOPLE, prepare=True, text=_TEXT)
            cookies = busy.run(sign_in, _USERS)
            log = Path(busy.env["STATE_DIR"]) / "log"
            with log.open("wb") as file, _programs(busy, file) as root:
                before = running.summary()["requests"]
                seen = _look_around(root, cookies)
                sent = running.summary()["requests"] - before
            yield Crowd(database, seen, log.read_text().count("locked"), sent)


def sign_in(users: int) -> list[dict[str, str]]:
    """The cookies of that many people."""
    cookies = []
    for number in range(users):
        client = browser_of(User.objects.create_superuser(f"user{number}"))
        cookies.append({name: cookie.value for name, cookie in client.cookies.items()})
    return cookies


@contextmanager
def _programs(busy: Portal, log: IO[bytes]) -> Iterator[str]:
    """The worker and the web server; the root of its addresses."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = {
        **busy.env,
        "VAR_DIR": busy.env["STATE_DIR"],
        "BIND": f"127.0.0.1:{port}",
        "SECOND_STEP": "nobody",
    }
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "collectstatic", "--no-input", "-v0"], cwd=ROOT, env=env, check=True)
    commands = (["manage.py", "worker"], ["-m", "gunicorn", "-c", "python:sociair_portal.gunicorn"])
    with ExitStack() as stack:
        for command in commands:
            program = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, *command], cwd=ROOT, env=env, stdout=log, stderr=log
                )
            )
            stack.callback(program.terminate)
        root = f"http://127.0.0.1:{port}/"
        wait_until(lambda: _answers(root), seconds=60)
        yield root


def _answers(root: str) -> bool:
    with suppress(requests.ConnectionError):
        return requests.get(f"{root}healthz", timeout=5).ok
    return False


def _look_around(root: str, cookies: list[dict[str, str]]) -> Seen:
    """All of them, each at pages by chance with a pause after each."""
    seen = Seen()
    until = time.monotonic() + _SECONDS
    users = [threading.Thread(target=_one, args=(root, own, until, seen)) for own in cookies]
    for user in users:
        user.start()
    for user in users:
        user.join()
    return seen


def _one(root: str, cookies: dict[str, str], until: float, seen: Seen) -> None:
    session = requests.Session()
    session.trust_env = False
    session.cookies.update(cookies)
    chance = random.Random(str(cookies))
    while time.monotonic() < until:
        started = time.perf_counter()
        try:
            address = chance.choice(_PAGES + _PARTS)
            headers = {"HX-Request": "true"} if address in _PARTS else {}
            answer = session.get(root + address, headers=headers, timeout=30)
        except requests.ConnectionError:
            seen.reset += 1
        else:
            assert answer.status_code != HTTPStatus.NOT_FOUND, answer.url
            assert not answer.history, answer.url
            seen.ms.append(1000 * (time.perf_counter() - started))
            seen.failed += answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
        time.sleep(chance.uniform(*_PAUSE))
