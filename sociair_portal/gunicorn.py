"""The web server's settings: `gunicorn -c python:sociair_portal.gunicorn`."""

import gc
import logging
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, SystemCheckError
from django.db import connections

from sociair_portal.common import temporary
from sociair_portal.logs import FORMATTERS
from sociair_portal.start import (
    keep_files_private,
    look_for_garbage_less_often,
    settings_or_exit,
)

keep_files_private()
settings_or_exit()  # reads .env too
look_for_garbage_less_often()

wsgi_app = "sociair_portal.wsgi"
bind = os.environ.get("BIND") or "127.0.0.1:8000"
worker_class = "sociair_portal.web_worker.PatientWorker"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
threads = 8
# Of each process; below what a system lets a process open, which is often 1024.
worker_connections = 500
sendfile = False  # it waits for whoever takes an answer slowly
# The application is loaded once, and its memory shared by the processes that serve pages.
preload_app = True
# Longer than proxies keep a connection that nobody uses (nginx 60 s, Caddy 2 min): whoever closes
# first must be the proxy, which knows then that no request of its own is on its way.
keepalive = 150  # seconds
graceful_timeout = 15  # seconds for requests in flight
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  # memory, no disk
control_socket_disable = True
# Proxies that are believed about the visitor's address and https.
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS") or "127.0.0.1,::1"

# The path alone: the query and the referer of an old bookmark may hold a number.
accesslog = errorlog = "-"
access_log_format = '%(h)s %(t)s "%(m)s %(U)s" %(s)s %(b)s bytes %(M)s ms %({x-request-id}o)s'
loglevel = "warning"

_QUERY: Final = re.compile(r"\?[^\s'\"]+")


def _without_query(record: logging.LogRecord) -> bool:
    """Remove what follows `?` in addresses: gunicorn quotes them where it fails itself."""
    record.msg, record.args = _QUERY.sub("?", record.getMessage()), ()
    return True


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a request belongs in the log: questions about health, every few seconds, do not."""
    return not (isinstance(record.args, Mapping) and record.args.get("U") == "/healthz")


logging.getLogger("gunicorn.error").addFilter(_without_query)
logging.getLogger("gunicorn.access").addFilter(_is_news)

_WRONG: Final = 3  # as gunicorn itself ends when the application cannot be loaded


_FORMATS: Final = {
    "gunicorn.error": "%(asctime)s %(levelname)s %(name)s: %(message)s",
    "gunicorn.access": "%(message)s",
}


def on_starting(_server: Any) -> None:
    """Serve no page with settings that a system check finds wrong."""
    _write_as_all_others()
    try:
        BaseCommand().check(databases=["default"])
    except SystemCheckError as error:
        print(error, file=sys.stderr, flush=True)  # noqa: T201  # before any log
        sys.exit(_WRONG)
    temporary.sweep()
    connections.close_all()  # one that is open must not be shared
    gc.collect()
    gc.freeze()  # looking for garbage would make a copy of all that is shared


def _write_as_all_others() -> None:
    """Write the server's own lines as all others of the portal are written."""
    for name, form in _FORMATS.items():
        for handler in logging.getLogger(name).handlers:
            handler.setFormatter(FORMATTERS[settings.LOG_FORMAT](form))


def on_reload(_server: Any) -> None:
    """It makes its handlers anew."""
    _write_as_all_others()
