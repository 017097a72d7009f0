"""`make run`: prepare the portal and run all of it, in the sandbox unless there is a token."""

import errno
import fcntl
import os
import re
import secrets
import socket
import sys
from contextlib import ExitStack, closing, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO, Any, Final

from sociair_portal.demo import DEMO_PASSWORD, DEMO_USER
from sociair_portal.environment import Environment
from sociair_portal.processes import Processes, Stop, say
from sociair_portal.start import keep_files_private, settings_or_exit

_HOST: Final = "127.0.0.1"
_SECRETS_OF_WORKER: Final = ["SOCIAIR_TOKEN"]  # it alone calls Sociair


def main() -> None:
    keep_files_private()
    processes = Processes()
    ports = _complete_environment()
    settings = settings_or_exit()
    # Programs without the token could not tell a real gateway on this machine from the sandbox.
    os.environ["SANDBOX"] = "on" if settings.SANDBOX else "off"
    if not settings.SANDBOX:
        del ports["SANDBOX_PORT"]
        say(f"Messages are real: they go out through {settings.SOCIAIR_BASE_URL}.")
    # The file in which settings find the address of a running sandbox, for manage.py.
    address = settings.VAR_DIR / "sandbox-address"
    with _lock(settings.VAR_DIR):
        _check_free(ports)
        try:
            if settings.SANDBOX:
                address.write_text(f"{settings.SOCIAIR_BASE_URL}\n")
                _start_sandbox(processes, settings.VAR_DIR, ports["SANDBOX_PORT"])
            _start_portal(processes, settings, ports["PORT"])
            say(_welcome(ports))
            processes.look_after()
        except Stop:
            say("Stopping, once requests to Sociair that are under way have been answered.")
        finally:
            processes.stop()
            address.unlink(missing_ok=True)


def _complete_environment() -> dict[str, int]:
    """Complete the environment for a run on this machine, also for the programs started. Returns
    the ports.
    """
    file = Path(os.environ.get("ENV_FILE") or ".env")
    Environment.read_env(file)
    for name in ("FINGERPRINT_KEY", "SECRET_KEY"):
        if not file.exists() or not os.environ.get(name):
            _write_key(file, name)
    port, sandbox_port = _port("PORT", 8000), _port("SANDBOX_PORT", 8010)
    os.environ["BIND"] = f"{_HOST}:{port}"
    os.environ["HTTPS"] = os.environ.get("HTTPS") or "off"
    if not os.environ.get("SOCIAIR_TOKEN", "").strip():
        os.environ["SOCIAIR_BASE_URL"] = f"http://{_HOST}:{sandbox_port}/api"
    return {"PORT": port, "SANDBOX_PORT": sandbox_port}


def _write_key(file: Path, name: str) -> None:
    """Write a new key into .env, which is made from .env.example if it does not exist."""
    source = file if file.exists() else Path(".env.example")
    key = secrets.token_urlsafe(50)
    line = f"{name}={key}"
    text, found = re.subn(rf"(?m)^{name}=[ \t]*$", line, source.read_text(), count=1)
    file.touch(mode=0o600)
    file.chmod(0o600)  # nobody else on the machine may read the key or the token
    file.write_text(text if found else f"{line}\n{text}")
    os.environ[name] = os.environ.get(name) or key


def _port(name: str, default: int) -> int:
    written = os.environ.get(name, "").strip() or str(default)
    if not written.isdecimal() or not 0 < int(written) < 2**16:
        sys.exit(f"{name} is {written!r}: write a number from 1 to 65535.")
    return int(written)


def _lock(folder: Path) -> IO[str]:
    """Lock the folder for one portal: two would share a database, and sandboxes a ledger."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / "run.lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"The portal is already running from {folder}. Stop it there first.")
    return lock


def _check_free(ports: dict[str, int]) -> None:
    """Exit unless the ports are free; all are opened together, so that two equal ones are found."""
    with ExitStack() as listeners:
        for name, port in ports.items():
            try:
                listeners.enter_context(socket.create_server((_HOST, port)))
            except OSError as error:
                is_taken = error.errno == errno.EADDRINUSE
                why = os.strerror(error.errno or 0)
                what = "is in use" if is_taken else f"cannot be used ({why})"
                other = f"choose another as in `make run {name}={port + 1}`"
                sys.exit(f"Port {port} {what}. Stop what uses it, or {other}.")


def _start_sandbox(processes: Processes, folder: Path, port: int) -> None:
    ledger = str(folder / "sandbox-ledger.jsonl")
    options = ["--port", str(port), "--ledger", ledger, "--latency", "0.1"]
    sandbox = ["-m", "sandbox", *options]
    processes.start("The sandbox", sandbox, stop_within=5, without=_SECRETS_OF_WORKER)
    processes.look_after(until=lambda: _answers(port))


def _start_portal(processes: Processes, settings: Any, port: int) -> None:
    demo = ["--demo"] if settings.SANDBOX else []
    preparing = ["manage.py", "prepare", *demo]
    processes.finish("The preparation", preparing, stop_within=10, without=_SECRETS_OF_WORKER)
    # The worker ends when its requests have, which Huey waits for.
    patience = settings.HUEY["consumer"]["shutdown_timeout"] + 5
    processes.start("The worker", ["manage.py", "worker"], stop_within=patience)
    web = ["-m", "gunicorn", "-c", "python:sociair_portal.gunicorn"]
    processes.start("The web server", web, stop_within=20, without=_SECRETS_OF_WORKER)
    processes.look_after(until=lambda: _answers(port))


def _answers(port: int) -> bool:
    """Whether a web server answers at the port, whatever it says."""
    with closing(HTTPConnection(_HOST, port, timeout=5)) as web:
        with suppress(OSError, HTTPException):
            web.request("GET", "/healthz")
            return bool(web.getresponse())
    return False


def _welcome(ports: dict[str, int]) -> str:
    access = "Create the first account: .venv/bin/python manage.py createsuperuser"
    if sandbox_port := ports.get("SANDBOX_PORT"):
        page = f"http://{_HOST}:{sandbox_port}/_sandbox/"
        access = (
            f"Sign in as {DEMO_USER} with the password {DEMO_PASSWORD}\n"
            f"This is the sandbox: nothing leaves this machine. Its control page is {page}"
        )
    portal = f"http://{_HOST}:{ports['PORT']}"
    return f"\nSociair Portal is at {portal}\n{access}\nCtrl-C stops it.\n"


if __name__ == "__main__":
    main()
