"""The first rows that a search finds, in the order of a list, whether it finds many or few.

Where many rows fit, an index in the order of the list meets a page of them soon; where few do,
it would be walked to its end, and those few are gathered and sorted sooner. Neither database knows
which it is, as those who are looked for often stand together in the list. So a stretch of it is
walked, and more if that promises a full page; the rest is gathered.
"""

from collections.abc import Sequence
from typing import Any, Final, TypeVar

from django.db.models import F, Model, Q, QuerySet
from django.db.models.functions import Coalesce

_STRETCH: Final = 5_000
_FURTHEST: Final = 50_000  # rows of the list that are walked sooner than all that fit are gathered
_PLAIN: Final = "plain_"

Row = TypeVar("Row", bound=Model)


def _beyond(order: Sequence[str], key: Sequence[Any]) -> Q:
    """After the key: a >= x and (a > x or (b >= y and (b > y …))), which an index can walk."""
    return _on_one_side(order, key, upwards="gt", downwards="lt")


def _until(order: Sequence[str], key: Sequence[Any]) -> Q:
    """Before the key, or at it."""
    return _on_one_side(order, key, upwards="lt", downwards="gt", or_at_it="e")


def _on_one_side(
    order: Sequence[str], key: Sequence[Any], *, upwards: str, downwards: str, or_at_it: str = ""
) -> Q:
    condition = Q()
    for name, value in reversed(list(zip(order, key, strict=bool(key)))):
        field, sign = name.removeprefix("-"), downwards if name.startswith("-") else upwards
        if not condition:
            condition = Q(**{f"{field}__{sign}{or_at_it}": value})
        else:
            strictly = Q(**{f"{field}__{sign}": value})
            condition = Q(**{f"{field}__{sign}e": value}) & (strictly | condition)
    return condition


def first_rows(
    rows: QuerySet[Row],
    count: int,
    *,
    order: Sequence[str],
    key: Sequence[Any] = (),
    among: QuerySet[Row] | None = None,
) -> list[Row]:
    """The first `count` of some rows after a key in an order that an index has.

    `among` is the whole list, where `rows` are found in it by a search.
    """
    found: list[Row] = []
    if among is None:
        return list(rows.filter(_beyond(order, key)).order_by(*order)[:count])
    walked, stretch = 0, _STRETCH
    while stretch and (end := _key_after(among, stretch, order, key)):
        part = rows.filter(_beyond(order, key), _until(order, end)).order_by(*order)
        found += part[: count - len(found)]
        if len(found) == count:
            return found
        walked, key = walked + stretch, end
        promised = walked * count // len(found) if found else _FURTHEST
        stretch = promised - walked if promised < _FURTHEST else 0
    if stretch:  # the list ends before that
        rest = rows.filter(_beyond(order, key)).order_by(*order)
        return [*found, *rest[: count - len(found)]]
    return [*found, *_gathered(rows, count - len(found), order, key)]


def _key_after(
    among: QuerySet[Row], stretch: int, order: Sequence[str], key: Sequence[Any]
) -> Sequence[Any]:
    """The key of the last row of a stretch of the list; nothing if the list ends before."""
    names = [name.removeprefix("-") for name in order]
    following = among.filter(_beyond(order, key)).order_by(*order).values_list(*names)
    return next(iter(following[stretch - 1 : stretch]), ())


def _gathered(
    rows: QuerySet[Row], count: int, order: Sequence[str], key: Sequence[Any]
) -> list[Row]:
    """The first of all that fit, compared and sorted by what no index has: none is walked."""
    names = {name.removeprefix("-") for name in order}
    plain = rows.alias(**{f"{_PLAIN}{name}": Coalesce(F(name), F(name)) for name in names})
    by = [f"-{_PLAIN}{name[1:]}" if name.startswith("-") else f"{_PLAIN}{name}" for name in order]
    first = plain.filter(_beyond(by, key)).order_by(*by).values_list("pk", flat=True)[:count]
    return list(rows.filter(pk__in=list(first)).order_by(*order))
