"""The schedule: campaigns that go out later are moved, sent now or opened again."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import (
    OPEN_STATES,
    Campaign,
    CampaignState,
    Event,
    EventKind,
    Gateway,
)
from messaging.services import states
from messaging.services.audience import letters
from messaging.services.audience.choice import Audience
from messaging.services.audience.letters import show_day
from messaging.services.campaigns import control, drafts
from messaging.services.campaigns.guards import check_no_test
from messaging.services.money import affordability, new_prices
from messaging.services.money.new_prices import Priced
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.record import record
from sociair_portal.common.actors import Actor, user_of
from sociair_portal.common.sentences import noted


@dataclass(slots=True)
class Day:
    """What goes out on one day of the portal's time zone, and what it commits (rupees)."""

    day: date
    campaigns: list[Campaign] = field(default_factory=list)

    @property
    def cost(self) -> Decimal:
        return sum((campaign.planned_cost for campaign in self.campaigns), Decimal(0))

    @property
    def people(self) -> int:
        return sum(campaign.total for campaign in self.campaigns)


def coming() -> list[Day]:
    """Campaigns that wait for their time, or for someone since it has passed, the next first."""
    due = Q(state__in=[CampaignState.SCHEDULED, CampaignState.OVERDUE], scheduled_for__isnull=False)
    ahead = Q(state__in=OPEN_STATES, scheduled_for__gt=timezone.now())
    waiting = Campaign.objects.filter(due | ahead)
    days: dict[date, Day] = {}
    for campaign in waiting.select_related("created_by").order_by("scheduled_for", "id"):
        if campaign.scheduled_for is not None:
            day = timezone.localtime(campaign.scheduled_for).date()
            days.setdefault(day, Day(day)).campaigns.append(campaign)
    return list(days.values())


def move(
    campaign: Campaign,
    at: datetime | None,
    *,
    seen: datetime,
    by: Actor,
    seen_cost: Decimal | None = None,
) -> bool:
    """Give a campaign that waits for `seen` another time; None is now. False if it has begun, or
    was moved.

    What goes out now is priced by a fresh balance; if it became more expensive, only for who has
    seen what it costs (rupees). Raises `SendRefused`, also for a text that names another day.
    """
    _check_day(campaign, at or timezone.now())
    waiting = Campaign.objects.filter(
        pk=campaign.pk, state=CampaignState.SCHEDULED, scheduled_for=seen
    )
    priced = _price(campaign, seen_cost) if at is None and waiting.exists() else Priced()
    with transaction.atomic():
        if not priced.holds(campaign):
            return False
        if at is None:
            moved = states.transition(
                campaign,
                [CampaignState.SCHEDULED],
                CampaignState.SENDING,
                EventKind.STARTED,
                by=by,
                words=_moved(seen, None),
                where=Q(scheduled_for=seen),
                **{"resumed_at": timezone.now(), **priced.fields, "scheduled_for": None},
            )
        elif moved := bool(waiting.update(scheduled_for=at)):
            Event.objects.create(
                campaign=campaign, kind=EventKind.MOVED, by=user_of(by), words=_moved(seen, at)
            )
        if moved:
            record(
                Deed.CONTROLLED,
                by=by,
                about=campaign,
                change="moved",
                waiting=campaign.pending,
                before=seen.isoformat(),
                at=at.isoformat() if at else None,
            )
    campaign.refresh_from_db()
    return moved


def _price(campaign: Campaign, seen: Decimal | None) -> Priced:
    reading = affordability.fresh_reading(campaign.gateway, button=_("Send"))
    return new_prices.price(
        campaign, reading, seen=seen, advice=noted("Check the new cost, then send it now.")
    )


def _moved(before: datetime, after: datetime | None) -> str:
    if after is None:
        return noted("Sent now instead of on %(before)s.", before=before)
    return noted("From %(before)s to %(after)s.", before=before, after=after)


def _check_day(campaign: Campaign, at: datetime) -> None:
    """The letters are written: one that says its day cannot go out on another."""
    before = campaign.scheduled_for or at
    written = letters.days_in(campaign, before)
    if written != letters.days_in(campaign, at):
        raise affordability.SendRefused(
            _(
                "This message includes the sending date and was written for %(day)s. Change "
                "the message instead."
            )
            % {"day": written or show_day(before)}
        )


def copy(campaign: Campaign, *, gateway: Gateway, by: Actor) -> Campaign:
    """A draft of the same text to the same people, to be looked at and reviewed anew. Raises
    `SendRefused`.
    """
    check_no_test(campaign)
    audience = Audience.from_json(campaign.audience)
    return _copied(campaign, replace(audience, again=False, first=False), gateway, by)


def _copied(
    campaign: Campaign,
    audience: Audience,
    gateway: Gateway,
    by: Actor,
    follows: Campaign | None = None,
) -> Campaign:
    return drafts.begin(
        campaign.text,
        audience,
        by=by,
        gateway=gateway,
        follows=follows,
        # When it was to go out is offered again.
        scheduled_for=campaign.scheduled_for if follows is not None else None,
        template=campaign.template,
        own_title=campaign.own_title,
        is_unfinished=True,
    )


def open_again(campaign: Campaign, *, gateway: Gateway, by: Actor) -> Campaign | None:
    """Cancel a scheduled campaign, and give its content back as a draft: both or neither.

    None if it has begun, or someone else was faster.
    """
    with transaction.atomic():
        said = noted("Made a draft again.")
        if not control.cancel(campaign, by=by, only=[CampaignState.SCHEDULED], words=said):
            return None
        # As a follow-up: whoever writes to those not reached is told of this draft.
        return _copied(campaign, Audience.from_json(campaign.audience), gateway, by, campaign)
