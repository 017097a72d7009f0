"""Handing over: what someone saw and signed becomes a campaign that is sent."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import (
    Campaign,
    CampaignState,
    EventKind,
    Gateway,
    MessageTemplate,
)
from messaging.services import states
from messaging.services.audience import letters
from messaging.services.audience.choice import Audience, describe
from messaging.services.audience.counts import is_large
from messaging.services.campaigns import preparation, signed_people
from messaging.services.campaigns.guards import check_certain, check_nobody_prepares
from messaging.services.campaigns.review import Review
from messaging.services.money import affordability, prices, rules
from messaging.services.money.affordability import SendRefused
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.record import record
from sociair_portal.common.actors import Actor
from sociair_portal.common.request_ids import current_id


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What someone saw and signed: of which content, for how many people and rupees, which day its
    letters say, if they say one, a mark of who they are, in how many parts, and a mark of what
    speaks against sending it now (these three missing from an older page).
    """

    fingerprint: str
    people: int
    cost: Decimal
    day: str = ""
    who: str = ""
    parts: int = 0
    quiet: str = ""

    @classmethod
    def of(cls, campaign: Campaign, review: Review, quiet: str = "") -> "Reviewed":
        day = letters.day_of(campaign, campaign.scheduled_for)
        who = signed_people.who_is_signed(review)
        return cls(campaign.fingerprint, review.people, review.cost, day, who, review.parts, quiet)

    def to_json(self) -> list[Any]:
        seen = [self.fingerprint, self.people, str(self.cost), self.day, self.who, self.parts]
        return [*seen, self.quiet]

    @classmethod
    def from_json(cls, data: list[Any]) -> "Reviewed":
        who = str(data[4]) if len(data) > 4 else ""
        parts = int(data[5]) if len(data) > 5 else 0
        quiet = str(data[6]) if len(data) > 6 else ""
        return cls(str(data[0]), int(data[1]), Decimal(data[2]), str(data[3]), who, parts, quiet)


def hand_over(
    campaign: Campaign,
    *,
    reviewed: Reviewed,
    by: Actor,
    at: datetime | None = None,
) -> bool:
    """Let a reviewed draft be sent, now or at a time. False if that had happened already.

    Raises `SendRefused` if it changed since it was reviewed, or cannot be paid, and
    `GroupGone`; then it stays a draft.
    """
    with transaction.atomic():
        # One bill at a time.
        Gateway.objects.select_for_update(no_key=True).get(pk=campaign.gateway_id)
        if not _is_draft(campaign, reviewed):
            return False
        check_certain(campaign)
        if letters.day_of(campaign, at) != reviewed.day:
            raise SendRefused(
                _("This message includes the sending date. Review it for the new date first.")
            )
        check_nobody_prepares(campaign)
        reading = affordability.reading_for(campaign.gateway, reviewed.cost, button=_("Send"))
        _leave_draft(campaign, reviewed, prices.rates_of(reading), at, by=by)
        campaign.refresh_from_db()
        # Few may be left of very many, who must all be looked at.
        is_small = not is_large(Audience.from_json(campaign.audience))
        if is_small and reviewed.people <= settings.INLINE_RECIPIENTS:
            _freeze_at_once(campaign, reviewed)
        _record(campaign, reviewed, at, by=by)
    campaign.refresh_from_db()
    return True


def _is_draft(campaign: Campaign, reviewed: Reviewed) -> bool:
    """Whether this content is still to be sent. Raises `SendRefused` if it is other content."""
    found = Campaign.objects.only("state", "fingerprint").get(pk=campaign.pk)
    if found.fingerprint != reviewed.fingerprint:
        raise _changed()
    return found.state == CampaignState.DRAFT


def _changed() -> SendRefused:
    return SendRefused(_("This message was changed in another window. Check it again."))


def _leave_draft(
    campaign: Campaign,
    reviewed: Reviewed,
    rates: prices.Rates,
    at: datetime | None,
    *,
    by: Actor,
) -> None:
    left = states.transition(
        campaign,
        [CampaignState.DRAFT],
        CampaignState.PREPARING,
        EventKind.SENT,
        by=by,
        where=Q(is_unfinished=False, fingerprint=reviewed.fingerprint, doubted_at__isnull=True),
        request_id=current_id(),
        sent_at=timezone.now(),
        resumed_at=timezone.now(),
        scheduled_for=at,
        written_for=at or timezone.now(),
        chosen=describe(Audience.from_json(campaign.audience)),
        reviewed_cost=reviewed.cost,
        rates=prices.to_json(rates),
        rules=rules.fingerprint_of_rules(),
        signed_people=reviewed.who,
        is_large=reviewed.people > preparation.LARGE,
    )
    if not left:
        raise _changed()
    MessageTemplate.objects.filter(campaigns=campaign).update(used_at=timezone.now())


def _record(campaign: Campaign, signed: Reviewed, at: datetime | None, *, by: Actor) -> None:
    """What was signed for: of a large campaign, it is not known yet who is left to get it."""
    record(
        Deed.SENT,
        by=by,
        about=campaign,
        people=signed.people,
        parts=signed.parts or None,
        rupees=f"{signed.cost:.2f}",
        at=at.isoformat() if at else None,
        follows=campaign.follows_id,
        is_test=(campaign.is_test and not campaign.is_invitation) or None,
    )


def _freeze_at_once(campaign: Campaign, reviewed: Reviewed) -> None:
    preparation.prepare(campaign)
    if campaign.cost > reviewed.cost:
        raise SendRefused(
            _(
                "The recipients or the rates changed after you reviewed the message, and it "
                "now costs more. Check it again."
            )
        )
    if signed_people.has_others(campaign):
        raise SendRefused(
            _(
                "The recipients changed after you reviewed the message. Someone was added, or "
                "someone gets a different text. Check it again."
            )
        )
    if campaign.total == 0:
        raise SendRefused(_("There is no one left to send to. Choose other recipients."))
