"""Rows whose column has one of many values, for thousands of values at a time.

Django's own `__in` makes a parameter, and some Python, of every value: with five thousand of them
that takes longer than the database does. Here all of them are one parameter.
"""

import json
from collections.abc import Iterable
from typing import Any

from django.db.models import BooleanField, F, Func


class AnyOf(Func):
    """`Contact.objects.filter(AnyOf("mobile", numbers))`, for columns of text or of ids."""

    output_field = BooleanField()

    def __init__(self, name: str, values: Iterable[str] | Iterable[int]) -> None:
        super().__init__(F(name))
        self._values: list[str | int] = list(values)

    def as_sql(self, compiler: Any, connection: Any, *_args: Any, **_context: Any) -> Any:
        column, params = compiler.compile(self.source_expressions[0])
        one = json.dumps(self._values)
        return f"{column} IN (SELECT value FROM json_each(%s))", [*params, one]  # noqa: S608

    def as_postgresql(self, compiler: Any, connection: Any, **_context: Any) -> Any:
        column, params = compiler.compile(self.source_expressions[0])
        return f"{column} = ANY(%s)", [*params, self._values]
