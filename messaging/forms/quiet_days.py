"""Forms that enter days off: one with its name, or a whole list with a line for each."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from contacts.forms.people import NameField
from messaging.models import QuietDay
from messaging.services.campaigns import quiet_days
from sociair_portal.common import shown_days, written_days
from sociair_portal.common.bases import ModelForm
from sociair_portal.common.shown_digits import in_digits
from sociair_portal.common.typed_days import DayField

_LONGEST: Final = 100
_MOST: Final = 366  # days
_LONGEST_RANGE: Final = 62  # days
_MOST_SHOWN: Final = 20  # lines that are named
_GAP: Final = re.compile(r"[\s,;:|]+")
_WORDS: Final = 4  # of a day, such as Friday 25 Dec 2026
_TO: Final = re.compile(r"(?:to|until|till|देखि)(?=\s)|[-–—]", re.IGNORECASE)
_LONG_DASH: Final = re.compile("[–—]")  # no day is written with one
_HALF_RANGE: Final = re.compile(
    r"(?:(?:to|until|till|देखि|and|र|[-–—&])\s*)?[0-9०-९]{1,2}(?:\s|$)", re.IGNORECASE
)
_PARTICLE: Final = re.compile(r"(?:गते|सम्म)(?=\s|$)[\s,:]*")  # of the day before it
_YEARS: Final = gettext_lazy("Enter a day between 2000 and 2100 (AD).")


def _day_field(**kwargs: Any) -> DayField:
    limits = [
        MinValueValidator(date(2000, 1, 1), _YEARS),
        MaxValueValidator(date(2100, 12, 31), _YEARS),
    ]
    return DayField(
        validators=limits, error_messages={"required": gettext_lazy("Enter the day.")}, **kwargs
    )


def _already(on: date, name: str) -> str:
    said = _("%(day)s is already a day off: %(name)s.")
    return said % {"day": shown_days.in_both(on), "name": name}


class QuietDayForm(ModelForm):
    day = _day_field(label=gettext_lazy("Day"))
    name = NameField(
        label=gettext_lazy("Name"),
        max_length=_LONGEST,
        help_text=gettext_lazy("For example Dashain, Holi or Parents' Day"),
        error_messages={"required": gettext_lazy("Enter a name for the day.")},
    )

    class Meta:
        model = QuietDay
        fields = ["day", "name"]

    def clean_day(self) -> date:
        on: date = self.cleaned_data["day"]
        there = QuietDay.objects.filter(day=on).exclude(pk=self.instance.pk).first()
        if there is not None:
            raise ValidationError(_already(on, there.name))
        return on


class QuietDaysForm(forms.Form):
    """Many days, each in a line with its name after it; every line that cannot be read is named."""

    lines = forms.CharField(
        label=gettext_lazy("Days and their names"),
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "One day or range in each line, in either calendar, and its name after it: "
            "2083-09-10 Christmas, or 2026-12-25 to 2026-12-31 Winter break"
        ),
        error_messages={"required": gettext_lazy("Enter at least one day.")},
    )

    def clean_lines(self) -> list[tuple[date, str]]:
        lines = [line.strip() for line in self.cleaned_data["lines"].splitlines()]
        _check_room(sum(map(bool, lines)))
        found: dict[date, tuple[int, str]] = {}
        wrong: dict[int, str] = {}
        for number, line in enumerate(lines, start=1):
            try:
                if line:
                    days, name = _read(line)
                    _check_new(days, found)
                    found |= dict.fromkeys(days, (number, name))
            except ValidationError as error:
                wrong[number] = " ".join(error.messages)
        _check_room(len(found))
        for on, name in quiet_days.names_of(found).items():
            wrong[found[on][0]] = _already(on, name)
        if wrong:
            raise ValidationError(list(_named(wrong, lines)))
        return [(on, name) for on, (_number, name) in found.items()]

    def entered(self) -> list[date]:
        """Save them all; none, with the reasons beside the field, if one of them cannot be."""
        if not self.is_valid():
            return []
        days = self.cleaned_data["lines"]
        try:
            quiet_days.enter(days)
        except quiet_days.DayTaken:
            self.full_clean()  # now it finds the other's day, and has the words for it
            if not self.errors:
                raise
            return []
        return [on for on, _name in days]


_DAY: Final = _day_field()
_NAME: Final = NameField(
    max_length=_LONGEST,
    error_messages={
        "required": gettext_lazy("Enter a name after the day."),
        "max_length": gettext_lazy("Use at most 100 characters for the name."),
    },
)


def _check_room(count: int) -> None:
    if count > _MOST:
        raise ValidationError(
            _("Enter at most %(most)s days together.") % {"most": in_digits(str(_MOST))}
        )


def _read(line: str) -> tuple[list[date], str]:
    """The day of a line, or those of its range, and their name. Raises `ValidationError`."""
    day, rest = _split(_LONG_DASH.sub(" – ", line))
    first = _DAY.clean(day)
    rest = _PARTICLE.sub("", rest, count=1) if _PARTICLE.match(rest) else rest
    joint = _TO.match(rest)
    beyond = rest[joint.end() :] if joint else rest
    other, name = _split(beyond.lstrip("( "))
    if not _is_day(other):
        if _HALF_RANGE.match(rest):
            raise ValidationError(_("Write both days of the range in full, with month and year."))
        return [first], _NAME.clean(rest.lstrip("-–— "))
    last = _DAY.clean(other)
    if last != first and not joint:
        raise ValidationError(
            _("This line has two days. Write “to” between them if all days in between are off too.")
        )
    return _range(first, last), _NAME.clean(_PARTICLE.sub("", name).lstrip("-–— )"))


def _range(first: date, last: date) -> list[date]:
    if last < first:
        raise ValidationError(_("The last day of a range must not be before the first."))
    days = (last - first).days + 1
    if days > _LONGEST_RANGE:
        said = _("A range can have up to %(most)s days.")
        raise ValidationError(said % {"most": in_digits(str(_LONGEST_RANGE))})
    return [first + timedelta(days=day) for day in range(days)]


def _split(line: str) -> tuple[str, str]:
    """The day that a line begins with, of one word or some, and what is after it."""
    gaps = [(gap.start(), gap.end()) for gap in _GAP.finditer(line)][:_WORDS]
    for end, rest in [(len(line), len(line)), *reversed(gaps)]:
        if _is_day(line[:end].rstrip(")")):
            return line[:end].rstrip(")"), line[rest:]
    return line, ""


def _is_day(text: str) -> bool:
    return written_days.as_written(text) is not None


def _check_new(days: list[date], found: dict[date, tuple[int, str]]) -> None:
    for on in (one for one in days if one in found):
        said = _("%(day)s is already in line %(line)s.")
        line = in_digits(str(found[on][0]))
        raise ValidationError(said % {"day": shown_days.in_both(on), "line": line})


def _named(wrong: dict[int, str], lines: list[str]) -> Iterator[str]:
    for number, problem in sorted(wrong.items())[:_MOST_SHOWN]:
        said = _("Line %(line)s, “%(text)s”: %(problem)s")
        text = lines[number - 1]
        shown = text if len(text) <= 40 else f"{text[:39]}…"
        yield said % {"line": in_digits(str(number)), "text": shown, "problem": problem}
    if (more := len(wrong) - _MOST_SHOWN) > 0:
        said = ngettext(
            "%(number)s more line has a problem.", "%(number)s more lines have a problem.", more
        )
        yield said % {"number": in_digits(str(more))}
