"""What a message may say, and writing it for one recipient after the other, as it will be billed.

This is where a hundred thousand rows pass through one by one (benchmarks/), so that values are
shown only for placeholders that are there, and a text without placeholders is measured once.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.utils import timezone
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from contacts.fields import FieldKind, NumberStyle, Shape
from contacts.models import ContactField
from contacts.phone import format_mobile
from messaging.models import Campaign, RecipientTable
from messaging.text.length import ONE_PART, is_plain, is_simple, measure
from messaging.text.placeholders import DATE, NAME, NUMBER, Slot, Wording, parse, read_wording
from messaging.text.validity import InvalidText, can_be_seen, check_text


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


class Writer:
    """Writes a wording's letters. `day` is what `{date}` says, `shapes` say how fields are shown,
    and `own` are fields that stand before the name, the number and the day of the same key.

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
        if DATE not in own:
            wording = wording.filled({DATE: show_day(day)})
        sources = {NAME: _NAME, NUMBER: _NUMBER}
        self._shapes = shapes or {}
        # Where each value comes from, and whether it is anything but a text.
        self._slots = [
            (
                piece.key if piece.key in own else sources.get(piece.key, piece.key),
                not self._shapes.get(piece.key, _AS_IT_IS).is_plain,
                piece,
            )
            for piece in wording.pieces
            if isinstance(piece, Slot)
        ]
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
        return sorted((key, one.style.value) for key, one in self._shapes.items() if one.style)

    @property
    def reads_fields(self) -> bool:
        """Whether more of a recipient is wanted than the name and the number."""
        return any(key not in (_NAME, _NUMBER) for key, _is_other, _slot in self._slots)

    def write(self, mobile: str, name: str, fields: Mapping[str, Any]) -> Letter:
        """The letter of one recipient. Raises `Unwritable`."""
        if self._same is not None:
            return self._same
        if name[3:4] == "-" and name == format_mobile(mobile):
            name = ""  # someone who was imported without a name is called by the number
        values = []
        for key, is_other, slot in self._slots:
            value = name if key is _NAME else mobile if key is _NUMBER else fields.get(key)
            if is_other or not value or type(value) is not str:
                value = self._show(slot, value)
            values.append(value)
        text = (self._pattern % tuple(values)).strip()
        joined = "".join(values)
        if len(joined) <= self._room and is_simple(joined):
            return _letter(Letter, (text, 1))
        try:
            return Letter(text, check_text(text).parts)
        except InvalidText as invalid:
            words = _("With this recipient's details: %(reason)s")
            raise Unwritable(words % {"reason": invalid.reason}) from invalid

    def _show(self, slot: Slot, value: Any) -> str:
        """A value that is no text as it stands, or what stands there without one."""
        if value is not None and value != "":
            return self._shapes.get(slot.key, _AS_IT_IS).show(value)
        if slot.default is None:
            raise Unwritable(_("There is no value for {%(key)s}.") % {"key": slot.key}, slot.key)
        return slot.default


def show_day(moment: datetime) -> str:
    """A day in messages, in the portal's time zone; always of the same length: 09 Nov 2026."""
    return f"{localtime(moment):%d %b %Y}"


def known_keys(table: RecipientTable | None = None) -> dict[str, str]:
    """Placeholders and what they are called, the office's own fields last, or a table's columns."""
    always = {NAME: _("Name"), NUMBER: _("Mobile number"), DATE: _("Sending date")}
    if table is None:
        return always | dict(ContactField.objects.values_list("key", "name"))
    if not table.name_key:
        del always[NAME]
    return always | table.headings


def writer_for(text: str, table: RecipientTable | None, *, day: datetime | None = None) -> Writer:
    """The writer of a text's letters. Raises `InvalidText` for a text that cannot be sent."""
    _text, wording = read_wording(text, known_keys(table))
    day = day or timezone.now()
    if table is not None:
        return Writer(wording, day=day, own=_own(table))
    return Writer(wording, day=day, shapes=_shapes(wording.keys))


def _own(table: RecipientTable) -> set[str]:
    """Keys of the columns, which stand before a recipient's name, number or day of the same key."""
    meant = {NAME} if table.name_key == NAME else set()
    if table.number_key == NUMBER:
        meant.add(NUMBER)
    return set(table.headings) - meant


def _shapes(keys: Collection[str]) -> dict[str, Shape]:
    if not keys:
        return {}
    some = ContactField.objects.filter(key__in=keys).values_list("key", "kind", "shown_as")
    return {key: Shape(FieldKind(kind), NumberStyle(style)) for key, kind, style in some}


def says_day(campaign: Campaign) -> bool:
    """Whether its letters say the day that they are sent."""
    if "{" not in campaign.text:
        return False
    is_own = campaign.table is not None and DATE in campaign.table.headings
    return DATE in parse(campaign.text).keys and not is_own


def day_of(campaign: Campaign, at: datetime | None) -> str:
    """The day that its letters say if they go out at a time (None: now); empty if they say none."""
    return show_day(_not_past(at)) if says_day(campaign) else ""


def stale_day(campaign: Campaign) -> str:
    """The day that its letters say, if that is over by now; else empty."""
    written = campaign.written_for
    if written is None or not says_day(campaign):
        return ""
    day = show_day(written)
    return "" if day == show_day(_not_past(written)) else day


def _not_past(at: datetime | None) -> datetime:
    now = timezone.now()
    return now if at is None else max(at, now)


def writer_of(campaign: Campaign) -> Writer:
    """The writer of a campaign's letters.

    After the hand-over, the day in them is the one that it was written for; in a draft, the one
    that it would go out on.
    """
    if campaign.sent_at is None:
        day = _not_past(campaign.scheduled_for)
    else:
        day = campaign.written_for or campaign.sent_at
    return writer_for(campaign.text, campaign.table, day=day)
