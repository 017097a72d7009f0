"""How long someone has done nothing, and how long they may."""

import time
from typing import Final

from django.conf import settings
from django.http import HttpRequest

_SEEN: Final = "seen"
_BEGAN: Final = "began"
_STEP: Final = 60  # seconds: the session is not written at every click


def note_seen(request: HttpRequest) -> None:
    now = int(time.time())
    request.session.setdefault(_BEGAN, now)
    if now - request.session.get(_SEEN, 0) >= _STEP:
        request.session[_SEEN] = now


def seconds_left(request: HttpRequest) -> int:
    """Until someone is signed out for doing nothing, or because the day is over; 0 if that is so,
    or nobody is signed in.
    """
    if not request.user.is_authenticated:
        return 0
    now = int(time.time())
    idle = settings.IDLE_MINUTES * 60 - (now - request.session.get(_SEEN, now))
    in_all = settings.SESSION_COOKIE_AGE - (now - request.session.get(_BEGAN, now))
    return int(max(0, min(idle, in_all)))
