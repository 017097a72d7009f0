"""How long somebody has done nothing, and how long they may."""

import time
from typing import Final

from django.conf import settings
from django.http import HttpRequest

_SEEN: Final = "seen"
_STEP: Final = 60  # seconds: the session is not written at every click


def note_seen(request: HttpRequest) -> None:
    now = int(time.time())
    if now - request.session.get(_SEEN, 0) >= _STEP:
        request.session[_SEEN] = now


def seconds_left(request: HttpRequest) -> int:
    """Until somebody is signed out for doing nothing; 0 if that is over, or nobody is signed in."""
    if not request.user.is_authenticated:
        return 0
    now = int(time.time())
    seen: int = request.session.get(_SEEN, now)
    return max(0, settings.IDLE_MINUTES * 60 - (now - seen))
