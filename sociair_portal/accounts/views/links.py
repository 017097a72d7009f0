"""Links with which colleagues choose a password: shown once, mailed, sent by SMS, taken back."""

import logging
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.core.mail import send_mail
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from contacts.shown_numbers import shown_mobile
from messaging import tasks
from messaging.services.campaigns import link_texts
from messaging.services.gateway import holds
from messaging.services.money import prices
from messaging.services.money.affordability import SendRefused
from messaging.text.links import MARK
from messaging.text.validity import InvalidText
from messaging.views.freshness import recent_reading
from sociair_portal.accounts.invitation_texts import (
    number_for,
    send_invitation,
    sendable,
    text_of,
)
from sociair_portal.accounts.invitations import (
    HOURS,
    invite,
    may_hand_over,
    secret_in_link,
    take_back,
)
from sociair_portal.accounts.preferences import in_language_of
from sociair_portal.accounts.views.managed import for_managers_of_them, for_whom

logger: Final = logging.getLogger(__name__)


@for_managers_of_them
def new_link(request: HttpRequest, user: User, by: User) -> HttpResponse:
    return show_link(request, user, by)


@for_managers_of_them
def no_link(request: HttpRequest, user: User, by: User) -> HttpResponse:
    if take_back(user, by):
        messages.success(request, _("The link no longer works."))
    return redirect("colleague", user.pk)


@for_whom(may_hand_over)
def send_link(request: HttpRequest, user: User, by: User) -> HttpResponse:
    """Send the link by SMS, for the sum on the button. If that is refused where the link is shown,
    it stays there.
    """
    if not by.has_perm("messaging.send_campaign"):
        raise PermissionDenied
    gateway = holds.current_gateway()
    try:
        offer = _Offer.read(request.POST.get("offer", ""), user, by)
    except (signing.BadSignature, ValueError, TypeError):
        messages.error(request, _("This page is out of date. Press the button again."))
        return redirect("colleague", user.pk)
    try:
        if why := _objection(request):
            raise SendRefused(why)
        message = send_invitation(
            gateway,
            user,
            key=offer.key,
            address=_address(request, MARK),
            mobile=offer.mobile,
            form_uuid=offer.form_uuid,
            cost=offer.cost,
            by=by,
        )
    except (SendRefused, InvalidText) as refused:
        tasks.kick_balance()
        messages.error(request, str(refused))
        return _as_before(request, user, by, offer)
    if message is not None:
        tasks.kick_for(message)
    messages.success(request, _said(offer.mobile, is_held=gateway.is_held))
    return redirect("colleague", user.pk)


@sensitive_variables("link", "context")
def show_link(request: HttpRequest, user: User, by: User) -> HttpResponse:
    """Make a link. Nobody sees it again who has not made it."""
    invitation = invite(user, by)
    link = _address(request, secret_in_link(invitation))
    context = {"colleague": user, "link": link, "hours": HOURS, "by": by}
    if user.email and settings.EMAIL_IS_SET_UP:
        context["is_mailed"] = _mail(user, context)
        context["is_not_mailed"] = not context["is_mailed"]
    context["sms"] = sms_context(request, user, by, is_shown=True)
    return render(request, "colleagues/link.html", context)


def sms_context(
    request: HttpRequest, user: User, by: User, *, is_shown: bool = False
) -> dict[str, Any] | None:
    """What the link of a colleague costs by SMS, signed, or why it cannot be sent; and the text
    that went out last. None if there is no link to send, or nobody to send it.
    """
    invitation, mobile = sendable(user), number_for(user)
    if invitation is None or not by.has_perm("messaging.send_campaign"):
        return None
    text = text_of(invitation, _address(request, MARK), by)
    if text is None or not mobile:
        return {"mobile": ""}
    reading = recent_reading(holds.current_gateway())
    cost = text.price(mobile, prices.rates_of(reading)) if reading is not None else None
    form_uuid = link_texts.offer_of(text.key, mobile)
    offer = _Offer(text.key, mobile, cost or Decimal(0), form_uuid, is_shown)
    return {
        "mobile": mobile,
        "text": text.text,
        "parts": text.parts,
        "is_priced": reading is not None,
        "cost": cost,
        "objection": _objection(request) or link_texts.objection(mobile),
        "sent": link_texts.last_sent(text.key),
        "offer": offer.signed(user, by),
    }


@dataclass(frozen=True, slots=True)
class _Offer:
    """What one button sends: which link to which number, for how many rupees at most."""

    key: uuid.UUID
    mobile: str
    cost: Decimal
    form_uuid: uuid.UUID
    is_shown: bool  # on a page that has the link itself

    def signed(self, user: User, by: User) -> str:
        facts = [str(self.key), self.mobile, str(self.cost), str(self.form_uuid), self.is_shown]
        return signing.dumps(facts, salt=_salt(user, by))

    @classmethod
    def read(cls, signed: str, user: User, by: User) -> "_Offer":
        """Raises `BadSignature` for what was not signed for this colleague and this manager."""
        key, mobile, cost, form_uuid, is_shown = signing.loads(signed, salt=_salt(user, by))
        return cls(uuid.UUID(key), mobile, Decimal(cost), uuid.UUID(form_uuid), is_shown)


def _salt(user: User, by: User) -> str:
    return f"accounts.invitation.{user.pk}.{by.pk}"


@sensitive_variables("secret", "link", "context")
def _as_before(request: HttpRequest, user: User, by: User, offer: _Offer) -> HttpResponse:
    """The page on which the button was pressed, with the link if it was there."""
    invitation = sendable(user)
    if not offer.is_shown or invitation is None or invitation.key != offer.key:
        return redirect("colleague", user.pk)
    link = _address(request, secret_in_link(invitation))
    sms = sms_context(request, user, by, is_shown=True)
    context = {"colleague": user, "link": link, "hours": HOURS, "by": by, "sms": sms}
    return render(request, "colleagues/link.html", context)


def _address(request: HttpRequest, secret: str) -> str:
    """A link, with the name under which the portal was opened (one of ALLOWED_HOSTS)."""
    return request.build_absolute_uri(reverse("open_link", args=[secret]))


def _objection(request: HttpRequest) -> str:
    """Why no link of this page can be opened on a phone; empty if one can."""
    host, _port = split_domain_port(request.get_host())
    if settings.SANDBOX or not (host in ("localhost", "[::1]") or host.startswith("127.")):
        return ""
    said = _(
        "You opened the portal as %(host)s, which works only on this computer. Open it at the "
        "address that your colleagues use, then send the link."
    )
    return said % {"host": host}


def _said(mobile: str, *, is_held: bool) -> str:
    if is_held:
        said = _("The link goes to %(number)s when sending starts again.")
    else:
        said = _("The link is on its way to %(number)s.")
    return said % {"number": shown_mobile(mobile)}


@sensitive_variables("context", "text")
def _mail(user: User, context: dict[str, Any]) -> bool:
    """Whether it went out; the link is on the page in any case. A colleague who has not been here
    yet reads it in the language of whoever made it.
    """
    with in_language_of(user, otherwise=get_language()):
        subject = _("Your Sociair Portal account")
        text = render_to_string("account/email/invitation.txt", context)
    try:
        send_mail(subject, text, None, [user.email])
    except OSError as error:  # SMTPException is one
        logger.warning("An invitation was not mailed: %s", type(error).__name__)
        return False
    return True
