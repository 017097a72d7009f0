"""Preparing a campaign: its people and texts are frozen and cut into batches, piece by piece.

Every piece advances `prepared_up_to` conditionally within its own transaction, so that a killed
worker goes on where it stopped and two workers never prepare the same piece.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from messaging.models import (
    Batch,
    Campaign,
    CampaignState,
    EventKind,
    LeftOut,
    Recipient,
)
from messaging.services import states
from messaging.services.audience.addressees import AudiencePiece
from messaging.services.audience.ahead import reading_ahead
from messaging.services.audience.choice import Audience, GroupGone
from messaging.services.audience.letters import writer_of
from messaging.services.audience.recipients import Reader
from messaging.services.campaigns.batches import cut
from messaging.services.campaigns.signed_people import has_others, mark_of
from messaging.services.gateway import silence
from messaging.services.money import balance, new_prices, prices
from messaging.text.validity import InvalidText, keepable
from sociair_portal.common.bulk_rows import insert_rows, take_stock_while_small
from sociair_portal.common.sentences import changed, noted, row_value

LARGE: Final = 1000  # recipients; a larger campaign lets smaller ones go first
_LONGEST_ENTRY: Final = 200
_PIECE: Final = 5000  # recipients in one transaction, which takes a fraction of a second


def prepare(campaign: Campaign, *, go_on: Callable[[], bool] = lambda: True) -> bool:
    """Freeze what is left of a campaign's audience. False if `go_on` stopped it before its end.

    Raises `GroupGone` for a group that was deleted since the review, and `InvalidText` for a field.
    """
    rates = prices.from_json(campaign.rates)
    reader = Reader(
        Audience.from_json(campaign.audience), rates, writer_of(campaign), campaign=campaign
    )
    with reading_ahead(reader, _PIECE) as ahead:
        while campaign.state == CampaignState.PREPARING:
            if not go_on():
                return False
            try:
                _freeze(campaign, ahead.piece(campaign.prepared_up_to), rates)
            except IntegrityError:  # a contact was deleted after being read
                _freeze(campaign, ahead.piece(campaign.prepared_up_to, anew=True), rates)
            campaign.refresh_from_db()
            if campaign.state == CampaignState.PREPARING:
                take_stock_while_small(Batch, Recipient)
    return True


def prepare_or_pause(campaign: Campaign, *, go_on: Callable[[], bool]) -> bool:
    """As `prepare`, for the worker: a group or field that is gone pauses the campaign."""
    try:
        return prepare(campaign, go_on=go_on)
    except (GroupGone, InvalidText) as gone:
        _leave(campaign, CampaignState.PAUSED, EventKind.PAUSED, str(gone))
        return True


def _freeze(campaign: Campaign, piece: AudiencePiece, rates: prices.Rates) -> None:
    mark = mark_of(campaign, piece)
    cost = prices.cost_of_counts(piece.counts, rates)
    with transaction.atomic():
        advanced = Campaign.objects.filter(
            pk=campaign.pk,
            state=CampaignState.PREPARING,
            prepared_up_to=campaign.prepared_up_to,
        ).update(
            prepared_up_to=Campaign.PREPARED if piece.is_last else piece.up_to,
            total=F("total") + len(piece.people),
            pending=F("pending") + len(piece.people),
            cost=F("cost") + cost,
            people_mark=mark,
        )
        if not advanced:
            return
        cut(campaign, piece.people, rates)
        insert_rows(
            LeftOut,
            ["campaign", "entry", "reason", "words"],
            (
                (
                    campaign.pk,
                    row_value(changed(out.entry, keepable), _LONGEST_ENTRY),
                    out.reason.value,
                    row_value(out.words),
                )
                for out in piece.omissions
            ),
        )
        if piece.is_last:
            campaign.refresh_from_db()
            finish(campaign)


def finish(campaign: Campaign) -> None:
    """End the preparation: begin, wait for its time, or pause because it became more expensive."""
    now = timezone.now()
    # A campaign that sends again has nobody new: only its prices may differ, see below.
    if campaign.cost > campaign.reviewed_cost and not campaign.again_of:
        why = noted(
            "The recipients changed after the review. The message now costs Rs %(cost)s "
            "instead of Rs %(reviewed)s. Check the new cost, then resume.",
            cost=campaign.cost,
            reviewed=campaign.reviewed_cost,
        )
        _leave(campaign, CampaignState.PAUSED, EventKind.PAUSED, why)
    elif has_others(campaign):
        why = noted(
            "The recipients changed after the review. Someone was added, or someone gets a "
            "different text. Check the recipients, then resume."
        )
        _leave(campaign, CampaignState.PAUSED, EventKind.PAUSED, why)
    elif _slept(campaign, now):
        _leave(campaign, CampaignState.OVERDUE, EventKind.OVERDUE, "")
    elif campaign.total == 0:
        _leave(
            campaign, CampaignState.DONE, EventKind.DONE, noted("There was no one left to send to.")
        )
    elif campaign.scheduled_for is not None and campaign.scheduled_for > now:
        _leave(campaign, CampaignState.SCHEDULED, EventKind.SCHEDULED, "")
    elif not _costs_as_signed(campaign):
        # It is due: whatever starts what is due reads the balance first, and prices it.
        _leave(campaign, CampaignState.SCHEDULED, EventKind.SCHEDULED, "", scheduled_for=now)
    else:
        _leave(campaign, CampaignState.SENDING, EventKind.STARTED, "")


def _costs_as_signed(campaign: Campaign) -> bool:
    """Whether a fresh balance says so; preparing may have taken long, or waited for someone."""
    if (reading := balance.fresh(campaign.gateway)) is None:
        return False
    return not new_prices.has_changed(campaign, prices.rates_now(campaign, reading))


def _slept(campaign: Campaign, now: datetime) -> bool:
    """Whether it should have gone out, or was handed over, hours before it was prepared."""
    since = max(filter(None, (campaign.scheduled_for, campaign.resumed_at)), default=now)
    return now - since > silence.overdue_after()


def _leave(
    campaign: Campaign, state: CampaignState, kind: EventKind, words: str, **fields: Any
) -> None:
    states.transition(
        campaign,
        [CampaignState.PREPARING],
        state,
        kind,
        words=words,
        resumed_at=timezone.now(),
        pause_reason=words if state == CampaignState.PAUSED else "",
        **fields,
    )
    campaign.refresh_from_db()
