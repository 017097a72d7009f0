"""Pagination by key: the next page begins after the last row of this one, however deep it is.

    page = page_by_key(Contact.objects.all(), order=("name", "id"), at=request.GET.get("page", ""))

The last of `order` is unique, and none of it is ever null; `-` in front descends. An index over
these columns makes every page as fast as the first, and nothing is ever counted. `_pager.html`
draws the links from `page.previous` and `page.next`, empty where there is nothing more.

Tokens stand in addresses, so they have no name and no number in them: where the order is by a text,
the token has the ids of the row and of its neighbours, and the key is read from the first of them
that has not been deleted.
"""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import CharField, Field, Model, QuerySet, TextField

from sociair_portal.common.first_rows import first_rows

PAGE_SIZE: Final = 50
_NEIGHBOURS: Final = 5  # rows that a token names, so that some of them may be deleted
_FORWARD, _BACKWARD = "after", "before"

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows in their order, and the tokens of the pages beside them ("" if there are none)."""

    items: list[Row]
    previous: str = ""
    next: str = ""


def page_by_key(
    rows: QuerySet[Row],
    *,
    order: Sequence[str],
    at: str = "",
    size: int = PAGE_SIZE,
    among: QuerySet[Row] | None = None,
) -> Page[Row]:
    """The page of `rows` that the token `at` names.

    The first page for a token that is empty, broken, or of a page that is gone. `among` is the
    whole list, where `rows` are found in it by a search and may be few.
    """
    direction, key = _read_token(rows.model, order, at)
    first = partial(first_rows, rows, size + 1, among=among)
    if direction == _BACKWARD:
        page = _before(first, order, key, size)
    else:
        page = _after(first, order, key, size)
    return page if page.items or not key else _after(first, order, [], size)


def _after(
    first: Callable[..., list[Row]], order: Sequence[str], key: list[Any], size: int
) -> Page[Row]:
    found = first(order=order, key=key)
    items = found[:size]
    return Page(
        items,
        previous=_token(_BACKWARD, order, items) if key and items else "",
        next=_token(_FORWARD, order, items[::-1]) if len(found) > size else "",
    )


def _before(
    first: Callable[..., list[Row]], order: Sequence[str], key: list[Any], size: int
) -> Page[Row]:
    """The page before a key; the first page if it would not be full."""
    back = [name.removeprefix("-") if name.startswith("-") else f"-{name}" for name in order]
    found = first(order=back, key=key)
    if len(found) <= size:
        return _after(first, order, [], size)
    items = found[size - 1 :: -1]
    return Page(
        items,
        previous=_token(_BACKWARD, order, items),
        next=_token(_FORWARD, order, items[::-1]),
    )


def _is_private(model: type[Model], order: Sequence[str]) -> bool:
    """Whether the key has a text in it, which may be a name or a number."""
    fields = (model._meta.get_field(name.removeprefix("-")) for name in order)
    return any(isinstance(field, CharField | TextField) for field in fields)


def _token(direction: str, order: Sequence[str], rows: Sequence[Model]) -> str:
    """Of the page beside the first of these rows; the others are its neighbours."""
    if _is_private(type(rows[0]), order):
        key = [row.pk for row in rows[:_NEIGHBOURS]]
    else:
        key = [getattr(rows[0], name.removeprefix("-")) for name in order]
    text = json.dumps([direction, *key], default=str)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_token(model: type[Model], order: Sequence[str], token: str) -> tuple[str, list[Any]]:
    """The direction and the key in a token; no key if we did not make it."""
    try:
        padded = token + "=" * (-len(token) % 4)
        direction, *raw = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if direction not in (_FORWARD, _BACKWARD):
            return _FORWARD, []
        if _is_private(model, order):
            pks = [_value(model, model._meta.pk.name, value) for value in raw[:_NEIGHBOURS]]
            return direction, _key_of(model, order, pks)
        return direction, [_value(model, *pair) for pair in zip(order, raw, strict=True)]
    except (ValueError, TypeError, ValidationError, RecursionError):
        return _FORWARD, []


def _key_of(model: type[Model], order: Sequence[str], pks: list[Any]) -> list[Any]:
    """The key of the first of these rows that is still there."""
    names = [name.removeprefix("-") for name in order]
    rows: QuerySet[Any] = QuerySet(model)
    found = rows.filter(pk__in=pks).values_list("pk", *names)
    keys = {pk: key for pk, *key in found}
    return next((keys[pk] for pk in pks if pk in keys), [])


def _value(model: type[Model], name: str, raw: Any) -> Any:
    """A value as the field has it. Raises an error for what the field could never hold."""
    field = model._meta.get_field(name.removeprefix("-"))
    if not isinstance(field, Field) or not isinstance(raw, str | int):
        raise TypeError
    if b"\0" in str(raw).encode():  # half a surrogate cannot be encoded
        raise ValueError
    value = field.to_python(raw)
    field.run_validators(value)
    return value
