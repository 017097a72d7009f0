"""What stands behind `?` in the address of a database reaches its driver."""

from collections.abc import Iterator

import psycopg
import pytest
from django.db.backends.postgresql.base import DatabaseWrapper
from huey import PostgresHuey

from sociair_portal.environment import database
from sociair_portal.values import queue_settings
from tests.raw_server import RawServer

_NO_TLS = b"N"  # PostgreSQL's answer to whoever asks for TLS where there is none
_VERIFIED = "?sslmode=verify-full&sslrootcert=/nowhere/ca.crt&connect_timeout=5"
_REFUSED = "server does not support SSL, but SSL was required"


@pytest.fixture
def plain() -> Iterator[RawServer]:
    """A PostgreSQL without TLS, or someone on the way who says that there is none."""
    with RawServer(greeting=_NO_TLS) as server:
        yield server


def address(server: RawServer) -> str:
    return f"postgres://me:secret@127.0.0.1:{server.address[1]}/portal{_VERIFIED}"


def test_the_portal_speaks_to_its_database_with_tls_or_not_at_all(plain: RawServer) -> None:
    there = database(address(plain))
    wrapper = DatabaseWrapper({**there, "TIME_ZONE": None, "CONN_HEALTH_CHECKS": False})
    asked = wrapper.get_connection_params()
    assert (asked["sslmode"], asked["sslrootcert"]) == ("verify-full", "/nowhere/ca.crt")

    with pytest.raises(psycopg.OperationalError, match=_REFUSED):
        psycopg.connect(**asked)


def test_the_queue_speaks_to_its_database_with_tls_or_not_at_all(plain: RawServer) -> None:
    found = queue_settings(address(plain), {})
    queue = PostgresHuey(dsn=found["dsn"], create_tables=found["create_tables"])
    with pytest.raises(psycopg.OperationalError, match=_REFUSED):
        queue.pending_count()
