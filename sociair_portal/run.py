"""`make run`: prepare the portal and run all of it, in the sandbox unless there is a token."""

import errno
import fcntl
import http.client
import os
import re
import secrets
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from sociair_portal.demo import DEMO_PASSWORD, DEMO_USER
from sociair_portal.environment import Environment
from sociair_portal.processes import CannotGoOn, Processes, Program, Stop, say
from sociair_portal.start import settings_or_exit

_HOST: Final = "127.0.0.1"
_FOLDER: Final = Path(__file__).resolve().parent.parent
_EMPTY_KEY: Final = re.compile(r"^SECRET_KEY=[ \t]*$", re.MULTILINE)


def main() -> None:
    os.chdir(_FOLDER)
    processes = Processes()
    try:
        _run(processes)
    except CannotGoOn as why:
        sys.exit(str(why))


def _run(processes: Processes) -> None:
    ports = _complete_environment()
    settings = settings_or_exit()
    if not settings.SANDBOX:
        del ports["SANDBOX_PORT"]
        say(f"Messages are real: they go out through {settings.SOCIAIR_BASE_URL}.")
    with _alone(settings.VAR_DIR):
        _check_free(ports)
        try:
            _start(processes, settings, ports)
            say(_welcome(settings, ports))
            processes.look_after()
        except Stop:
            say("Stopping. Calls in flight are waited for.")
        finally:
            processes.stop()
            _address_file(settings).unlink(missing_ok=True)


# -- Before the start ------------------------------------------------------------------------


def _complete_environment() -> dict[str, int]:
    """Make it fit for a run on this machine, for us and for what we start; return the ports."""
    file = Path(os.environ.get("ENV_FILE") or _FOLDER / ".env")
    Environment.read_env(file)
    if not file.exists() or not os.environ.get("SECRET_KEY"):
        _write_key(file)
    ports = {"PORT": _port("PORT", 8000), "SANDBOX_PORT": _port("SANDBOX_PORT", 8010)}
    os.environ["BIND"] = f"{_HOST}:{ports['PORT']}"
    os.environ["HTTPS"] = os.environ.get("HTTPS") or "off"
    if not os.environ.get("SOCIAIR_TOKEN", "").strip():
        os.environ["SOCIAIR_BASE_URL"] = f"http://{_HOST}:{ports['SANDBOX_PORT']}/api"
    return ports


def _write_key(file: Path) -> None:
    """Put a fresh key into .env, which is made from its example if there is none."""
    source = file if file.exists() else _FOLDER / ".env.example"
    key = secrets.token_urlsafe(50)
    text, found = _EMPTY_KEY.subn(f"SECRET_KEY={key}", source.read_text(), count=1)
    text = text if found else f"SECRET_KEY={key}\n{text}"
    file.touch(mode=0o600)
    file.chmod(0o600)  # others on the machine must read neither the key nor the token
    file.write_text(text)
    os.environ["SECRET_KEY"] = os.environ.get("SECRET_KEY") or key
    Environment.read_env(file)


def _port(name: str, default: int) -> int:
    written = os.environ.get(name, "").strip() or str(default)
    if not written.isdecimal() or not 0 < int(written) < 2**16:
        sys.exit(f"{name} is {written!r}: write a number from 1 to 65535.")
    return int(written)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One portal a folder: two would share a database, and sandboxes a ledger."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "run.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"The portal is already running from {folder}: stop it there first.")
        yield


def _check_free(ports: dict[str, int]) -> None:
    """All at once, so that two equal ones are found too."""
    with ExitStack() as listeners:
        for name, port in ports.items():
            listener = listeners.enter_context(socket.socket())
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((_HOST, port))
                listener.listen()
            except OSError as error:
                in_use = error.errno == errno.EADDRINUSE
                what = "is in use" if in_use else f"cannot be used ({error.strerror})"
                sys.exit(
                    f"Port {port} {what}: stop what uses it, or choose another as in "
                    f"`make run {name}={port + 1}`."
                )


# -- The start -------------------------------------------------------------------------------


def _start(processes: Processes, settings: Any, ports: dict[str, int]) -> None:
    manage = [sys.executable, "manage.py"]
    if settings.SANDBOX:
        _address_file(settings).write_text(f"{settings.SOCIAIR_BASE_URL}\n")
        processes.start(_sandbox(settings.VAR_DIR, ports["SANDBOX_PORT"]))
    demo = ["--demo"] if settings.SANDBOX else []
    processes.finish(Program("The preparation", [*manage, "prepare", *demo], stop_within=10))
    if settings.SANDBOX:
        processes.look_after(until=lambda: _answers(ports["SANDBOX_PORT"]))
    # The worker ends by itself when its calls have, which Huey waits for.
    patience = settings.HUEY["consumer"]["shutdown_timeout"] + 5
    processes.start(Program("The worker", [*manage, "worker"], stop_within=patience))
    web = [sys.executable, "-m", "gunicorn", "-c", "python:sociair_portal.gunicorn"]
    processes.start(Program("The web server", web, stop_within=20))
    processes.look_after(until=lambda: _answers(ports["PORT"]))


def _address_file(settings: Any) -> Path:
    """Where manage.py finds the sandbox while it runs (settings.py reads it)."""
    folder: Path = settings.VAR_DIR
    return folder / "sandbox-address"


def _sandbox(folder: Path, port: int) -> Program:
    options = {
        "--port": port,
        "--ledger": folder / "sandbox-ledger.jsonl",
        "--balance": 10000,  # rupees
        "--latency": 0.1,  # seconds
    }
    words = [str(word) for option in options.items() for word in option]
    return Program("The sandbox", [sys.executable, "-m", "sandbox", *words], stop_within=5)


def _answers(port: int) -> bool:
    """Whether a web server answers there, whatever it says."""
    connection = http.client.HTTPConnection(_HOST, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def _welcome(settings: Any, ports: dict[str, int]) -> str:
    lines = ["", f"Sociair Portal is at http://{_HOST}:{ports['PORT']}"]
    if settings.SANDBOX:
        page = f"http://{_HOST}:{ports['SANDBOX_PORT']}/_sandbox/"
        lines += [
            f"Sign in as {DEMO_USER} with the password {DEMO_PASSWORD}",
            f"This is the sandbox, nothing leaves this machine; its gateway's page is {page}",
        ]
    else:
        lines.append("The first account: .venv/bin/python manage.py createsuperuser")
    return "\n".join([*lines, "Ctrl-C stops it.", ""])


if __name__ == "__main__":
    main()
