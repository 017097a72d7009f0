"""How the cells of a column are written, where they do not show it: marks, calendars, fonts."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts.fields import DecimalMark
from contacts.importing.columns import is_mostly_typed, is_typed_for_a_font
from contacts.importing.facts import EXAMPLES, Facts
from contacts.importing.meanings import AS_IT_IS, SURE, kind_of_column
from contacts.preeti import Font, is_shown_otherwise, to_unicode
from sociair_portal.common.calendars import Calendar


def which_font(heading: str) -> str:
    """The question about a column that was typed for a font."""
    return _("Which font was “%(column)s” typed in?") % {"column": heading}


def ways(facts: Facts) -> list[tuple[str, Any]]:
    """How the cells of a column may be written; empty: no one has said."""
    if is_typed_for_a_font(facts):
        return [("", _("Choose")), *_fonts(facts)]
    days = [(one.value, one.label) for one in Calendar]
    marks = [
        (DecimalMark.POINT.value, _("1,250.50 is more than a thousand")),
        (DecimalMark.COMMA.value, _("1.250,50 is more than a thousand")),
    ]
    which = days if facts.either_calendar else marks
    found = kind_of_column(facts)
    is_told = found.calendar if facts.either_calendar else found.mark
    return [("", _("As the cells show") if is_told else _("Choose")), *which]


def about_letters(facts: Facts) -> str:
    """What is to be known before a font is chosen; empty for a column that was typed for none."""
    if not is_typed_for_a_font(facts):
        return ""
    said = [_("Without the font, people would read these letters as they are in the file.")]
    staying = facts.read - facts.nepali - facts.either
    if staying:
        stay = ngettext(
            "%(number)d cell stays as it is: %(cells)s.",
            "%(number)d cells stay as they are: %(cells)s.",
            staying,
        )
        said.append(stay % {"number": staying, "cells": _some(facts.staying)})
    if facts.either:
        are = ngettext(
            "%(number)d cell could be Nepali or Latin: %(cells)s.",
            "%(number)d cells could be Nepali or Latin: %(cells)s.",
            facts.either,
        )
        said.append(are % {"number": facts.either, "cells": _some(facts.either_ones)})
    return " ".join(said)


def _some(cells: Sequence[str]) -> str:
    """Some cells, and words for others if there may be more."""
    together = ", ".join(cells)
    return _("%(cells)s and others") % {"cells": together} if len(cells) == EXAMPLES else together


def _fonts(facts: Facts) -> list[tuple[str, Any]]:
    """The fonts for which a column may have been typed, each with what it shows of one cell, and
    whether cells are changed that could be Latin; a second font only if it shows other letters.
    """
    typed = next(iter([*facts.of_two_fonts, *facts.typed_ones]), "")
    either = next(iter(facts.either_ones), "")
    fonts = list(Font) if is_shown_otherwise(typed) else [Font.PREETI]
    found: list[tuple[str, Any]] = []
    for font in fonts:
        found += _with_font(font, typed, either, only_sure=not is_mostly_typed(facts))
    return [*found, (AS_IT_IS, _("No font: %(cell)s stays as it is") % {"cell": typed})]


def _with_font(font: Font, typed: str, either: str, *, only_sure: bool) -> list[tuple[str, Any]]:
    names = {Font.PREETI: _("Preeti or Kantipur"), Font.HIMALI: _("Himali or PCS Nepali")}
    words = {
        "font": names[font],
        "typed": to_unicode(typed, font),
        "latin": either,
        "nepali": to_unicode(either, font),
    }
    if not either:
        return [(font.value, _("%(font)s: %(typed)s") % words)]
    stays = (f"{font}{SURE}", _("%(font)s: %(typed)s, and %(latin)s stays as it is") % words)
    if only_sure:
        return [stays]
    changes = _("%(font)s: %(typed)s, and %(latin)s becomes %(nepali)s") % words
    return [(font.value, changes), stays]
