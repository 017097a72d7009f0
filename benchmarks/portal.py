"""A portal of its own for each measurement: database, sandbox and worker as real processes."""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, ParamSpec, Protocol, TypeVar

import psycopg
from django.core.management import call_command
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
NOWHERE: Final = "http://127.0.0.1:9/api"
POSTGRES = os.environ.get("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")

P = ParamSpec("P")
R = TypeVar("R")

_CALL: Final = """
import json, sys
from {module} import {name}
given, named = json.loads(sys.argv[1])
print(json.dumps({name}(*given, **named)))
"""


class Result(Protocol):
    """A line of the table."""

    @property
    def is_met(self) -> bool:
        """Whether it keeps to its limit, if there is one."""


def databases() -> list[str]:
    """Those that can be measured here."""
    try:
        psycopg.connect(POSTGRES, connect_timeout=2).close()
    except psycopg.Error:
        return ["sqlite"]
    return ["sqlite", "postgresql"]


@dataclass
class Gateway:
    """The sandbox as a process, and what it saw."""

    root: str
    process: subprocess.Popen[str]

    def requests(self) -> list[dict[str, Any]]:
        found: dict[str, Any] = self._get("/_sandbox/requests")
        return list(found["requests"])

    def summary(self) -> dict[str, Any]:
        return self._get("/_sandbox/ledger?summary=1")

    def _get(self, path: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.root}{path}") as answer:
            found: dict[str, Any] = json.load(answer)
        return found


@contextmanager
def gateway(*, latency: float = 0.1) -> Iterator[Gateway]:
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--latency", str(latency)]
    command += ["--balance", "100000000"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().split()[-1]
            yield Gateway(address.removesuffix("/api"), process)
        finally:
            process.terminate()


@dataclass
class Portal:
    """An empty, migrated portal that is configured for a gateway."""

    env: dict[str, str] = field(repr=False)

    def run(self, part: Callable[P, R], *given: P.args, **named: P.kwargs) -> R:
        """Call a function in a process of its own inside the portal; JSON goes in and out."""
        code = _CALL.format(module=part.__module__, name=part.__name__)
        command = [sys.executable, "-c", code, json.dumps([given, named])]
        done = subprocess.run(
            command, cwd=ROOT, env=self.env, check=True, stdout=subprocess.PIPE, text=True
        )
        found: R = json.loads(done.stdout.splitlines()[-1])
        return found

    @contextmanager
    def worker(self) -> Iterator["Worker"]:
        command = [sys.executable, "manage.py", "worker"]
        # Its log has a line for every call.
        with subprocess.Popen(
            command, cwd=ROOT, env=self.env, stderr=subprocess.DEVNULL
        ) as process:
            try:
                yield Worker(process)
            finally:
                process.terminate()


@dataclass
class Worker:
    process: "subprocess.Popen[bytes]"

    def cpu_seconds(self) -> float:
        ticks = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")

    def peak_memory(self) -> float:
        """MB resident at the most so far."""
        return peak_memory(self.process.pid)


def peak_memory(process: int) -> float:
    """MB resident at the most so far, without those of whoever started the process."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


@contextmanager
def portal(database: str, base_url: str = NOWHERE, *, workers: int = 8) -> Iterator[Portal]:
    with tempfile.TemporaryDirectory(prefix="sociair-portal-bench-") as folder:
        with _database(database, Path(folder)) as url:
            env = {
                **os.environ,
                "ENV_FILE": os.devnull,
                "SECRET_KEY": "only-for-benchmarks",
                "DATABASE_URL": url,
                "SOCIAIR_BASE_URL": base_url,
                "SOCIAIR_WORKERS": str(workers),
                "STATE_DIR": folder,
                "HTTPS": "off",
            }
            found = Portal(env)
            found.run(migrate)
            yield found


def migrate() -> None:
    """Fill an empty database with tables."""
    call_command("migrate", verbosity=0)
    if connection.vendor == "postgresql":
        call_command("create_huey_tables", verbosity=0)


@contextmanager
def _database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder}/portal.sqlite3"
        return
    name = f"sociair_bench_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(POSTGRES, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield POSTGRES.rsplit("/", 1)[0] + f"/{name}"
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def wait_until(done: Any, *, seconds: float, every: float = 0.1) -> None:
    give_up = time.monotonic() + seconds
    while not done():
        if time.monotonic() > give_up:
            raise TimeoutError("it took too long")
        time.sleep(every)
