"""Looking at a secret that somebody typed: counted first, and what was wrong is recorded."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sociair_portal.accounts.devices import account_of, device_of
from sociair_portal.accounts.limits import TooManyTries, confirming, count_try, signing_in
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.record import record
from sociair_portal.common.actors import user_of
from sociair_portal.common.clients import address_of


@contextmanager
def guess(request: HttpRequest, name: str) -> Iterator[Callable[[bool], None]]:
    """Around the comparison; the caller says whether it was right.

    Raises `ValidationError` with words for the form if there were too many before it.
    """
    signed_in = user_of(request.user)
    user = signed_in or _who(name)
    account = account_of(user) if user else f"name {name.casefold()[:200]}"
    try:
        tries = count_try(
            confirming(account)
            if signed_in
            else signing_in(account, address_of(request), device_of(request, account))
        )
    except TooManyTries as refused:
        record(Deed.SIGN_IN_SLOWED, by=signed_in, about=user)
        raise ValidationError(wait_words(refused.until), code="too_many_tries") from None

    def was_right(right: bool) -> None:
        if right:
            tries.forget()
            if signed_in:
                record(Deed.IDENTITY_CONFIRMED, by=signed_in, about=user)
        else:
            deed = Deed.IDENTITY_NOT_CONFIRMED if signed_in else Deed.SIGN_IN_FAILED
            # A name that nobody has may be a password typed into the wrong field.
            record(deed, by=signed_in, about=user)

    yield was_right


def wait_words(until: datetime) -> str:
    """What somebody reads who has to wait."""
    minutes = max(1, -int((timezone.now() - until).total_seconds() // 60))
    wait = ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}
    if minutes > 90:
        hours = round(minutes / 60)
        wait = ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}
    return _("Too many tries. Wait %(wait)s, then try again.") % {"wait": wait}


def _who(name: str) -> User | None:
    named = User.objects.filter(Q(username__iexact=name) | Q(email__iexact=name)) if name else None
    return named.first() if named else None
