"""Looking at a secret that someone typed: counted first, and what was wrong is recorded."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from sociair_portal.accounts.devices import account_of, device_of
from sociair_portal.accounts.limits import (
    Limit,
    TooManyTries,
    confirming,
    count_try,
    signing_in,
    slowed,
)
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.record import record
from sociair_portal.common import shown_days
from sociair_portal.common.actors import user_of
from sociair_portal.common.clients import address_of, neighbourhood


@contextmanager
def guess(
    request: HttpRequest, name: str, *, of: User | None = None
) -> Iterator[Callable[[bool], None]]:
    """Around the comparison; the caller says whether it was right.

    `of` is whose secret it is, where that is known. Raises `ValidationError` with words for the
    form if there were too many before it.
    """
    signed_in = user_of(request.user)
    known = signed_in or of
    meant = [known] if known else _who(name)
    user = meant[0] if len(meant) == 1 else None
    accounts = [account_of(one) for one in meant] or [f"name {name.lower()[:200]}"]
    try:
        tries = count_try(_limits(request, accounts, signed_in=signed_in is not None))
    except TooManyTries as refused:
        _record_slowed(request, accounts, signed_in, user)
        raise ValidationError(wait_words(refused), code="too_many_tries") from None

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


def _limits(request: HttpRequest, accounts: list[str], *, signed_in: bool) -> list[Limit]:
    """Of every account that is meant. A browser that is known counts only if there is one: else
    each account that someone has would give more tries at another's.
    """
    if signed_in:
        return confirming(accounts[0])
    device = device_of(request, accounts[0]) if len(accounts) == 1 else ""
    address = neighbourhood(address_of(request))
    return list(dict.fromkeys(it for one in accounts for it in signing_in(one, address, device)))


def _record_slowed(
    request: HttpRequest, accounts: list[str], by: User | None, about: User | None
) -> None:
    """Once an hour for an account and an address: nobody fills the record by knocking."""
    with suppress(TooManyTries):
        count_try([slowed(accounts[0], neighbourhood(address_of(request)))])
        record(Deed.SIGN_IN_SLOWED, by=by, about=about)


def wait_words(refused: TooManyTries) -> str:
    """Until when someone has to wait, and who can help; told in full minutes, none too early."""
    until = timezone.localtime(refused.until + timedelta(minutes=1))
    is_today = until.date() == timezone.localdate()
    at = shown_days.clock(until) if is_today else shown_days.moment(until)
    said = _("Too many tries. Try again at %(at)s.") % {"at": at}
    help_now = _("A manager can let you try again now.")
    return f"{said} {help_now}" if refused.can_be_lifted else said


def _who(name: str) -> list[User]:
    """Everyone whose password would be compared, as the library finds them."""
    if not (name := name.strip().lower()):
        return []
    same = Q(username__iexact=name) | Q(email__iexact=name) | Q(emailaddress__email__iexact=name)
    return list(User.objects.filter(same).distinct().order_by("pk"))
