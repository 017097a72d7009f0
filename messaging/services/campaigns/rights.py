"""Who may pause, move, cancel and follow up a campaign: its sender, and managers."""

from django.utils.translation import gettext as _

from messaging.models import Campaign
from sociair_portal.common.actors import Actor, user_of


def may_control(user: Actor, campaign: Campaign) -> bool:
    """Whether a user may change what becomes of a campaign: it is their own, or they may do so with
    their colleagues' as well.
    """
    person = user_of(user)
    if person is None or not person.has_perm("messaging.send_campaign"):
        return False
    return campaign.created_by_id == person.pk or person.has_perm("messaging.control_campaign")


def who_may_control(campaign: Campaign) -> str:
    """A sentence for whoever may not."""
    if not (name := _sender(campaign)):
        return _("Only a manager can pause, resume, reschedule or cancel this message.")
    said = _("Only %(name)s or a manager can pause, resume, reschedule or cancel this message.")
    return said % {"name": name}


def who_may_title(campaign: Campaign) -> str:
    """A sentence for whoever may not."""
    if not (name := _sender(campaign)):
        return _("Only a manager can change the title of this message.")
    said = _("Only %(name)s or a manager can change the title of this message.")
    return said % {"name": name}


def who_may_follow(campaign: Campaign) -> str:
    """A sentence for whoever may not write to those whom a campaign did not reach."""
    if not (name := _sender(campaign)):
        return _("Only a manager can send to the people this message did not reach.")
    said = _("Only %(name)s or a manager can send to the people this message did not reach.")
    return said % {"name": name}


def _sender(campaign: Campaign) -> str:
    """Empty for a campaign of the command line."""
    sender = campaign.created_by
    return "" if sender is None else sender.get_full_name() or sender.get_username()
