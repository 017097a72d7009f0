"""Template tags for rupees, counts, times, states and icons; loaded in every template."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from django import template
from django.contrib.staticfiles import finders
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import MONTHS_3, WEEKDAYS, WEEKDAYS_ABBR
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from sociair_portal import roles
from sociair_portal.common import calendars, formats, shown_days, typed_days
from sociair_portal.common.calendars import Calendar
from sociair_portal.common.shown_digits import in_digits
from sociair_portal.help_pages import page_about

register = template.Library()

_FROM_SUNDAY: Final = (6, 0, 1, 2, 3, 4, 5)  # as weeks are printed in Nepal; Monday is 0

register.filter("may_use_admin", roles.may_use_admin)
register.filter("digits", in_digits)


@register.filter
def rupees(amount: Decimal | float | str | None) -> str:
    """Rs 1,23,456.80; nothing for no amount."""
    return "" if amount is None or amount == "" else in_digits(formats.rupees(amount))


@register.filter
def count(number: int | None) -> str:
    """1,23,456; nothing for no number."""
    return "" if number is None else in_digits(formats.count(number))


@register.filter
def moment(at: datetime | None) -> str:
    """22 Nov 2026, 14:05, in the portal's time zone and the calendar of whoever looks."""
    return "" if at is None else shown_days.moment(timezone.localtime(at))


@register.simple_tag
def this_moment() -> datetime:
    return timezone.now()


@register.filter
def deciding_day(on: date) -> str:
    """22 Nov 2026 (6 Mangsir 2083): in both calendars, where it decides something."""
    return shown_days.in_both(on)


@register.filter
def deciding_moment(at: datetime | None) -> str:
    """22 Nov 2026 (6 Mangsir 2083), 14:05: in both calendars, where it decides something."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    return f"{shown_days.in_both(local)}, {shown_days.clock(local)}"


register.filter("typed_moment", typed_days.time_by_numbers)


@register.inclusion_tag("_moment_label.html")
def moment_label() -> dict[str, Any]:
    """What the field of `moment_input` is called, by the calendar of whoever looks."""
    return {"example": typed_days.time_example()}


@register.inclusion_tag("_moment_input.html")
def moment_input(value: datetime | str | None, error: object) -> dict[str, Any]:
    """A field for a day and a time, with what was typed, or with a time that is planned."""
    typed = typed_days.time_by_numbers(value) if isinstance(value, datetime) else value or ""
    is_text = typed_days.is_typed_as_text(typed)
    return {"value": typed, "error": error, "is_text": is_text}


@register.inclusion_tag("_day_picker.html")
def day_picker() -> dict[str, Any]:
    """What days of Bikram Sambat are picked by, for whoever counts by it; else nothing."""
    if shown_days.chosen() is not Calendar.BIKRAM_SAMBAT:
        return {}
    return {
        "first_year": calendars.FIRST_YEAR,
        "begins": calendars.from_bikram_sambat(calendars.FIRST_YEAR, 1, 1),
        "lengths": calendars.lengths_of_months(),
        "months": calendars.MONTHS,
        "their_months": [name.capitalize() for name in MONTHS_3.values()],
        "weekdays": [WEEKDAYS[number] for number in _FROM_SUNDAY],
        "short_weekdays": [WEEKDAYS_ABBR[number] for number in _FROM_SUNDAY],
        "today": timezone.localdate(),
    }


@register.filter
def fresh(at: datetime | None) -> str:
    """ "3 min ago" while that says more than the time does."""
    if at is None:
        return ""
    seconds = (timezone.now() - at).total_seconds()
    if seconds < 60:
        return _("just now")
    if seconds < 24 * 60 * 60:
        return in_digits(_("%(time)s ago") % {"time": timesince(at, depth=1)})
    return moment(at)


@register.filter
def is_today(at: datetime) -> bool:
    """Whether a moment is on this day of the portal's time zone."""
    return timezone.localtime(at).date() == timezone.localdate()


@register.filter
def is_tomorrow(at: datetime) -> bool:
    """Whether a moment is on the next day of the portal's time zone."""
    return timezone.localtime(at).date() == timezone.localdate() + timedelta(days=1)


@register.filter
def is_within_a_week(at: datetime) -> bool:
    """Whether the name of its weekday says which day a coming moment is on."""
    return timezone.localtime(at).date() < timezone.localdate() + timedelta(days=7)


# One mark for each state: icon, and the colour it is drawn in (static/css/app.css).
_MARKS: Final = {
    "draft": ("pencil", "grey"),
    "preparing": ("hourglass-split", "blue"),
    "scheduled": ("calendar-event", "grey"),
    "queued": ("clock", "grey"),
    "pending": ("clock", "grey"),
    "sending": ("arrow-right-circle", "blue"),
    "paused": ("pause-circle", "amber"),
    "overdue": ("alarm", "amber"),
    "done": ("check-circle", "grey"),
    "accepted": ("check-circle", "green"),
    "refused": ("x-circle", "red"),
    "partly_refused": ("x-circle", "amber"),
    "unconfirmed": ("question-circle", "amber"),
    "not_sent": ("dash-circle", "grey"),
    "split": ("scissors", "grey"),
    "cancelled": ("slash-circle", "grey"),
    "opted_out": ("slash-circle", "grey"),
    "settled": ("check2-circle", "grey"),
}


@register.inclusion_tag("_state.html")
def state(value: str, label: str) -> dict[str, str]:
    """A state as icon, word and colour."""
    name, colour = _MARKS.get(value, ("circle", "grey"))
    return {"icon": name, "colour": colour, "label": label}


@register.inclusion_tag("_menu_item.html", takes_context=True)
def menu_item(
    context: template.Context, view: str, icon: str, label: str, number: int = 0
) -> dict[str, Any]:
    """A link of the main menu, marked on its page and those below; `number` is what waits there."""
    url, here = reverse(view), context["request"].path
    below = url != "/" and here.startswith(url)
    current = "page" if here == url else "true" if below else ""
    return {"url": url, "icon": icon, "label": label, "current": current, "number": number}


@register.simple_tag(takes_context=True)
def help_url(context: template.Context) -> str:
    """The help that explains the page one is on; the list of all where there is none."""
    request = context.get("request")
    page = page_about(request.path) if request is not None else None
    if request is None or page is None:
        return reverse("help")
    return f"{reverse('help_page', args=[page.slug])}?next={quote(request.get_full_path())}"


@register.simple_tag
def icon(name: str) -> SafeString:
    """A Bootstrap icon, drawn into the page so that it takes the colour of its words."""
    return mark_safe(_svg(name))  # noqa: S308  # out of the wheel, not from a user


@cache
def _svg(name: str) -> str:
    found = finders.find(f"bootstrap-icons/{name}.svg")
    if not isinstance(found, str):
        raise template.TemplateSyntaxError(f"There is no icon {name!r}.")
    drawing = " ".join(Path(found).read_text().split())
    return drawing.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)
