"""The sending day in a text beside a field or a column that is called like it."""

from datetime import datetime
from typing import Final, NamedTuple

from contacts.models import ContactField
from messaging.models import RecipientTable
from messaging.services.audience.letters import not_past, said_days
from messaging.text.placeholders import DATE, DATE_BS, meaning, pairs_of_days, parse
from messaging.text.validity import InvalidText

_SHOWN: Final = 60  # characters of an example


class OtherDay(NamedTuple):
    """A placeholder that says the sending day, and the one that it may be taken for, with what its
    field or column is called and, of a spreadsheet, the first value.
    """

    key: str
    said: str
    other: str
    label: str
    example: str


def other_days(text: str, table: RecipientTable | None, at: datetime | None) -> list[OtherDay]:
    """Where a text that goes out at a time (None: now) says the sending day as if it were the day
    of a field or a column.
    """
    try:
        wording = parse(text)
    except InvalidText:
        return []
    if not {meaning(key, ()) for key in wording.keys} & {DATE, DATE_BS}:
        return []
    own = _own() if table is None else table.headings
    said = said_days(wording, not_past(at), own)
    pairs = [(key, other) for key, other in pairs_of_days(wording.keys, own) if key in said]
    first = table.first_rows.first() if table is not None and pairs else None
    values = {} if first is None else first.fields
    return [
        OtherDay(
            f"{{{key}}}", said[key], f"{{{other}}}", own[other], str(values.get(other, ""))[:_SHOWN]
        )
        for key, other in pairs
    ]


def _own() -> dict[str, str]:
    return dict(ContactField.objects.values_list("key", "name"))
