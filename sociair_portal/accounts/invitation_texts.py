"""Invitations by SMS: what the text says, what it costs, and sending it."""

import uuid
from decimal import Decimal

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from contacts.names import clean_name
from messaging.models import Campaign, Gateway
from messaging.services.campaigns import link_texts, own_number
from messaging.services.campaigns.link_texts import LinkText
from messaging.services.money.affordability import SendRefused
from sociair_portal.accounts.invitations import (
    lock,
    open_invitation,
    secret_in_link,
    still_open,
    take_back,
)
from sociair_portal.accounts.models import Invitation
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.record import record
from sociair_portal.common import formats


def number_for(user: User) -> str:
    """Where a colleague's link may go: a number that a manager has entered, or that is proved.
    Empty if there is none.
    """
    own = own_number.profile_of(user)
    return own.mobile if own is not None and own.is_proved else ""


def sendable(user: User) -> Invitation | None:
    """The invitation of a colleague whose link can be sent: it works, and can still be told."""
    waiting = open_invitation(user)
    found = still_open(waiting.pk) if waiting is not None else None
    return found if found is not None and secret_in_link(found) else None


def text_of(invitation: Invitation, address: str, by: User) -> LinkText | None:
    """What is sent, with stars in the place of the secret in the `address` as in the text. None
    for an invitation without a key. In the office's language: it costs the same, whoever looks.
    """
    if invitation.key is None:
        return None
    with translation.override(settings.LANGUAGE_CODE):
        return LinkText(invitation.key, _written(invitation, address, by), invitation.ends_at)


def _written(invitation: Invitation, address: str, by: User) -> str:
    name = clean_name((by.get_full_name() or by.get_username()).replace("*", ""))
    if invitation.user.has_usable_password():
        said = _("%(name)s sends you a link to choose a new password for Sociair Portal: %(link)s")
    else:
        said = _("%(name)s invites you to Sociair Portal: %(link)s")
    until = _("Works once, until %(until)s.") % {
        "until": formats.moment(timezone.localtime(invitation.ends_at))
    }
    return f"{said % {'name': name, 'link': address}} {until}"


def send_invitation(
    gateway: Gateway,
    user: User,
    *,
    key: uuid.UUID,
    address: str,
    mobile: str,
    form_uuid: uuid.UUID,
    cost: Decimal,
    by: User,
) -> Campaign | None:
    """Send a colleague's link to their number for at most `cost` rupees. One offer sends one text:
    None if it has done so.

    Raises `SendRefused`; then nothing is kept or sent.
    """
    with transaction.atomic():
        lock(user)
        invitation = sendable(user)
        if invitation is None or invitation.key != key:
            raise SendRefused(_("This link no longer works. Make a new one."))
        if number_for(user) != mobile:
            raise SendRefused(_("The number has been changed. Check it before you send."))
        if (link := text_of(invitation, address, by)) is None:
            raise SendRefused(_("This link cannot be sent. Make a new one."))
        message = link_texts.send_link(
            gateway, link=link, form_uuid=form_uuid, mobile=mobile, cost=cost, by=by
        )
        if message is not None:
            record(Deed.INVITED_BY_SMS, by=by, about=user, rupees=f"{message.cost:.2f}")
    return message


def save_number(user: User, mobile: str, by: User) -> bool:
    """Save a colleague's number, ten digits or empty. A link that went to another one may have come
    to a stranger, so it stops working: returns whether there was one.
    """
    with transaction.atomic():
        lock(user)
        own_number.save_number(user, mobile, by=by)
        waiting = open_invitation(user)
        if waiting is None or waiting.key is None:
            return False
        sent = link_texts.last_sent(waiting.key)
        went_elsewhere = sent is not None and (not mobile or sent.mobile != mobile)
        return went_elsewhere and take_back(user, by)
