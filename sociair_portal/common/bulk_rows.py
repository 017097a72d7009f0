"""Inserting many rows together: COPY on PostgreSQL, many rows a statement elsewhere.

Django's own bulk_create builds a model and a statement for every few rows and takes several times
as long.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, Final

from django.db import connection, models

_MANY: Final = 1000  # rows; fewer change no plan
_SMALL: Final = 1000  # pages
_DOUBLED: Final = """
SELECT relname FROM pg_class WHERE oid = ANY(%s::regclass[]) AND relpages < %s
AND pg_relation_size(oid) >= 2 * relpages * current_setting('block_size')::bigint
"""


def take_stock(*tables: type[models.Model], added: int) -> None:
    """Analyse tables after so many rows were added.

    PostgreSQL does so itself only a minute later or more. Until then it may take a table of a
    hundred thousand people for one of three, and search it once for each of them.
    """
    if added >= _MANY and connection.vendor == "postgresql":
        _analyse(model._meta.db_table for model in tables)


def take_stock_while_small(*tables: type[models.Model]) -> None:
    """Analyse those tables that are small still and have doubled, while rows are added by pieces.

    A connection of PostgreSQL keeps its plans: one that was made for a few rows, as for looking up
    each new row's parent, is used for thousands until the table is analysed.
    """
    if connection.vendor != "postgresql":
        return
    names = [connection.ops.quote_name(model._meta.db_table) for model in tables]
    with connection.cursor() as cursor:
        cursor.execute(_DOUBLED, [names, _SMALL])
        small = [name for (name,) in cursor.fetchall()]
    _analyse(small)


def _analyse(names: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(name)}")


def reserve_ids(model: type[models.Model], count: int) -> Sequence[int]:
    """Ascending ids for so many new rows: known before they are inserted, and nobody else's.

    They are asked for and used in one transaction; on SQLite one that writes, as all of ours do.
    """
    quote = connection.ops.quote_name
    table, key = model._meta.db_table, str(model._meta.pk.column)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "WITH ids AS MATERIALIZED (SELECT pg_get_serial_sequence(%s, %s)::regclass AS next)"
                " SELECT nextval(ids.next) FROM ids, generate_series(1, %s)",
                [quote(table), key, count],
            )
            return [pk for (pk,) in cursor.fetchall()]
        # As its AUTOINCREMENT does: an id is never given twice, even if its row was deleted.
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        given = cursor.fetchone() or (0,)
        highest = models.QuerySet(model).aggregate(pk=models.Max("pk"))["pk"] or 0
        last = max(*given, highest)
        return range(last + 1, last + 1 + count)


def insert_rows(
    model: type[models.Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows of raw values, in the order of `fields`. Defaults are not filled in."""
    quote = connection.ops.quote_name
    names = {field.name: str(field.column) for field in model._meta.concrete_fields}
    columns = ", ".join(quote(names[name]) for name in fields)
    into = f"{quote(model._meta.db_table)} ({columns})"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {into} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            _insert_in_statements(cursor, into, len(fields), list(rows))


def _insert_in_statements(
    cursor: Any, into: str, width: int, rows: Sequence[Sequence[Any]]
) -> None:
    """Insert as many rows with a statement as it can have values; the last ones one by one."""
    most = (connection.features.max_query_params or width) // width
    whole = len(rows) - len(rows) % most
    row = f"({', '.join(['%s'] * width)})"
    statement = f"INSERT INTO {into} VALUES "  # noqa: S608  # our names
    if whole:
        several = [list(chain.from_iterable(rows[at : at + most])) for at in range(0, whole, most)]
        cursor.executemany(statement + ", ".join([row] * most), several)
    if rows[whole:]:
        cursor.executemany(statement + row, rows[whole:])
