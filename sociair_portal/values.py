"""Checking values of settings: addresses, amounts, hours, and the queue's address."""

from decimal import Decimal, InvalidOperation
from importlib.util import find_spec
from ipaddress import ip_address
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg
from django.core.exceptions import ImproperlyConfigured
from django.db import connection


def normalise(url: str) -> str:
    """One spelling for one gateway: lower case, no default port, no slash at the end."""
    parts = urlsplit(url.strip())
    try:
        port = parts.port
    except ValueError:
        port = None
    host = (parts.hostname or "").lower()
    if ":" in host:
        host = f"[{host}]"
    default = {"http": 80, "https": 443}.get(parts.scheme.lower())
    netloc = host if port in (None, default) else f"{host}:{port}"
    return urlunsplit((parts.scheme.lower(), netloc, parts.path.rstrip("/"), "", ""))


def rupees(name: str, value: str) -> Decimal | None:
    """An amount of rupees; None for an empty value. Raises ImproperlyConfigured."""
    if not value:
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise ImproperlyConfigured(f"{name} is {value!r}: give an amount of rupees, as in 0.80.")
    return amount


def hours(name: str, value: str) -> tuple[int, int] | None:
    """From which full hour to which, as in 21-7; None for "off". Raises ImproperlyConfigured."""
    if value == "off":
        return None
    first, _dash, last = value.partition("-")
    if not (first.isdecimal() and last.isdecimal() and int(first) < 24 and int(last) < 24):
        raise ImproperlyConfigured(f"{name} is {value!r}: give two full hours as in 21-7, or off.")
    return int(first), int(last)


def is_loopback(url: str) -> bool:
    """Whether an address is on this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_sandbox(said: bool | None, url: str, *, has_token: bool) -> bool:
    """Whether a gateway is the sandbox: as SANDBOX says, else if it is on this machine and there is
    no token. Raises ImproperlyConfigured for a SANDBOX whose messages would be real.
    """
    if said and (has_token or not is_loopback(url)):
        raise ImproperlyConfigured(
            "SANDBOX is on, but SOCIAIR_TOKEN or SOCIAIR_BASE_URL is that of a real account: "
            "remove them, or set SANDBOX to off."
        )
    return not has_token and is_loopback(url) if said is None else said


def queue_settings(url: str, database: dict[str, Any]) -> dict[str, Any]:
    """Huey's settings for HUEY_URL; without one, the queue is where the database is.

    Raises ImproperlyConfigured.
    """
    scheme = urlsplit(url).scheme
    if not url and database["ENGINE"].endswith("sqlite3"):
        name = str(database["NAME"])
        return _sqlite(f"{name.removesuffix('.sqlite3')}-queue.sqlite3")
    if not url:
        return {
            "huey_class": "huey.PostgresHuey",
            "connection": {"connection": _connect},
            "create_tables": False,
        }
    if scheme == "sqlite":
        return _sqlite(unquote(url.removeprefix("sqlite:///")))
    if scheme in ("postgres", "postgresql"):
        return {"huey_class": "huey.PostgresHuey", "dsn": url, "create_tables": False}
    if scheme in ("redis", "rediss", "unix"):
        if find_spec("redis") is None:
            raise ImproperlyConfigured(
                "HUEY_URL names Redis: install what it needs with "
                "`pip install --require-hashes -r requirements-redis.txt`."
            )
        return {"huey_class": "huey.PriorityRedisHuey", "url": url}
    raise ImproperlyConfigured(
        f"HUEY_URL begins with {scheme or 'nothing'}: use sqlite:///, postgres:// or redis://."
    )


def _connect() -> "psycopg.Connection[Any]":
    """A connection for the queue, to the database that Django uses at this moment."""
    return psycopg.connect(**connection.get_connection_params())


def _sqlite(filename: str) -> dict[str, Any]:
    return {"huey_class": "huey.SqliteHuey", "filename": filename, "fsync": True}
