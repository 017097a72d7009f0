"""What a message may say, and writing it for one recipient after the other, as it will be billed.

This is where a hundred thousand rows pass through one by one (benchmarks/), so that values are
shown only for placeholders that are there, and a text without placeholders is measured once.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any, Final, NamedTuple

from django.utils import timezone
from django.utils.timezone import localtime

from contacts.fields import FieldKind, FieldValue, NumberStyle, Shape, compared
from contacts.models import ContactField
from contacts.phone import format_mobile
from messaging.models import Campaign, RecipientTable
from messaging.services.audience.known_keys import known_keys
from messaging.text import days
from messaging.text.length import ONE_PART, is_plain, is_simple, measure
from messaging.text.placeholders import (
    DATE,
    DATE_BS,
    NAME,
    NUMBER,
    Slot,
    Wording,
    field_in_bs,
    meaning,
    parse,
    read_wording,
)
from messaging.text.validity import InvalidText, can_be_seen, check_text
from sociair_portal.common.sentences import noted


class Letter(NamedTuple):
    """One recipient's text, and in how many parts it is billed."""

    text: str
    parts: int


# As `Letter(text, parts)`, in half the time.
_letter: Final = tuple.__new__


class Unwritable(Exception):
    """A recipient gets no message; the words say why. `missing` is the field without a value."""

    def __init__(self, words: str, missing: str = "") -> None:
        super().__init__(words)
        self.missing = missing


# Sources of values that are no fields; a key of a field or a column never begins with a space.
_NAME: Final = " name"
_NUMBER: Final = " number"
_AS_IT_IS: Final = Shape()
_SOURCES: Final = {NAME: _NAME, NUMBER: _NUMBER, DATE_BS: " nothing"}


class _Place(NamedTuple):
    """Where a slot's value comes from, whether it is anything but a text, and how it is shown
    (None: it cannot be, and counts as no value).
    """

    key: str
    is_other: bool
    shows: Callable[[FieldValue], str | None]
    slot: Slot


class Writer:
    """Writes a wording's letters. `day` is what `{date}` says, `shapes` say how fields are shown,
    and `own` are fields that stand before what is ours of the same key.

    Of a letter that fits into one plain part only the values are looked at: that its fixed text is
    plain is known, and so is its length.
    """

    def __init__(
        self,
        wording: Wording,
        *,
        day: datetime,
        shapes: Mapping[str, Shape] | None = None,
        own: Collection[str] = (),
    ) -> None:
        self._shapes = shapes or {}
        self._own = own
        self._in_devanagari = days.is_devanagari(wording.fixed)
        wording = wording.filled(said_days(wording, day, own))
        self._slots = [self._place(piece) for piece in wording.pieces if isinstance(piece, Slot)]
        self._pattern = "".join(
            "%s" if isinstance(piece, Slot) else piece.replace("%", "%%")
            for piece in wording.pieces
        )
        fixed = wording.fixed
        fits = is_plain(fixed) and can_be_seen(fixed)
        self._room = ONE_PART - measure(fixed).units if fits else -1
        self._same: Letter | None = None
        if not self._slots:
            text = fixed.strip()
            self._same = Letter(text, check_text(text).parts)

    @property
    def same(self) -> Letter | None:
        """The letter that everyone gets; None if they may differ."""
        return self._same

    @property
    def is_personal(self) -> bool:
        """Whether two recipients may get different letters."""
        return self._same is None

    @property
    def styles(self) -> list[tuple[str, str]]:
        """How the numbers of its fields are written, where that was chosen."""
        places = {place.key for place in self._slots}
        shown = ((key, one.style.value) for key, one in self._shapes.items() if key in places)
        return sorted((key, style) for key, style in shown if style)

    @property
    def reads_fields(self) -> bool:
        """Whether more of a recipient is wanted than the name and the number."""
        return any(place.key not in (_NAME, _NUMBER) for place in self._slots)

    def write(self, mobile: str, name: str, fields: Mapping[str, Any]) -> Letter:
        """The letter of one recipient. Raises `Unwritable`."""
        if self._same is not None:
            return self._same
        if name[3:4] == "-" and name == format_mobile(mobile):
            name = ""  # someone who was imported without a name is called by the number
        values = []
        for key, is_other, shows, slot in self._slots:
            value = name if key is _NAME else mobile if key is _NUMBER else fields.get(key)
            if is_other or not value or type(value) is not str:
                value = _show(slot, shows, value)
            values.append(value)
        text = (self._pattern % tuple(values)).strip()
        joined = "".join(values)
        if len(joined) <= self._room and is_simple(joined):
            return _letter(Letter, (text, 1))
        try:
            return Letter(text, check_text(text).parts)
        except InvalidText as invalid:
            said = noted("With this recipient's details: %(reason)s", reason=invalid.reason)
            raise Unwritable(said) from invalid

    def _place(self, slot: Slot) -> _Place:
        if field := field_in_bs(slot.key, self._own):
            return _Place(field, True, partial(_in_bs, self._in_devanagari), slot)
        key = meaning(slot.key, self._own)
        shape = self._shapes.get(key, _AS_IT_IS)
        source = key if key in self._own else _SOURCES.get(key, key)
        return _Place(source, not shape.is_plain, shape.show, slot)


def _show(slot: Slot, shows: Callable[[FieldValue], str | None], value: Any) -> str:
    """A value that is no text as it stands, or what stands there without one."""
    if value is not None and value != "" and (shown := shows(value)) is not None:
        return shown
    if slot.default is None:
        raise Unwritable(noted("There is no value for {%(key)s}.", key=slot.key), slot.key)
    return slot.default


def _in_bs(in_devanagari: bool, value: FieldValue) -> str | None:
    """A field's day in Bikram Sambat, if it is known."""
    iso = compared(value)
    return days.sambat(date.fromisoformat(str(iso)), in_devanagari=in_devanagari) if iso else None


def said_days(wording: Wording, day: datetime, own: Collection[str]) -> dict[str, str]:
    """What the placeholders of the sending day say, in the order of the text.

    In Bikram Sambat by the script of the words that everyone gets: the language of whoever looks
    changes no message. One that is not known has no value.
    """
    meant = {key: one for key in wording.keys if (one := meaning(key, own)) not in own}
    on = localtime(day).date()
    said = {DATE: days.gregorian(on)}
    if sambat := days.sambat(on, in_devanagari=days.is_devanagari(wording.fixed)):
        said[DATE_BS] = sambat
    return {key: said[one] for key, one in meant.items() if one in said}


def show_day(moment: datetime) -> str:
    """A day in messages, in the portal's time zone; always of the same length: 09 Nov 2026."""
    return days.gregorian(localtime(moment))


def writer_for(text: str, table: RecipientTable | None, *, day: datetime | None = None) -> Writer:
    """The writer of a text's letters. Raises `InvalidText` for a text that cannot be sent."""
    _text, wording = read_wording(text, known_keys(table))
    day = day or timezone.now()
    if table is not None:
        return Writer(wording, day=day, own=_own(table))
    shapes = _shapes() if wording.keys else {}
    return Writer(wording, day=day, shapes=shapes, own=shapes)


def _own(table: RecipientTable) -> set[str]:
    """Keys of the columns, which stand before a recipient's name, number or day of the same key."""
    meant = {NAME} if table.name_key == NAME else set()
    if table.number_key == NUMBER:
        meant.add(NUMBER)
    return set(table.headings) - meant


def _shapes() -> dict[str, Shape]:
    """How each of the office's own fields is shown."""
    fields = ContactField.objects.values_list("key", "kind", "shown_as")
    return {key: Shape(FieldKind(kind), NumberStyle(style)) for key, kind, style in fields}


def days_in(campaign: Campaign, at: datetime) -> str:
    """The days that its letters say if they go out at a time, as they say them; empty for none."""
    if "{" not in campaign.text:
        return ""
    wording = parse(campaign.text)
    if not {meaning(key, ()) for key in wording.keys} & {DATE, DATE_BS}:
        return ""
    own = _shapes() if campaign.table is None else campaign.table.headings
    return ", ".join(dict.fromkeys(said_days(wording, at, own).values()))


def day_of(campaign: Campaign, at: datetime | None) -> str:
    """The day that its letters say if they go out at a time (None: now); empty if they say none."""
    return days_in(campaign, not_past(at))


def stale_day(campaign: Campaign) -> str:
    """The day that its letters say, if that is over by now; else empty."""
    written = campaign.written_for
    if written is None:
        return ""
    day = days_in(campaign, written)
    return "" if day == days_in(campaign, not_past(written)) else day


def not_past(at: datetime | None) -> datetime:
    """The time that letters say which are to go out at a time (None: now)."""
    now = timezone.now()
    return now if at is None else max(at, now)


def writer_of(campaign: Campaign) -> Writer:
    """The writer of a campaign's letters.

    After the hand-over, the day in them is the one that it was written for; in a draft, the one
    that it would go out on.
    """
    if campaign.sent_at is None:
        day = not_past(campaign.scheduled_for)
    else:
        day = campaign.written_for or campaign.sent_at
    return writer_for(campaign.text, campaign.table, day=day)
