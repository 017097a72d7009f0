"""The database's own clock, as SQL, and the era of its life: all machines go by the same ones.

An era is a stretch in which the database certainly was not set back to an earlier state. On
PostgreSQL it ends with each restart of the server, and with each restore, which makes the database
or its tables anew. SQLite tells nothing of the kind, so there each worker process begins one.
"""

from datetime import UTC, datetime
from typing import Final

from django.db import connection

from messaging.models.gateway import CLOCK_TOLERANCE

_NOW: Final = {
    "postgresql": "clock_timestamp()",
    "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')",
}
_SHIFTED: Final = {
    "postgresql": "clock_timestamp() + ({seconds}) * interval '1 second'",
    "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', ({seconds}) || ' seconds')",
}
_UNTIL: Final = {
    "postgresql": "extract(epoch FROM {moment} - clock_timestamp())",
    "sqlite": "(julianday({moment}) - julianday('now')) * 86400.0",
}
_ERA: Final = {
    "postgresql": (
        "concat_ws('/', extract(epoch FROM pg_postmaster_start_time()),"
        " (SELECT oid FROM pg_database WHERE datname = current_database()),"
        " 'messaging_gateway'::regclass::oid, pg_relation_filenode('messaging_gateway'))"
    ),
    "sqlite": "messaging_gateway.era",
}


def now() -> str:
    """SQL for this moment, with `%` doubled for a statement with parameters."""
    return _NOW[connection.vendor]


def moment() -> datetime:
    """What time it is for the database."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {now()}".replace("%%", "%"))
        return read(cursor.fetchone()[0])


def read(found: datetime | str) -> datetime:
    """A moment as a cursor gives it, with a zone.

    From SQLite it comes without one: as a datetime from a column, as text from an expression.
    """
    moment = datetime.fromisoformat(found) if isinstance(found, str) else found
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def shifted(seconds: str) -> str:
    """SQL for so many seconds from now; `seconds` is SQL too, a placeholder or a number."""
    return _SHIFTED[connection.vendor].format(seconds=seconds)


def seconds_until(moment: str) -> str:
    """SQL for the seconds from now to a `moment`, which is SQL too."""
    return _UNTIL[connection.vendor].format(moment=moment)


def era() -> str:
    """SQL for the era of this moment, within a statement about a gateway's row."""
    return _ERA[connection.vendor]


def tells_eras() -> bool:
    """Whether the database itself knows when an era ends."""
    return connection.vendor == "postgresql"


# A hold that began in the future was made by a clock that was wrong: it is not believed.
_IS_FREE: Final = """
    (hold_kind = '' OR (hold_kind = 'timed' AND (held_until <= {now} OR held_at > {soon})))
"""


def is_free() -> str:
    """SQL for whether nothing holds the gateway of a row."""
    return _IS_FREE.format(now=now(), soon=shifted(str(CLOCK_TOLERANCE.seconds)))
