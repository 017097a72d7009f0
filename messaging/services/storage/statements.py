"""Statements written once as SQL, for the way of a message: putting them together anew for every
call costs more than the database does.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeAlias, TypeVar

from django.db import connection
from django.db.models import Field, Model

M = TypeVar("M", bound=Model)

Values: TypeAlias = Sequence[Any] | Mapping[str, Any]


def rows(statement: str, values: Values) -> list[tuple[Any, ...]]:
    """What a statement finds, or returns of what it changed."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


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
    own = [read(value) for read, value in zip(readers.values(), found, strict=False)]
    return model.from_db(connection.alias, list(readers), own), found[len(readers) :]


def columns(model: type[Model]) -> str:
    """SQL for all columns of a table."""
    names = (str(field.column) for field in model._meta.concrete_fields)
    return ", ".join(map(connection.ops.quote_name, names))


@cache
def _readers(model: type[Model]) -> dict[str, Callable[[Any], Any]]:
    """Of each attribute, what makes its value of the column's, as Django's own queries do."""
    return {field.attname: _reader(field) for field in model._meta.concrete_fields}


def _reader(field: "Field[Any, Any]") -> Callable[[Any], Any]:
    column = field.cached_col
    steps = [*connection.ops.get_db_converters(column), *field.get_db_converters(connection)]

    def read(value: Any) -> Any:
        for step in steps:
            value = step(value, column, connection)
        return value

    return read


def changed(statement: str, values: Values) -> int:
    """How many rows a statement changed."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        count: int = cursor.rowcount
    return count


def insert(row: Model) -> None:
    """Put a new row into its table. It gets no key, and no signal is sent."""
    statement, fields = _insert_into(type(row))
    values = (field.pre_save(row, add=True) for field in fields)
    changed(
        statement,
        [
            field.get_db_prep_save(value, connection)
            for field, value in zip(fields, values, strict=True)
        ],
    )


@cache
def _insert_into(model: type[Model]) -> "tuple[str, list[Field[Any, Any]]]":
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    places = ", ".join(["%s"] * len(fields))
    return " ".join(("INSERT INTO", table, f"({columns}) VALUES ({places})")), fields


def moment(at: datetime | None) -> Any:
    """A moment as the database takes it from a statement of this kind."""
    return connection.ops.adapt_datetimefield_value(at)
