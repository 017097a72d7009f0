"""Texts with a link that only their reader knows, as an invitation is.

Wherever the text is kept or shown, stars stand for what is secret; the call alone puts it in. What
a link opens, and whether it still does, is known by whoever made its key.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.phone import operator_of
from messaging.models import OPEN_STATES, Batch, Campaign, Gateway, SentLink
from messaging.services.campaigns import control, trial
from messaging.services.money import prices
from messaging.services.money.affordability import SendRefused
from messaging.text.length import measure
from messaging.text.links import MARK, fingerprint_of, secret_of
from sociair_portal.common import shown_days
from sociair_portal.common.actors import Actor
from sociair_portal.common.sentences import noted

# A stranger's phone is no toy.
_A_DAY_TO_A_NUMBER: Final = 3
_DAY: Final = timedelta(days=1)
_KEPT_FOR: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class LinkText:
    """A text with stars in the place of what is secret in its link, and until when that works."""

    key: uuid.UUID
    text: str
    works_until: datetime

    @property
    def parts(self) -> int:
        """As of the letter: the stars take as many septets as the secret."""
        return measure(self.text).parts

    def price(self, mobile: str, rates: prices.Rates) -> Decimal | None:
        """Rupees; None for an operator without a rate."""
        rate = rates.get(operator_of(mobile))
        return None if rate is None else rate * self.parts


def objection(mobile: str) -> str:
    """Why no link can be sent to a number now, and when one can; empty if one can."""
    sent = SentLink.objects.filter(mobile=mobile, sent_at__gt=timezone.now() - _DAY)
    last = list(sent.order_by("-sent_at")[:_A_DAY_TO_A_NUMBER])
    if len(last) < _A_DAY_TO_A_NUMBER:
        return ""
    again = shown_days.moment(timezone.localtime(last[-1].sent_at + _DAY))
    return _("No more links can be sent to this number until %(again)s.") % {"again": again}


def offer_of(key: uuid.UUID, mobile: str) -> uuid.UUID:
    """Names the next text with this link: until that is sent, every window has the same offer."""
    sent = SentLink.objects.filter(key=key).count()
    return uuid.uuid5(key, f"{mobile} {sent}")


def last_sent(key: uuid.UUID) -> SentLink | None:
    """The last text with this link."""
    return SentLink.objects.filter(key=key).select_related("campaign").order_by("-id").first()


def send_link(
    gateway: Gateway, *, link: LinkText, form_uuid: uuid.UUID, mobile: str, cost: Decimal, by: Actor
) -> Campaign | None:
    """Send a link to a number for at most `cost` rupees. One offer sends one text: None if it has
    done so.

    Raises `SendRefused`; then nothing is kept or sent.
    """
    with transaction.atomic():
        # What counts links to one number waits for whoever sends one to it just now.
        Gateway.objects.select_for_update(no_key=True).get(pk=gateway.pk)
        if SentLink.objects.filter(key=link.key, campaign__form_uuid=form_uuid).exists():
            return None
        if why := objection(mobile):
            raise SendRefused(why)
        message = trial.send_to(
            mobile,
            gateway=gateway,
            form_uuid=form_uuid,
            text=link.text,
            cost=cost,
            by=by,
            is_invitation=True,
        )
        secret = secret_of(str(link.key), secret=settings.SECRET_KEY)
        SentLink.objects.create(
            key=link.key,
            mobile=mobile,
            fingerprint=fingerprint_of(secret),
            campaign=message,
            works_until=link.works_until,
        )
        waiting = Batch.objects.filter(campaign=message, text__contains=MARK)
        if waiting.update(link_key=link.key) != 1:
            raise SendRefused(_("The link cannot be sent now. Try again in a minute."))
    return message


def is_dead(batch: Batch) -> bool:
    """Whether a batch has a link in it that opens nothing any more: it must not go out."""
    if batch.link_key is None:
        return False
    link = SentLink.objects.filter(campaign_id=batch.campaign_id).first()
    return link is None or link.is_dead


def waiting() -> QuerySet[SentLink]:
    """Links whose text is still queued."""
    return SentLink.objects.filter(campaign__state__in=OPEN_STATES, campaign__pending__gt=0)


def cancel_with(keys: Collection[uuid.UUID]) -> None:
    """Cancel what is queued with these links: nobody could use it."""
    for link in waiting().filter(key__in=keys).select_related("campaign"):
        cancel(link.campaign)


def cancel_expired(_gateway: Gateway) -> None:
    """Links that died while they waited are not sent. Numbers to which one went are kept as long
    as they are counted, and as the link works: whoever corrects a number takes it back.
    """
    counted = timezone.now() - _KEPT_FOR
    over = SentLink.objects.filter(sent_at__lt=counted, works_until__lt=timezone.now())
    over.exclude(mobile="").update(mobile="")
    for link in waiting().select_related("campaign"):
        if link.is_dead:
            cancel(link.campaign)


def cancel(message: Campaign) -> None:
    """Cancel a text whose link opens nothing any more; what is with Sociair already stays so."""
    control.cancel_surely(
        message, words=noted("The link in this message stopped working before it was sent.")
    )
