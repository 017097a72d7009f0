"""System checks (`manage.py check`) of the settings, and of what SQLite made of them.

A secret is never quoted here, nor an address that may hold one.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004  # Django's names
from django.db import connections
from psycopg.conninfo import conninfo_to_dict

from sociair_portal.common.fingerprints import key_mark
from sociair_portal.values import is_loopback

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_VERIFIED: Final = "sslmode=verify-full"
_SPARE: Final = 10  # seconds for a claim before the call, and for saving its answer after it
_PRAGMAS: Final = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}


def check_address(**kwargs: Any) -> list[CheckMessage]:
    """Also the address as it was written, since the settings keep only a cleaned one."""
    written = os.environ.get("SOCIAIR_BASE_URL", "").strip()
    problem = (written and _address_problem(written)) or _address_problem(settings.SOCIAIR_BASE_URL)
    return [Error(f"SOCIAIR_BASE_URL {problem}", id="sociair_portal.E001")] if problem else []


def _address_problem(url: str) -> str:
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        has_host = False
    if not has_host or parts.scheme.lower() not in ("http", "https"):
        return "is not an address: write it as in https://sms.sociair.com/api."
    if parts.username is not None or parts.query or parts.fragment:
        return "must have no user name, password, query or fragment: the token has its own setting."
    if parts.scheme.lower() == "http" and not is_loopback(url):
        return "begins with http, so anyone on the way could read the token: write https."
    return ""


def check_token(**kwargs: Any) -> list[CheckMessage]:
    if all("!" <= character <= "~" for character in settings.SOCIAIR_TOKEN):
        return []
    return [
        Error(
            "SOCIAIR_TOKEN has a space or a character that no token has.",
            hint='Copy it again from your Sociair account, without "Bearer" in front.',
            id="sociair_portal.E002",
        )
    ]


def check_times(**kwargs: Any) -> list[CheckMessage]:
    connect, total = settings.SOCIAIR_CONNECT_TIMEOUT, settings.SOCIAIR_TOTAL_TIMEOUT
    found: list[CheckMessage] = []
    if not 0 < connect <= total:
        found.append(
            Error(
                "SOCIAIR_CONNECT_TIMEOUT must be above 0 and at most SOCIAIR_TOTAL_TIMEOUT.",
                id="sociair_portal.E003",
            )
        )
    spare = settings.SOCIAIR_DEADLINE - total
    if spare < _SPARE:
        found.append(
            Error(
                f"SOCIAIR_DEADLINE must be at least {_SPARE} seconds longer than "
                "SOCIAIR_TOTAL_TIMEOUT.",
                hint="Otherwise a request would be given up while it is still running.",
                id="sociair_portal.E004",
            )
        )
    return found


def check_numbers(**kwargs: Any) -> list[CheckMessage]:
    least = {
        "SOCIAIR_BATCH_SIZE": 1,
        "SOCIAIR_WORKERS": 1,
        "SOCIAIR_REQUESTS_PER_MINUTE": 0,
        "REQUEST_SECONDS": 1,
    }
    kept = ("TEXTS", "ANSWERS", "LEFT_OUT", "TABLES", "DRAFTS", "VISITS")
    least |= {f"KEEP_{what}_MONTHS": 0 for what in kept}
    return [
        Error(f"{name} must be at least {number}.", id="sociair_portal.E005")
        for name, number in least.items()
        if getattr(settings, name) < number
    ]


def check_queue(**kwargs: Any) -> list[CheckMessage]:
    """Unless told otherwise, Huey follows DEBUG and runs tasks where they are enqueued."""
    if settings.HUEY.get("immediate") is False:
        return []
    return [
        Error(
            'HUEY["immediate"] must be False: otherwise web requests would send.',
            id="sociair_portal.E006",
        )
    ]


def check_hosts(**kwargs: Any) -> list[CheckMessage]:
    if "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        Warning(
            "ALLOWED_HOSTS allows every name: list the names under which the portal is opened.",
            id="sociair_portal.W001",
        )
    ]


def check_tls(**kwargs: Any) -> list[CheckMessage]:
    """Databases elsewhere that are spoken to without making sure that they are the right ones."""
    return [
        Warning(
            f"{setting} names another machine, and anyone on the way there could read along.",
            hint=f"End it with ?{_VERIFIED}&sslrootcert=... (docs/settings.md).",
            id="sociair_portal.W003",
        )
        for setting, host, mode in _databases()
        if mode != "verify-full" and not _is_near(host)
    ]


def _databases() -> Iterator[tuple[str, str, object]]:
    """The setting, host and sslmode of each PostgreSQL."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("postgresql"):
        mode = database.get("OPTIONS", {}).get("sslmode")
        yield "DATABASE_URL", str(database.get("HOST", "")), mode
    if dsn := settings.HUEY.get("dsn"):
        parts = conninfo_to_dict(dsn)
        yield "HUEY_URL", str(parts.get("host") or ""), parts.get("sslmode")


def _is_near(host: str) -> bool:
    """On this machine, or in a network of containers, whose names have no dots."""
    is_name = not {".", ":", ","} & set(host)
    return (
        is_name
        or host.startswith("/")
        or is_loopback(f"//[{host}]" if ":" in host else f"//{host}")
    )


def check_files(**kwargs: Any) -> list[CheckMessage]:
    """Files with the token or with people's numbers, made before the portal kept them private."""
    database = settings.DATABASES["default"]
    paths = [Path(os.environ.get("ENV_FILE") or settings.BASE_DIR / ".env")]
    if database["ENGINE"].endswith("sqlite3"):
        paths += [Path(f"{database['NAME']}{end}") for end in ("", "-wal", "-shm")]
    if queue := settings.HUEY.get("filename"):
        paths += [Path(f"{queue}{end}") for end in ("", "-wal", "-shm")]
    return [
        Warning(
            f"Everyone on this machine can read or write {path.name}.",
            hint=f"chmod 600 {path}",
            id="sociair_portal.W002",
        )
        for path in paths
        if path.is_file() and path.stat().st_mode & _OTHERS
    ]


def check_fingerprint_key(**kwargs: Any) -> list[CheckMessage]:
    if settings.FINGERPRINT_KEY:
        return []
    return [
        Warning(
            "FINGERPRINT_KEY is not set: nobody can be anonymised.",
            hint="Set it to a long random text, the same on every machine, and keep a copy.",
            id="sociair_portal.W004",
        )
    ]


def check_fingerprints(
    *, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Anonymised people whom nobody would recognise by this key."""
    numbers: Any = apps.get_model("contacts", "ForgottenNumber")
    tables = connections["default"].introspection.table_names() if databases else []
    if numbers._meta.db_table not in tables:
        return []
    if not (lost := numbers.objects.exclude(key_mark=key_mark()).count()):
        return []
    return [
        Error(
            f"FINGERPRINT_KEY is not the key that {lost} anonymised numbers were kept with.",
            hint="Restore the former key: without it these people could be sent messages again. If "
            "it is lost, run `manage.py forget --lost-key --yes`, and anonymise them again.",
            id="sociair_portal.E008",
        )
    ]


def check_sqlite(*, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Read the PRAGMAs back: SQLite stays silent where it cannot do what it was told."""
    return [
        Error(
            f"SQLite's {name} is {value!r} instead of {_PRAGMAS[name]!r}.",
            hint="The file must be on a local disk: a network drive has no write-ahead log.",
            id="sociair_portal.E007",
        )
        for alias in databases or ()
        if connections[alias].vendor == "sqlite"
        for name, value in _pragmas(alias).items()
        if value not in (_PRAGMAS[name], "memory")
    ]


def _pragmas(alias: str) -> dict[str, Any]:
    with connections[alias].cursor() as cursor:
        return {
            name: cursor.execute(f"PRAGMA {name}").fetchone()[0]  # names of our own
            for name in _PRAGMAS
        }
