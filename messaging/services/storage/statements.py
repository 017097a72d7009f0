"""Statements written once as SQL, for the way of a message: putting them together anew for every
call costs more than the database does.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final, TypeAlias, TypeVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import DateTimeField, DecimalField, Field, JSONField, Model

from messaging.services.storage import prepared
from messaging.services.storage.prepared import Found, Values

M = TypeVar("M", bound=Model)

_Convert: TypeAlias = Callable[[Any], Any]

Statement: TypeAlias = tuple[str, Values]


def together(*asked: Statement) -> list[Found]:
    """What statements find and change that are run one after another, each whatever the one
    before it found; the first that fails is raised.

    Within a transaction the driver is asked directly, because Django's cursors cost more than
    what they ask; they are used where someone listens to them, and where the transaction is
    broken, which they tell.
    """
    of_thread = connections[DEFAULT_DB_ALIAS]
    is_heard = of_thread.queries_logged or of_thread.execute_wrappers
    if is_heard or of_thread.needs_rollback or not of_thread.in_atomic_block:
        with of_thread.cursor() as cursor:
            return [_asked(cursor, *each) for each in asked]
    with of_thread.wrap_database_errors:
        return _ask_driver(of_thread, asked)


def _ask_driver(of_thread: BaseDatabaseWrapper, asked: Sequence[Statement]) -> list[Found]:
    driver = of_thread.connection
    if of_thread.vendor == "sqlite":
        return [
            _read(driver.execute(_as_sqlite_has_it(sql, isinstance(values, Mapping)), values))
            for sql, values in asked
        ]
    if not prepared.is_possible(driver):
        return [_read(psycopg.Cursor(driver).execute(*each)) for each in asked]
    if len(asked) == 1:
        return [prepared.ask(driver, *asked[0])]
    return prepared.ask_together(driver, asked)


def _asked(cursor: Any, statement: str, values: Values) -> Found:
    cursor.execute(statement, values)
    return _read(cursor)


def _read(cursor: Any) -> Found:
    return Found(cursor.fetchall() if cursor.description else [], cursor.rowcount)


def tell(statement: str) -> None:
    """How the connection, or the transaction, is to behave. It is opened first where it is not."""
    of_thread = connections[DEFAULT_DB_ALIAS]
    of_thread.ensure_connection()
    with of_thread.wrap_database_errors:
        of_thread.connection.execute(statement)


@cache
def _as_sqlite_has_it(statement: str, has_names: bool) -> str:
    """A statement with SQLite's own placeholders."""
    if has_names:
        return _NAMED.sub(r":\1", statement).replace("%%", "%")
    return statement.replace("%s", "?").replace("%%", "%")


_NAMED: Final = re.compile(r"%\((\w+)\)s")


def rows(statement: str, values: Values) -> list[tuple[Any, ...]]:
    """What a statement finds, or returns of what it changed."""
    return together((statement, values))[0].rows


def row(statement: str, values: Values) -> tuple[Any, ...] | None:
    """The one row that a statement finds or returns, if there is one."""
    return next(iter(rows(statement, values)), None)


def instance(model: type[M], statement: str, values: Values) -> tuple[M, tuple[Any, ...]] | None:
    """The one row that a statement finds or returns, as a model; and what comes beside it.

    The statement names the columns as `columns(model)` does, and others behind them.
    """
    found = row(statement, values)
    if found is None:
        return None
    readers = _readers(model)
    own = [
        read(value) if read else value for read, value in zip(readers.values(), found, strict=False)
    ]
    return model.from_db(connection.alias, list(readers), own), found[len(readers) :]


def columns(model: type[Model]) -> str:
    """SQL for all columns of a table."""
    names = (str(field.column) for field in model._meta.concrete_fields)
    return ", ".join(map(connection.ops.quote_name, names))


@cache
def _readers(model: type[Model]) -> dict[str, _Convert | None]:
    """Of each attribute, what makes its value of the column's, as Django's own queries do."""
    return {field.attname: _reader(field) for field in model._meta.concrete_fields}


def _reader(field: "Field[Any, Any]") -> _Convert | None:
    column = field.cached_col
    steps = [*connection.ops.get_db_converters(column), *field.get_db_converters(connection)]

    def read(value: Any) -> Any:
        for step in steps:
            value = step(value, column, connection)
        return value

    return read if steps else None


def changed(statement: str, values: Values) -> int:
    """How many rows a statement changed."""
    return together((statement, values))[0].changed


def inserting(model: type[Model], row: Mapping[str, Any]) -> Statement:
    """What puts a new row into a table: all of its attributes but the key, which is not told."""
    statement, writers = _insert_into(model)
    return statement, [write(row[name]) if write else row[name] for name, write in writers.items()]


@cache
def _insert_into(model: type[Model]) -> tuple[str, dict[str, _Convert | None]]:
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    places = ", ".join(["%s"] * len(fields))
    statement = " ".join(("INSERT INTO", table, f"({columns}) VALUES ({places})"))
    return statement, {field.attname: _writer(field) for field in fields}


def _writer(field: "Field[Any, Any]") -> _Convert | None:
    """What makes a column's value, where it is another than the attribute's."""
    if not isinstance(field, JSONField | DateTimeField | DecimalField):
        return None
    return lambda value: field.get_db_prep_save(value, connection)


def amount(rupees: Decimal) -> Any:
    """Rupees as the database takes them from a statement of this kind, to four decimals."""
    return connection.ops.adapt_decimalfield_value(rupees, max_digits=14, decimal_places=4)


def moment(at: datetime | None) -> Any:
    """A moment as the database takes it from a statement of this kind."""
    return connection.ops.adapt_datetimefield_value(at)
