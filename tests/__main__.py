"""`make test`: every test on SQLite, then on PostgreSQL. Arguments go to pytest.

PostgreSQL is used if one answers at TEST_DATABASE_URL, Chromium if one is installed. What had to be
left out is said in the last line; with CI=true it is an error.
"""

import getpass
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

import psycopg

# One more than there are processors: some tests wait for a clock or for a process of their own.
_PROCESSES: Final = max(3, min((os.cpu_count() or 2) + 1, 5))
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
# Without bytecode each process of each run would compile all tests anew.
_LEFT_BEHIND: Final = {"TEST_DATABASE_URL_IN_USE", "PYTHONDONTWRITEBYTECODE"}
# pytest's exit codes
_OK: Final = 0
_INTERRUPTED: Final = 2
_NO_TESTS: Final = 5  # none was selected


def main() -> int:
    signal.signal(signal.SIGINT, lambda *_: None)  # pytest hears it too, and ends in order
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))
    chromium, postgresql = _chromium(), _postgresql()
    runs = [_pytest("SQLite", {"CHROMIUM": chromium or ""}, with_browser=bool(chromium))]
    if postgresql and runs != [_INTERRUPTED]:  # a browser shows the same on every database
        in_use = {"TEST_DATABASE_URL_IN_USE": postgresql}
        runs.append(_pytest("PostgreSQL", in_use, with_browser=False))
    left_out = [
        *([] if chromium else ["the browser's tests (no Chromium is installed)"]),
        *([] if postgresql else ["PostgreSQL (none answers that may make databases)"]),
    ]
    if left_out:
        _say(f"Left out: {' and '.join(left_out)}.")
    return _code(runs, complete=not left_out)


def _code(runs: list[int], *, complete: bool) -> int:
    failed = [code for code in runs if code not in (_OK, _NO_TESTS)]
    if failed:
        return failed[0]
    if _OK not in runs:
        return _NO_TESTS
    return int(not complete and os.environ.get("CI") == "true")


def _pytest(database: str, environment: dict[str, str], *, with_browser: bool) -> int:
    _say(f"\nTests on {database}")
    inherited = {name: it for name, it in os.environ.items() if name not in _LEFT_BEHIND}
    marked = [] if with_browser else ["-m", "not browser"]
    command = [sys.executable, "-m", "pytest", "-n", str(_PROCESSES), *marked, *sys.argv[1:]]
    return subprocess.run(command, env=inherited | environment, check=False).returncode


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _chromium() -> str | None:
    named = os.environ.get("CHROMIUM")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, _BROWSERS)), None)


def _postgresql() -> str | None:
    """A database of this run's own: two runs beside each other must not share one."""
    for url in _servers():
        try:
            with psycopg.connect(url, connect_timeout=3) as connection:
                may = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
                if connection.execute(may).fetchone() == (True,):
                    return urlsplit(url)._replace(path=f"/portal_{os.getpid()}").geturl()
        except psycopg.Error:
            continue
    return None


def _servers() -> Iterator[str]:
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    yield "postgres:///postgres"  # the local socket, as who we are
    for user in dict.fromkeys((getpass.getuser(), "postgres")):
        yield f"postgres://{user}@127.0.0.1:5432/postgres"


if __name__ == "__main__":
    sys.exit(main())
