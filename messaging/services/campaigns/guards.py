"""Guards before a send: many people, a restored database, the same text. When it is a bad time to
send is in `quiet_times`.
"""

from decimal import Decimal

from django.conf import settings
from django.utils.translation import gettext as _

from messaging.models import Campaign
from messaging.services.audience import repeats
from messaging.services.money.affordability import SendRefused


def is_large(people: int, cost: Decimal) -> bool:
    """Whether so many people, or rupees, are over LARGE_SEND: the sender must type the number."""
    return people > settings.LARGE_SEND or cost > settings.LARGE_SEND


def check_no_test(campaign: Campaign) -> None:
    """Raises `SendRefused` for a test, a code or an invitation: there are buttons for another.

    What is kept of a secret are stars, which would go out as they stand there.
    """
    if campaign.is_invitation:
        raise SendRefused(_("To send an invitation again, go to the colleague's page."))
    if campaign.is_test:
        raise SendRefused(_("A test message cannot be sent again. Its sender can send a new one."))


def check_certain(campaign: Campaign) -> None:
    """Raises `SendRefused` while the campaign is in doubt after a restore."""
    if Campaign.objects.filter(pk=campaign.pk, doubted_at__isnull=False).exists():
        raise SendRefused(
            _(
                "It is not known how much of this message has already gone out. Decide that "
                "first, under Needs a decision."
            )
        )


def check_nobody_prepares(campaign: Campaign) -> None:
    """Raises `SendRefused` while the same text is being prepared for others.

    Of two campaigns with the same text, one must be able to see whom the other writes to.
    """
    if not campaign.audience["again"] and repeats.is_being_prepared(campaign):
        raise SendRefused(
            _(
                "The same text is being prepared for other people. Try again in a moment, so "
                "that no one gets it twice."
            )
        )
