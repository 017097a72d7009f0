"""The sandbox as a program of its own, with the standard library alone."""

import re
import signal
import socket
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sandbox.faults import FAULTS
from sandbox.server import Sandbox
from tests.sandbox.support import NCELL, NTC, SUCCESS, address, billed
from tests.sandbox_support import send

ROOT = Path(__file__).resolve().parents[2]


def test_the_help_names_every_setting_and_fault() -> None:
    with program("--help") as running:
        out, _ = running.communicate(timeout=10)

    assert running.returncode == 0
    assert "--smartcell-rate" in out
    assert all(name in out for name in FAULTS)


def program(*options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "sandbox", *options]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def url_of(running: subprocess.Popen[str]) -> str:
    assert running.stdout is not None
    line = running.stdout.readline()
    found = re.fullmatch(r"Sandbox at (http://127\.0\.0\.1:\d+/api)\n", line)
    assert found, line
    return found[1]


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_the_program_runs_until_it_is_stopped(tmp_path: Path, stop: signal.Signals) -> None:
    ledger = tmp_path / "ledger.jsonl"
    options = ("--balance", "100", "--ncell-rate", "1.20", "--script", "ok,hang")
    with program("--port", "0", "--verbose", "--ledger", str(ledger), *options) as running:
        api = url_of(running)
        assert send(api, NCELL).json()["message"] == SUCCESS
        with pytest.raises(TimeoutError):
            send(api, NTC, timeout=0.5)
        waiting = socket.create_connection((urlsplit(api).hostname, urlsplit(api).port))
        running.send_signal(stop)
        out, said = running.communicate(timeout=10)
        waiting.close()

    assert (running.returncode, out) == (0, "")
    assert said.splitlines()[0] == "POST /api/sms 200"
    assert NTC not in said
    assert NCELL not in said
    with Sandbox(ledger=ledger) as sandbox:
        assert billed(sandbox) == [NCELL, NTC]
        assert sandbox.balance == Decimal("98.00")


def test_the_program_says_nothing_about_requests_by_itself() -> None:
    with program("--port", "0") as running:
        send(url_of(running), NTC)
        running.terminate()
        assert running.communicate(timeout=10) == ("", "")


def test_the_program_needs_the_standard_library_only() -> None:
    # Without the environment's packages, and without the portal's own.
    listing = "import sys, sandbox.server; print({'contacts', 'messaging'} & set(sys.modules))"
    command = [sys.executable, "-S", "-c", listing]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("set()\n", "")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--port", "70000"), "70000 is not a port"),
        (("--latency", "soon"), "latency cannot be soon: use a number of seconds"),
        (("--chances", "nonsense=1"), "There is no fault named nonsense"),
        (("--ledger", "/nowhere/ledger"), "The file /nowhere/ledger cannot be used"),
        (("--certfile", "/nowhere/cert"), "The certificate /nowhere/cert cannot be used"),
        (("--host", "192.0.2.1"), "The sandbox cannot listen at 192.0.2.1, port 8010"),
    ],
)
def test_the_sandbox_program_refuses_wrong_options(options: tuple[str, ...], said: str) -> None:
    with program(*options) as running:
        out, errors = running.communicate(timeout=10)

    assert (running.returncode, out) == (2, "")
    assert said in errors
    assert "Traceback" not in errors


def test_the_sandbox_program_names_a_port_in_use(sandbox: Sandbox) -> None:
    _, port = address(sandbox)
    with program("--port", str(port)) as running:
        out, errors = running.communicate(timeout=10)

    assert (running.returncode, out) == (2, "")
    assert errors == (
        f"Port {port} at 127.0.0.1 is in use. Stop what uses it, or choose another with --port.\n"
    )
