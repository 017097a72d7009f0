"""The web server's settings: `gunicorn -c python:sociair_portal.gunicorn`."""

import logging
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, SystemCheckError

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
# Each worker loads the application itself: SQLite's connections must not be forked.
preload_app = False
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

_BOOT_ERROR: Final = 3  # gunicorn's own: the server ends instead of trying again and again


_FORMATS: Final = {
    "gunicorn.error": "%(asctime)s %(levelname)s %(name)s: %(message)s",
    "gunicorn.access": "%(message)s",
}


def on_starting(_server: Any) -> None:
    """Write the server's own lines as all others of the portal are written."""
    for name, form in _FORMATS.items():
        for handler in logging.getLogger(name).handlers:
            handler.setFormatter(FORMATTERS[settings.LOG_FORMAT](form))


on_reload = on_starting  # it makes its handlers anew


def post_worker_init(worker: Any) -> None:
    """Serve no page with settings that a system check finds wrong."""
    try:
        BaseCommand().check(databases=["default"])
    except SystemCheckError as error:
        print(error, file=sys.stderr, flush=True)  # noqa: T201  # before any log
        sys.exit(_BOOT_ERROR)
    temporary.sweep()
