"""Statements written once as SQL, for the way of a message: putting them together anew for every
call costs more than the database does.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeAlias

from django.db import connection
from django.db.models import Field, Model

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
