"""Whether a bill can be paid: by a fresh balance that covers it and all that is committed."""

from decimal import Decimal

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import BalanceReading, Campaign, CampaignState, Gateway
from messaging.services.money import balance
from sociair_portal.common.sentences import noted


class SendRefused(Exception):
    """A campaign was not handed over, or does not go on; the message is a sentence for the user."""


def lock(campaign: Campaign) -> tuple[Campaign, Gateway]:
    """A campaign, then its gateway's bills: locked in the order of `record`, so that no two
    transactions wait for each other.
    """
    locked = Campaign.objects.select_for_update().get(pk=campaign.pk)
    return locked, Gateway.objects.select_for_update(no_key=True).get(pk=campaign.gateway_id)


def fresh_reading(gateway: Gateway, *, button: str) -> BalanceReading:
    """The last reading, for whoever pressed a button. Raises `SendRefused` if it is too old."""
    if (reading := balance.fresh(gateway)) is None:
        raise SendRefused(
            _("Refreshing the balance. Press %(button)s again in a few seconds.")
            % {"button": button}
        )
    return reading


def reading_for(gateway: Gateway, cost: Decimal, *, button: str) -> BalanceReading:
    """The fresh reading that covers so many rupees more than is committed. Raises `SendRefused`."""
    reading = fresh_reading(gateway, button=button)
    check_more(gateway, reading, cost)
    return reading


def check_more(gateway: Gateway, reading: BalanceReading, cost: Decimal) -> None:
    """Raises `SendRefused` unless so many rupees more than is committed can be paid."""
    check_covered(reading, balance.committed(gateway).cost + cost)


def check_start(campaign: Campaign, reading: BalanceReading, *, more: Decimal) -> None:
    """Raises `SendRefused` unless a campaign can be paid that begins or goes on now, for so many
    rupees `more` than it has committed.

    What others have planned for later does not keep it from its time.
    """
    waits = [CampaignState.PREPARING, CampaignState.SCHEDULED]
    is_later = Q(state__in=waits, scheduled_for__gt=timezone.now()) & ~Q(pk=campaign.pk)
    check_covered(reading, balance.committed(campaign.gateway, but_not=is_later).cost + more)


def check_covered(reading: BalanceReading, needed: Decimal) -> None:
    """Raises `SendRefused` if the balance is less than so many rupees."""
    if needed > reading.balance:
        raise SendRefused(
            noted(
                "Not enough balance left. The balance is Rs %(balance)s, but Rs %(needed)s is "
                "needed, including what is already being sent. Top up the account at "
                "Sociair, then try again. If you have just topped up, try again in a few "
                "seconds, when the balance has been refreshed.",
                balance=reading.balance,
                needed=needed,
            )
        )
