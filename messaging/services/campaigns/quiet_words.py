"""The sentences that ask before a message goes out at a time that is better avoided.

One for each set of reasons: what is put together from pieces reads well in no language.
"""

from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.services.campaigns.quiet_times import Why
from sociair_portal.common.shown_digits import in_digits

# Whether it is a Saturday, a day off, a quiet hour.
_Reasons = tuple[bool, bool, bool]

_NOW: Final[dict[_Reasons, Promise]] = {
    (True, False, False): gettext_lazy("Today is Saturday, a day off."),
    (False, True, False): gettext_lazy("Today is a day off: %(name)s."),
    (True, True, False): gettext_lazy("Today is Saturday and a day off: %(name)s."),
    (False, False, True): gettext_lazy("It is quiet hours in Nepal now."),
    (True, False, True): gettext_lazy(
        "Today is Saturday, a day off, and it is quiet hours in Nepal now."
    ),
    (False, True, True): gettext_lazy(
        "Today is a day off, %(name)s, and it is quiet hours in Nepal now."
    ),
    (True, True, True): gettext_lazy(
        "Today is Saturday and a day off, %(name)s, and it is quiet hours in Nepal now."
    ),
}
_THEN: Final[dict[_Reasons, Promise]] = {
    (True, False, False): gettext_lazy("That time is on a Saturday, a day off."),
    (False, True, False): gettext_lazy("That time is on a day off: %(name)s."),
    (True, True, False): gettext_lazy("That time is on a Saturday and a day off: %(name)s."),
    (False, False, True): gettext_lazy("That time is in quiet hours, %(begins)s to %(ends)s."),
    (True, False, True): gettext_lazy(
        "That time is on a Saturday, a day off, and in quiet hours, %(begins)s to %(ends)s."
    ),
    (False, True, True): gettext_lazy(
        "That time is on a day off, %(name)s, and in quiet hours, %(begins)s to %(ends)s."
    ),
    (True, True, True): gettext_lazy(
        "That time is on a Saturday and a day off, %(name)s, and in quiet hours, %(begins)s to "
        "%(ends)s."
    ),
}


def why_not_now(why: Why) -> str:
    """What speaks against this moment, in one sentence."""
    return str(_NOW[_reasons(why)]) % _facts(why)


def objection(why: Why, at: datetime | None) -> str:
    """What speaks against a time, None for now, and what to do."""
    if at is None:
        advice = _("Send it later, or tick the box to send it anyway.")
        return f"{why_not_now(why)} {advice}"
    said = str(_THEN[_reasons(why)]) % _facts(why)
    advice = _("Choose another, or tick the box to send it anyway.")
    return f"{said} {advice}"


def _reasons(why: Why) -> _Reasons:
    return why.is_saturday, bool(why.day_off), why.is_quiet_hour


def _facts(why: Why) -> dict[str, Any]:
    begins, ends = settings.QUIET_HOURS or (0, 0)
    hours = {"begins": f"{begins:02}:00", "ends": f"{ends:02}:00"}
    return {"name": why.day_off, **{name: in_digits(hour) for name, hour in hours.items()}}
