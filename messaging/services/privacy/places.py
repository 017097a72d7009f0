"""Finding the rows of a table in which a person's number stands, or that belong to her by a key."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import F, JSONField, Model, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.functional import Promise

from contacts.mentions import endings_of
from messaging.services.privacy.traces import Traces

Row = Mapping[str, Any]
Values = dict[str, Any]
_READ_AT_ONCE: Final = 1000


def _mention(columns: tuple[str, ...]) -> Callable[[Row, Traces], bool]:
    return lambda row, traces: traces.are_in([row[name] for name in columns])


@dataclass(frozen=True, slots=True)
class Place:
    """Some columns of a table, and what a row of hers becomes (`emptied`; None: it is named, and
    stays as it is).

    A row is hers if it mentions the number, unless `is_hers` decides. The database looks for the
    number's last digits first, or for what `looked_for` names; "" is every row. Where numbers
    stand as ten digits alone, the place `is_exact`. `others` are columns that only `emptied` reads.
    """

    name: str
    label: Promise
    model: type[Model]
    columns: tuple[str, ...]
    emptied: Callable[[Row, Traces], Values] | None
    others: tuple[str, ...] = ()
    is_exact: bool = False
    where: Q | None = None
    by_key: Callable[[Traces], Q] | None = None
    is_hers: Callable[[Row, Traces], bool] | None = None
    looked_for: Callable[[Traces], tuple[str, ...]] | None = None
    # Whether one of several who share the number is found here, by her name or her contact.
    of_one: bool = False
    # What of a row belongs into a file for her, in words; "" where it tells of others as well.
    told: Callable[[Row, Traces], str] | None = None
    # Why what is only named stays.
    stays: Promise | str = ""

    def rows(self, traces: Traces) -> Iterator[Row]:
        """The rows about her, each with its `pk`. The table is looked through once, a part at a
        time: whoever reads on while something is written would be refused by SQLite.
        """
        if not (traces.of_number or self.of_one):
            return
        is_hers = self.is_hers or _mention(self.columns)
        keys = self._keys_of(traces)
        found = self._candidates(traces, keys).order_by("pk")
        part = found.values("pk", *self.columns, *self.others)
        while some := list(part[:_READ_AT_ONCE]):
            yield from (row for row in some if row["pk"] in keys or is_hers(row, traces))
            part = part.filter(pk__gt=some[-1]["pk"])

    def as_read(self, row: Row) -> QuerySet[Any, Any]:
        """A row, if it still is what it was judged by (JSON apart, which a column beside tells)."""
        names = [name for name in (*self.columns, *self.others) if name not in self._json]
        same = {name: row[name] for name in names}
        rows: QuerySet[Any, Any] = self._rows
        return rows.filter(pk=row["pk"], **same)

    def fitted(self, values: Values) -> Values:
        """What a row becomes, cut to what its columns hold: words may be longer than a number."""
        kinds = {field.name: field for field in self.model._meta.concrete_fields}
        most = {name: getattr(kinds[name], "max_length", None) for name in values}
        return {
            name: value[: most[name]] if isinstance(value, str) and most[name] else value
            for name, value in values.items()
        }

    def _keys_of(self, traces: Traces) -> set[Any]:
        if self.by_key is None:
            return set()
        rows = self._rows.filter(self.by_key(traces))
        return set(rows.values_list("pk", flat=True))

    def _candidates(self, traces: Traces, keys: set[Any]) -> QuerySet[Any, Any]:
        ends = (traces.mobile,) if self.is_exact else endings_of(traces.mobile)
        if self.looked_for is not None:
            ends = (*ends, *self.looked_for(traces))
        rows: QuerySet[Any, Any] = self._rows
        if "" in ends:
            return rows
        as_text = {f"{name}_in_words": Cast(F(name), TextField()) for name in self._json}
        wanted = Q(pk__in=keys) if keys else Q()
        for name in self.columns:
            column = f"{name}_in_words" if name in self._json else name
            for end in ends:
                wanted |= Q(**{f"{column}__contains": end})
        found: QuerySet[Any, Any] = rows.alias(**as_text).filter(wanted)
        return found

    @property
    def _rows(self) -> QuerySet[Any, Any]:
        return QuerySet(self.model).filter(self.where or Q())

    @property
    def _json(self) -> list[str]:
        kinds = {field.name: field for field in self.model._meta.concrete_fields}
        return [name for name in self.columns if isinstance(kinds[name], JSONField)]
