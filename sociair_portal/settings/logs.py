"""Logs: ids and outcomes, never a number, a text or the token."""

import sys
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from sociair_portal.logs import FORMATTERS
from sociair_portal.settings.place import env

LOG_FORMAT: str = env.str("LOG_FORMAT", "plain")
if LOG_FORMAT not in FORMATTERS:
    raise ImproperlyConfigured(f"LOG_FORMAT is {LOG_FORMAT!r}: use plain or json.")

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "chosen": {
            "()": FORMATTERS[LOG_FORMAT],
            "format": "%(asctime)s %(levelname)s %(name)s: %(request)s%(message)s",
        }
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "chosen",
            "stream": sys.stderr,
        }
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "messaging": {"level": "INFO"},
        "sociair_portal.audit": {"level": "INFO"},
        "huey": {"level": "WARNING"},
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
    },
}
