"""Statements that PostgreSQL plans once for each connection, asked of libpq itself.

psycopg's cursors plan them once as well, but cost more of the processor than what they ask, and a
message waits for a dozen of them.
"""

import re
import select
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple, TypeAlias
from weakref import WeakKeyDictionary

import psycopg
from psycopg import abc, errors, pq
from psycopg.adapt import PyFormat, Transformer

# Of each connection, the names of what it has planned: by statement and the types of its values.
_planned: Final[WeakKeyDictionary[psycopg.Connection[Any], dict[Any, bytes]]] = WeakKeyDictionary()

Values: TypeAlias = Sequence[Any] | Mapping[str, Any]

_PLACE: Final = re.compile(r"%\((\w+)\)s|%s|%%")
_DONE: Final = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)


class Found(NamedTuple):
    """The rows that a statement found or returned, and how many it changed."""

    rows: list[tuple[Any, ...]]
    changed: int


class _Question(NamedTuple):
    name: bytes
    values: Sequence[Any]
    adapter: abc.Transformer


def is_possible(connection: psycopg.Connection[Any]) -> bool:
    """Not before psycopg has begun the transaction, nor where a pooler may give each another
    connection of the server's.
    """
    has_begun = connection.pgconn.transaction_status == pq.TransactionStatus.INTRANS
    return has_begun and connection.prepare_threshold is not None


def ask(connection: psycopg.Connection[Any], statement: str, values: Values) -> Found:
    """Run a statement within a transaction that has begun. Raises psycopg's errors."""
    question = _question(connection, statement, values)
    adapter = question.adapter
    result = connection.pgconn.exec_prepared(question.name, question.values, adapter.formats)
    return _read(result, adapter)


def ask_together(
    connection: psycopg.Connection[Any], asked: Sequence[tuple[str, Values]]
) -> list[Found]:
    """Run statements one after another, and wait for the server once. The first that fails is
    raised, and those behind it are not run.
    """
    server = connection.pgconn
    questions = [_question(connection, statement, values) for statement, values in asked]
    server.enter_pipeline_mode()
    for name, values, adapter in questions:
        server.send_query_prepared(name, values, adapter.formats)
    server.pipeline_sync()
    while server.flush():
        _wait(server, select.POLLOUT)
    results = [_result(server) for _question in questions]
    _next(server)  # of the sync
    server.exit_pipeline_mode()
    return [
        _read(result, question.adapter) for result, question in zip(results, questions, strict=True)
    ]


def _result(server: pq.abc.PGconn) -> pq.abc.PGresult:
    """The next statement's result. Raises OperationalError."""
    result = _next(server)
    if result is None:
        raise psycopg.OperationalError("the connection is lost")
    _next(server)  # None: a statement has one result
    return result


def _next(server: pq.abc.PGconn) -> pq.abc.PGresult | None:
    while server.is_busy():
        _wait(server, select.POLLIN)
        server.consume_input()  # raises OperationalError if the connection is lost
    return server.get_result()


def _wait(server: pq.abc.PGconn, until: int) -> None:
    """libpq's own waiting would keep all other threads waiting as well."""
    poll = select.poll()
    poll.register(server.socket, until)
    poll.poll()


def _question(connection: psycopg.Connection[Any], statement: str, values: Values) -> _Question:
    """A statement that is planned, with its values as the server reads them."""
    sql, names = _as_postgresql_has_it(statement)
    given = [values[name] for name in names] if isinstance(values, Mapping) else values
    adapter = Transformer(connection)
    written = adapter.dump_sequence(given, [PyFormat.AUTO] * len(given))
    planned = _planned.setdefault(connection, {})
    key = statement, adapter.types
    if (name := planned.get(key)) is None:
        name = b"portal_%d" % len(planned)
        _check(connection.pgconn.prepare(name, sql, adapter.types))
        planned[key] = name
    return _Question(name, written, adapter)


def _read(result: pq.abc.PGresult, adapter: abc.Transformer) -> Found:
    _check(result)
    if result.status != pq.ExecStatus.TUPLES_OK:
        return Found([], result.command_tuples or 0)
    adapter.set_pgresult(result)
    return Found(adapter.load_rows(0, result.ntuples, tuple), result.command_tuples or 0)


def _check(result: pq.abc.PGresult) -> None:
    if result.status not in _DONE:
        raise errors.error_from_result(result)


@cache
def _as_postgresql_has_it(statement: str) -> tuple[bytes, tuple[str, ...]]:
    """A statement with numbered places, and the names of its values in their order, if they have
    any.
    """
    names: dict[str, int] = {}
    count = 0

    def place(found: re.Match[str]) -> str:
        nonlocal count
        if found[0] == "%%":
            return "%"
        if found[1] is None:
            count += 1
            return f"${count}"
        return f"${names.setdefault(found[1], len(names) + 1)}"

    sql = _PLACE.sub(place, statement)
    return sql.encode(), tuple(names)
