"""Codes that prove a number: one text to it, whose six digits only its reader knows.

Wherever the text is kept or shown, stars stand for the digits; the call alone puts them in.
"""

import logging
import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts.phone import operator_of
from messaging.models import OPEN_STATES, Batch, Campaign, Gateway, NumberCode, Profile
from messaging.models.profile import MOST_GUESSES
from messaging.services.campaigns import control, own_number, trial
from messaging.services.money import prices
from messaging.services.money.affordability import SendRefused
from messaging.text.codes import MARK, code_of
from messaging.text.length import measure
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.record import record
from sociair_portal.common import shown_days
from sociair_portal.common.actors import Actor, user_of
from sociair_portal.common.sentences import noted

logger = logging.getLogger(__name__)

_MINUTES: Final = 10
_KEPT_FOR: Final = timedelta(days=2)
_VALID_FOR: Final = timedelta(minutes=_MINUTES)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
# A stranger's phone is no toy: so many codes one person asks for, and one number gets.
_AN_HOUR: Final = 3
_A_DAY: Final = 10
# Less of one person than of all, so that nobody uses up what a colleague needs for the same number.
_A_DAY_TO_A_NUMBER_BY_ONE: Final = 3
_A_DAY_TO_A_NUMBER: Final = 6


class CodeRefused(Exception):
    """A code proved nothing; the message is a sentence for the user."""


def text_of_a_code() -> str:
    """What is sent, with stars in the place of the code; in the office's language, whoever asks."""
    with translation.override(settings.LANGUAGE_CODE):
        said = _("%(code)s is your code for Sociair Portal. It works for %(minutes)d minutes.")
    return said % {"code": MARK, "minutes": _MINUTES}


def price_of_a_code(mobile: str, rates: prices.Rates) -> Decimal | None:
    """Rupees; None for an operator without a rate."""
    rate = rates.get(operator_of(mobile))
    return None if rate is None else rate * measure(text_of_a_code()).parts


def current_code(user: User) -> NumberCode | None:
    """The code that may still be typed."""
    usable = _open_codes(user).filter(
        guesses__lt=MOST_GUESSES, sent_at__gt=timezone.now() - _VALID_FOR
    )
    return usable.select_related("campaign").first()


def works_until(code: NumberCode) -> datetime:
    return code.sent_at + _VALID_FOR


def _open_codes(user: User) -> QuerySet[NumberCode]:
    return NumberCode.objects.filter(user=user, ended_at__isnull=True)


def objection(user: User, mobile: str) -> str:
    """Why no code can be sent now, and when another one can; empty if one can."""
    of_user = NumberCode.objects.filter(user=user)
    of_number = NumberCode.objects.filter(mobile=mobile)
    to_number = _("No more codes can be sent to this number until %(again)s.")
    many = _("You have asked for too many codes. You can ask for another one at %(again)s.")
    for codes, most, within, said in (
        (of_number, _A_DAY_TO_A_NUMBER, _DAY, to_number),
        (of_number.filter(user=user), _A_DAY_TO_A_NUMBER_BY_ONE, _DAY, to_number),
        (of_user, _A_DAY, _DAY, many),
        (of_user, _AN_HOUR, _HOUR, many),
    ):
        since = timezone.now() - within
        last = list(codes.filter(sent_at__gt=since).order_by("-sent_at")[:most])
        if len(last) == most:
            return said % {
                "again": shown_days.moment(timezone.localtime(last[-1].sent_at + within))
            }
    return ""


def send_code(
    gateway: Gateway, *, form_uuid: uuid.UUID, mobile: str, cost: Decimal, by: Actor
) -> Campaign:
    """Send a code to one's own number for at most `cost` rupees; one offer sends one code.

    It replaces the code before it. Raises `SendRefused`; then nothing is kept or sent.
    """
    person = user_of(by)
    with transaction.atomic():
        profile = own_number.locked_profile(by)
        if person is None or profile is None or not mobile or profile.mobile != mobile:
            raise SendRefused(_("Your number has changed. Check it, then try again."))
        # What counts codes to one number waits for whoever sends one to it just now.
        Gateway.objects.select_for_update(no_key=True).get(pk=gateway.pk)
        sent = NumberCode.objects.filter(user=person, campaign__form_uuid=form_uuid)
        if (known := sent.select_related("campaign").first()) is not None:
            return known.campaign
        if why := objection(person, mobile):
            raise SendRefused(why)
        message = trial.send_to(
            mobile, gateway=gateway, form_uuid=form_uuid, text=text_of_a_code(), cost=cost, by=by
        )
        _open_codes(person).update(ended_at=timezone.now())
        code = NumberCode.objects.create(user=person, mobile=mobile, campaign=message)
        if Batch.objects.filter(campaign=message).update(code_key=code.key) != 1:
            raise SendRefused(_("The code cannot be sent now. Try again in a minute."))
    return message


def prove(user: User, typed: str) -> None:
    """Prove a user's own number by the code that was sent to it. Raises `CodeRefused`.

    Each guess is counted before it is compared, so that guesses at the same time are no more.
    """
    found = _open_codes(user).first()
    if found is None:
        raise CodeRefused(_("There is no code to check. Ask for one first."))
    now = timezone.now()
    counted = _open_codes(user).filter(
        pk=found.pk, guesses__lt=MOST_GUESSES, sent_at__gt=now - _VALID_FOR
    )
    if not counted.update(guesses=F("guesses") + 1):
        raise CodeRefused(_why_over(found, now))
    if not constant_time_compare(typed, code_of(str(found.key), secret=settings.SECRET_KEY)):
        found.refresh_from_db()
        raise CodeRefused(_why_wrong(found))
    _use(user, found)


def _use(user: User, code: NumberCode) -> None:
    """Of the same code twice at the same time, one proves the number."""
    now = timezone.now()
    with transaction.atomic():
        own_number.locked_profile(user)
        used = _open_codes(user).filter(pk=code.pk).update(ended_at=now)
        same = Profile.objects.filter(user=user, mobile=code.mobile)
        if not used or not same.update(proved_at=now, entered_by=None):
            raise CodeRefused(
                _("This code was already used, or your number has changed. Check your number.")
            )
        record(Deed.NUMBER_PROVED, by=user, about=user)


def _why_over(code: NumberCode, now: datetime) -> str:
    if code.sent_at <= now - _VALID_FOR:
        said = _("This code has expired. A code works for %(minutes)d minutes. Ask for a new one.")
        return said % {"minutes": _MINUTES}
    return _("Too many wrong codes were typed, so this code no longer works. Ask for a new one.")


def _why_wrong(code: NumberCode) -> str:
    left = MOST_GUESSES - code.guesses
    if left <= 0:
        return _why_over(code, code.sent_at)
    return ngettext(
        "That is not the code. You can try %(left)d more time.",
        "That is not the code. You can try %(left)d more times.",
        left,
    ) % {"left": left}


def cancel_expired(gateway: Gateway) -> None:
    """Codes that expired or were replaced while they waited are not sent: nobody could use them.
    Numbers to which one went are kept as long as they are counted.
    """
    counted = timezone.now() - _KEPT_FOR
    NumberCode.objects.filter(sent_at__lt=counted).exclude(mobile="").update(mobile="")
    waiting = Campaign.objects.filter(gateway=gateway, state__in=OPEN_STATES, pending__gt=0)
    for message in waiting.filter(code__in=_useless()):
        cancel(message)


def _useless() -> QuerySet[NumberCode]:
    """Codes that work no more: they expired, or another one took their place."""
    late = Q(sent_at__lte=timezone.now() - _VALID_FOR)
    return NumberCode.objects.filter(late | Q(ended_at__isnull=False))


def cancel(message: Campaign) -> None:
    control.cancel_surely(
        message, words=noted("The code in this message stopped working before it was sent.")
    )


def has_expired(batch: Batch) -> bool:
    """Whether a request would send a code that works no more. Of any other nothing is asked."""
    if batch.code_key is None:
        return False
    return _useless().filter(key=batch.code_key).exists()
