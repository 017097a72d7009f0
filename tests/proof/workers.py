"""Real worker processes on the test's own database: started, stopped, suspended, killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from tests.proof.launcher import STRIKE
from tests.proof.steps import Strike

ROOT: Final = Path(__file__).resolve().parents[2]
MOST: Final = 240.0  # seconds that anything may take, on a machine that is busy with other things

LOG: Final = "workers.log"
LAUNCHED: Final = ("-m", "tests.proof.launcher")
AS_INSTALLED: Final = ("manage.py", "worker")


def until(condition: Callable[[], object], *, within: float = MOST) -> None:
    """Wait for something that will come, however busy the machine is."""
    give_up = time.monotonic() + within
    while not condition():
        assert time.monotonic() < give_up, "it never came"
        time.sleep(0.05)


def database_url() -> str:
    """Where the test's own database is, for a process of its own."""
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    who = ":".join(quote(str(found[name]), safe="") for name in ("USER", "PASSWORD") if found[name])
    port = f":{found['PORT']}" if found["PORT"] else ""
    folder = found["OPTIONS"].get("host")  # of a socket
    query = f"?host={quote(folder, safe='')}" if folder else ""
    at = f"{who}@{found['HOST']}{port}" if who else f"{found['HOST']}{port}"
    return f"postgres://{at}/{found['NAME']}{query}"


class Worker:
    """One worker, in a process of its own, with the settings that the test has now."""

    def __init__(
        self,
        folder: Path,
        *,
        strike: Strike | None = None,
        senders: int = 2,
        command: tuple[str, ...] = LAUNCHED,
        **environment: str,
    ) -> None:
        self._log = folder / LOG
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=_environment(folder, senders, strike) | environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    @property
    def is_suspended(self) -> bool:
        what = os.WSTOPPED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self._process.pid, what) is not None

    def send(self, what: signal.Signals) -> None:
        self._process.send_signal(what)

    def ended(self) -> int:
        """Its exit code, when it has ended; a killed one's is negative."""
        until(lambda: not self.is_running)
        return self._process.wait()

    def kill(self) -> None:
        if self.is_running:
            self.send(signal.SIGKILL)
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.kill()


def _environment(folder: Path, senders: int, strike: Strike | None) -> dict[str, str]:
    """The test's settings, as `.env` would give them to a real one."""
    here = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return here | {
        "DJANGO_SETTINGS_MODULE": "sociair_portal.settings",
        "DATABASE_URL": database_url(),
        "HUEY_URL": queue_url(folder),
        "VAR_DIR": str(folder),
        "STATE_DIR": str(folder),
        "SOCIAIR_BASE_URL": settings.SOCIAIR_BASE_URL,
        "SOCIAIR_TOTAL_TIMEOUT": str(settings.SOCIAIR_TOTAL_TIMEOUT),
        "SOCIAIR_DEADLINE": str(settings.SOCIAIR_DEADLINE),
        "SOCIAIR_REQUESTS_PER_MINUTE": str(settings.SOCIAIR_REQUESTS_PER_MINUTE),
        "SOCIAIR_WORKERS": str(senders),
        STRIKE: str(strike or ""),
    }


def queue_url(folder: Path) -> str:
    """Beside a database in a file, or in the database, as `settings.HUEY` has it."""
    return f"sqlite:///{folder}/queue.sqlite3" if connection.vendor == "sqlite" else ""
