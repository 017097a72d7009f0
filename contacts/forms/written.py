"""How the cells of a column are written, where they do not tell: marks, calendars, fonts."""

from collections.abc import Sequence
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts.days import Calendar
from contacts.fields import DecimalMark
from contacts.importing.columns import is_mostly_typed, is_typed_for_a_font
from contacts.importing.facts import Facts
from contacts.importing.meanings import AS_IT_IS, SURE, kind_of_column
from contacts.preeti import Font, Reading, looks_typed, reading_of, to_unicode

_NO_EXAMPLE: Final = ""


def beside(cell: str, font: Font | None) -> str:
    """A cell, and beside it what its font shows."""
    shown = cell if font is None else to_unicode(cell, font)
    return cell if shown == cell else f"{cell} → {shown}"


def ways(facts: Facts, cells: Sequence[str]) -> list[tuple[str, Any]]:
    """How the cells of a column may be written; empty: nobody has said. `cells` are the first."""
    if is_typed_for_a_font(facts):
        return [("", _("Choose")), *_fonts(facts, cells)]
    days = [(one.value, one.label) for one in Calendar]
    marks = [
        (DecimalMark.POINT.value, _("1,250.50 is more than a thousand")),
        (DecimalMark.COMMA.value, _("1.250,50 is more than a thousand")),
    ]
    which = days if facts.either_calendar else marks
    found = kind_of_column(facts)
    is_told = found.calendar if facts.either_calendar else found.mark
    return [("", _("As the cells tell") if is_told else _("Choose")), *which]


def about_letters(facts: Facts) -> str:
    """What is to be known before a font is chosen; empty for a column that was typed for none."""
    if not is_typed_for_a_font(facts):
        return ""
    said = [
        _(
            "The letters look as if they were typed in a font like Preeti. Without it, people "
            "would read them as they stand in the file."
        )
    ]
    latin = facts.read - facts.nepali - facts.either
    if latin:
        stay = ngettext(
            "%(number)d cell stays as it is: %(cells)s.",
            "%(number)d cells stay as they are: %(cells)s.",
            latin,
        )
        said.append(stay % {"number": latin, "cells": _some(facts.latin, latin)})
    if facts.either:
        are = ngettext(
            "%(number)d cell could be either: %(cells)s.",
            "%(number)d cells could be either: %(cells)s.",
            facts.either,
        )
        said.append(are % {"number": facts.either, "cells": _some(facts.either_way, facts.either)})
    return " ".join(said)


def _some(cells: Sequence[str], number: int) -> str:
    """Some cells, and dots if there are more."""
    return ", ".join([*cells, "…"] if number > len(cells) else cells)


def _fonts(facts: Facts, cells: Sequence[str]) -> list[tuple[str, Any]]:
    """The fonts for which cells may have been typed, each with what it shows of one, and whether
    words are changed that could be Latin; a second font only if it shows another word somewhere.
    """
    typed = [cell for cell in cells if reading_of(cell) is Reading.TYPED]
    example = next(filter(looks_typed, typed), next(iter(typed), _NO_EXAMPLE))
    either = facts.either_way[0] if facts.either_way else _NO_EXAMPLE
    fonts = [Font.PREETI]
    for cell in (*typed, either):
        if to_unicode(cell, Font.HIMALI) != to_unicode(cell, Font.PREETI):
            example = cell if cell in typed else example
            fonts = list(Font)
            break
    found: list[tuple[str, Any]] = []
    for font in fonts:
        found += _with_font(font, example, either, only_sure=not is_mostly_typed(facts))
    as_it_is = _("%(cell)s (as in the file)") % {"cell": example or either}
    return [*found, (AS_IT_IS, as_it_is)]


def _with_font(font: Font, example: str, either: str, *, only_sure: bool) -> list[tuple[str, Any]]:
    names = {Font.PREETI: _("Preeti or Kantipur"), Font.HIMALI: _("Himali or PCS Nepali")}
    words = {
        "example": to_unicode(example, font),
        "latin": either,
        "nepali": to_unicode(either, font),
        "font": names[font],
    }
    if not either:
        return [(font.value, _("%(example)s (%(font)s)") % words)]
    if not example:
        return [(font.value, _("%(nepali)s (%(font)s)") % words)]
    stays = (f"{font}{SURE}", _("%(example)s, but %(latin)s stays (%(font)s)") % words)
    if only_sure:
        return [stays]
    return [(font.value, _("%(example)s, and %(nepali)s for %(latin)s (%(font)s)") % words), stays]
