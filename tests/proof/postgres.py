"""A PostgreSQL server of the test's own, which it may stop without asking anybody."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final, Self

_DEBIAN: Final = Path("/usr/lib/postgresql")


def programs() -> Path | None:
    """Where `initdb` and `pg_ctl` are, the newest first; None without a server."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    installed = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda at: float(at.parts[-3]))
    return installed[-1].parent if installed else None


class Server:
    """Listens on a socket in a folder of its own, and nowhere else."""

    def __init__(self, at: Path) -> None:
        self._programs = at
        # Not pytest's folder: the server is never root, who alone may look into that.
        self.folder = Path(tempfile.mkdtemp(prefix="proof-pg-"))
        self._data = self.folder / "data"
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(self.folder, self._user)

    def __enter__(self) -> Self:
        self._run("initdb", "--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8")
        self.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        self._run("pg_ctl", "-m", "immediate", "stop", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder}"
        log = str(self.folder / "log")
        self._run("pg_ctl", "-w", "-t", "60", "-l", log, "-o", options, "start")

    def stop(self, mode: str) -> None:
        self._run("pg_ctl", "-w", "-t", "60", "-m", mode, "stop")

    def _run(self, program: str, *options: str, check: bool = True) -> None:
        subprocess.run(
            [str(self._programs / program), "-D", str(self._data), *options],
            check=check,
            cwd=self.folder,
            user=self._user,
            group=self._user,
            extra_groups=[] if self._user else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
