"""Reading settings from the environment: an empty one is unset, a wrong one ends the start."""

import math
import warnings
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
from django.core.exceptions import ImproperlyConfigured

_ON: Final = {"on", "yes", "true", "1"}
_OFF: Final = {"off", "no", "false", "0"}
_ENGINES: Final = {"django.db.backends.sqlite3", "django.db.backends.postgresql"}


class Environment(environ.Env):  # type: ignore[misc]  # the package has no types
    """django-environ, which would otherwise read `HTTPS=onn` as off and `5s` as 5."""

    def get_value(
        self,
        var: str,
        cast: Any = None,
        default: Any = environ.Env.NOTSET,
        parse_default: bool = False,
    ) -> Any:
        written = self.ENVIRON.get(var, "").strip()
        if not written and default is not self.NOTSET:
            return default
        if cast is bool:
            return _switch(var, written)
        if cast in (int, float):
            return _number(var, written, cast)
        return super().get_value(var, cast, default, parse_default)


def _switch(name: str, written: str) -> bool:
    if written.lower() not in _ON | _OFF:
        raise ImproperlyConfigured(f"{name} is {written!r}: write on or off.")
    return written.lower() in _ON


def _number(name: str, written: str, kind: type[int] | type[float]) -> float:
    try:
        number = kind(written)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        what = "a whole number" if kind is int else "a number"
        raise ImproperlyConfigured(f"{name} is {written!r}: write {what}.")
    return number


def database(url: str) -> dict[str, Any]:
    """Django's settings for DATABASE_URL, which is never quoted: it may hold a password.

    Raises ImproperlyConfigured.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it would quote the password
            found: dict[str, Any] = environ.Env.db_url_config(url)
    except ValueError:
        found = {}
    if found.get("ENGINE") not in _ENGINES:
        raise ImproperlyConfigured(
            "DATABASE_URL cannot be read: write sqlite:////folder/file.sqlite3 or "
            "postgres://user:password@host/name."
        )
    return found


def language(code: str) -> str:
    """The code of a language that the portal speaks. Raises ImproperlyConfigured."""
    if code not in ("en", "ne"):
        raise ImproperlyConfigured(f"PORTAL_LANGUAGE is {code!r}: use en or ne.")
    return code


def time_zone(name: str) -> str:
    """A time zone's name, checked. Raises ImproperlyConfigured."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ImproperlyConfigured(
            f"TIME_ZONE is {name!r}: write a name such as Asia/Kathmandu "
            "(if that is right, install the package tzdata on this machine)."
        ) from None
    return name
