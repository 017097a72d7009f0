"""Asks this machine's own web server whether it is well: the health check of a container."""

import os
import sys
from collections.abc import Mapping
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from typing import Final

_EVERYWHERE: Final = {"", "0.0.0.0", "[::]"}  # noqa: S104  # nothing is bound here
_LONGEST: Final = 4  # seconds, for each step of the answer


def is_well(environment: Mapping[str, str]) -> bool:
    """Whether the server at BIND, asked by a name it is known under, reaches its database."""
    host, _colon, port = (environment.get("BIND") or "127.0.0.1:8000").rpartition(":")
    here = "127.0.0.1" if host in _EVERYWHERE else host.strip("[]")
    name = (environment.get("ALLOWED_HOSTS") or "localhost").split(",")[0].strip()
    headers = {"Host": name.removeprefix(".").replace("*", "localhost")}
    try:
        with closing(HTTPConnection(here, int(port), timeout=_LONGEST)) as web:
            web.request("GET", "/healthz", headers=headers)
            return web.getresponse().status == 200
    except (OSError, HTTPException, ValueError):
        return False


if __name__ == "__main__":
    sys.exit(not is_well(os.environ))
