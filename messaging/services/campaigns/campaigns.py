"""A campaign's life: written, handed over, prepared, paused, resumed, cancelled.

Every change of state is a conditional update, so that two people (or two tabs) who do the same
thing do it once.
"""

import hashlib
import json
import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import (
    OPEN_STATES,
    PAUSABLE_STATES,
    RESUMABLE_STATES,
    BalanceReading,
    Batch,
    BatchState,
    Campaign,
    CampaignState,
    EventKind,
    Gateway,
    MessageTemplate,
    Recipient,
    RecipientState,
)
from messaging.services import states
from messaging.services.actor import Actor, user_of
from messaging.services.audience import placeholders, repeats
from messaging.services.audience.choice import Audience, describe
from messaging.services.campaigns import preparation
from messaging.services.campaigns.review import Review
from messaging.services.gateway import holds
from messaging.services.money import affordability, balance, new_prices, prices

logger = logging.getLogger(__name__)

_CLOSED_AT_ONCE = 5000  # recipients

SendRefused = affordability.SendRefused


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What somebody saw and signed: of which content, for how many people and rupees, which day
    its letters say, if they say one, and who they are (a mark; empty on a page of before).
    """

    fingerprint: str
    people: int
    cost: Decimal
    day: str = ""
    who: str = ""

    @classmethod
    def of(cls, campaign: Campaign, review: Review) -> "Reviewed":
        day = placeholders.day_of(campaign, campaign.scheduled_for)
        who = preparation.who_is_signed(review)
        return cls(campaign.fingerprint, review.people, review.cost, day, who)

    def to_json(self) -> list[Any]:
        return [self.fingerprint, self.people, str(self.cost), self.day, self.who]

    @classmethod
    def from_json(cls, data: list[Any]) -> "Reviewed":
        who = str(data[4]) if len(data) > 4 else ""
        return cls(str(data[0]), int(data[1]), Decimal(data[2]), str(data[3]), who)


def fingerprint_of(text: str, audience: Audience) -> str:
    """Equal for equal content, whatever form it came in by."""
    content = json.dumps([text, audience.to_json()], sort_keys=True)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


# -- Writing ---------------------------------------------------------------------------------


class ChangedElsewhere(Exception):
    """A draft was changed from another form. `campaign` is how it is now."""

    def __init__(self, campaign: Campaign) -> None:
        super().__init__(
            _("This draft was changed in another window, or on another machine, meanwhile.")
        )
        self.campaign = campaign


def save_draft(
    *,
    form_uuid: uuid.UUID,
    text: str,
    audience: Audience,
    gateway: Gateway,
    by: Actor,
    template: MessageTemplate | None = None,
    is_unfinished: bool = False,
    is_test: bool = False,
    seen: str | None = None,
    form: str = "",
    turn: int = 0,
    keep_answers: bool = False,
) -> Campaign:
    """The campaign of this form: a new draft, the changed draft, or what was sent with it.

    `seen` is the fingerprint of what the form knows to be saved, "" for nothing; None overwrites.
    What was saved last from the same window (`form`) is no surprise to it, unless that was later
    than this (`turn`). With `keep_answers`,
    what the review was told stays told. Raises `SendRefused` if the form was sent before with other
    content, or by somebody else, and `ChangedElsewhere`.
    """
    fingerprint = fingerprint_of(text, audience)
    content = {
        "text": text,
        "audience": audience.to_json(),
        "table_id": audience.table or None,
        "fingerprint": fingerprint,
        "template": template,
        "is_unfinished": is_unfinished,
        "is_test": is_test,
        "saved_at": timezone.now(),
        "saved_by_form": form,
        "saved_turn": turn,
    }
    try:
        with transaction.atomic():
            return Campaign.objects.create(
                form_uuid=form_uuid, gateway=gateway, created_by=user_of(by), **content
            )
    except IntegrityError:
        found = Campaign.objects.filter(form_uuid=form_uuid).first()
    if found is None:
        raise _table_gone()
    campaign = found
    if campaign.created_by_id != getattr(user_of(by), "pk", None):
        raise SendRefused(_("This form belongs to somebody else. Begin a new message."))
    if keep_answers:
        audience = _with_answers(audience, campaign, text)
    fingerprint = fingerprint_of(text, audience)
    content |= {"audience": audience.to_json(), "fingerprint": fingerprint}
    as_seen = Q() if seen is None else Q(fingerprint__in=[seen, fingerprint])
    if form:
        as_seen |= Q(saved_by_form=form, saved_turn__lte=turn)
    same = Campaign.objects.filter(pk=campaign.pk)
    try:
        with transaction.atomic():
            same.filter(as_seen, state=CampaignState.DRAFT).update(**content, gateway=gateway)
    except IntegrityError as gone:
        raise _table_gone() from gone
    if (now := same.first()) is None:
        raise SendRefused(_("This draft has been deleted meanwhile. Begin a new message."))
    campaign = now
    if campaign.fingerprint != fingerprint and campaign.state == CampaignState.DRAFT:
        raise ChangedElsewhere(campaign)
    if campaign.fingerprint != fingerprint:
        raise SendRefused(
            _(
                "This message has been sent already, with other words or to other people. "
                "Begin a new message for the changed one."
            )
        )
    return campaign


def _table_gone() -> SendRefused:
    return SendRefused(_("The table has been deleted meanwhile. Choose it again."))


def _with_answers(audience: Audience, draft: Campaign, text: str) -> Audience:
    """What the review was told stays told, of the same text for the same people. Whose message a
    shared number gets is known as long as it comes from the same table, or from the contacts.
    """
    told = Audience.from_json(draft.audience)
    if told.table != audience.table:
        return audience
    answered = replace(audience, preferred=told.preferred)
    as_told = replace(answered, first=told.first, again=told.again)
    is_same = draft.text == text and as_told.to_json() == told.to_json()
    return as_told if is_same else answered


def change_draft(campaign: Campaign, *, text: str, audience: Audience, seen: str) -> bool:
    """What the review asked about is answered, if it is still as it was `seen` (a fingerprint).

    False if it was sent, or changed, meanwhile.
    """
    return bool(
        Campaign.objects.filter(pk=campaign.pk, state=CampaignState.DRAFT, fingerprint=seen).update(
            text=text,
            audience=audience.to_json(),
            fingerprint=fingerprint_of(text, audience),
            saved_at=timezone.now(),
            saved_by_form="",
        )
    )


def plan(campaign: Campaign, at: datetime | None) -> bool:
    """Note when a draft is to go out. True if its letters say another day by that."""
    before = placeholders.day_of(campaign, campaign.scheduled_for)
    Campaign.objects.filter(pk=campaign.pk, state=CampaignState.DRAFT).update(scheduled_for=at)
    campaign.scheduled_for = at
    return placeholders.day_of(campaign, at) != before


# -- Handing over ----------------------------------------------------------------------------


def hand_over(
    campaign: Campaign,
    *,
    reviewed: Reviewed,
    by: Actor,
    at: datetime | None = None,
) -> bool:
    """Let a reviewed draft be sent, now or at a time. False if that had happened already.

    Raises `SendRefused` if it changed since it was reviewed, or cannot be paid, and
    `audience.GroupGone`; then it stays a draft.
    """
    with transaction.atomic():
        # One bill at a time.
        Gateway.objects.select_for_update(no_key=True).get(pk=campaign.gateway_id)
        if not _is_draft(campaign, reviewed):
            return False
        check_certain(campaign)
        if placeholders.day_of(campaign, at) != reviewed.day:
            raise SendRefused(
                _("The message says the day it is sent. Look at it as it is on that day first.")
            )
        check_nobody_prepares(campaign)
        reading = affordability.reading_for(campaign.gateway, reviewed.cost, button=_("Send"))
        _leave_draft(campaign, reviewed, prices.rates_of(reading), at, by=by)
        campaign.refresh_from_db()
        if reviewed.people <= settings.INLINE_RECIPIENTS:
            _freeze_at_once(campaign, reviewed)
    campaign.refresh_from_db()
    return True


def _is_draft(campaign: Campaign, reviewed: Reviewed) -> bool:
    """Whether this content is still to be sent. Raises `SendRefused` if it is other content."""
    found = Campaign.objects.only("state", "fingerprint").get(pk=campaign.pk)
    if found.fingerprint != reviewed.fingerprint:
        raise _changed()
    return found.state == CampaignState.DRAFT


def check_nobody_prepares(campaign: Campaign) -> None:
    """Of two who get the same words, one must be able to see whom the other writes to."""
    if not campaign.audience["again"] and repeats.is_being_prepared(campaign):
        raise SendRefused(
            _(
                "The same text is being prepared for other people just now. Try once more in a "
                "moment, so that nobody gets it twice."
            )
        )


def _changed() -> SendRefused:
    return SendRefused(_("This message was changed in another window. Look at it once more."))


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
        where=Q(is_unfinished=False, fingerprint=reviewed.fingerprint),
        sent_at=timezone.now(),
        resumed_at=timezone.now(),
        scheduled_for=at,
        written_for=at or timezone.now(),
        chosen=describe(Audience.from_json(campaign.audience)),
        reviewed_cost=reviewed.cost,
        rates=prices.to_json(rates),
        rules=prices.fingerprint_of_rules(),
        signed_people=reviewed.who,
        is_large=reviewed.people > preparation.LARGE,
    )
    if not left:
        raise _changed()
    MessageTemplate.objects.filter(campaigns=campaign).update(used_at=timezone.now())


def _freeze_at_once(campaign: Campaign, reviewed: Reviewed) -> None:
    preparation.prepare(campaign)
    if campaign.cost > reviewed.cost:
        raise SendRefused(
            _(
                "The recipients or the prices have changed since you looked: it would now cost "
                "more. Look at it once more."
            )
        )
    if preparation.has_others(campaign):
        raise SendRefused(
            _(
                "The recipients have changed since you looked: somebody else is among them now, or "
                "gets another text. Look at it once more."
            )
        )
    if campaign.total == 0:
        raise SendRefused(_("Nobody is left to send to. Choose other recipients."))


def start_due(gateway: Gateway) -> int:
    """Scheduled campaigns whose time has come begin; those that slept too long ask first.

    Each is priced by a fresh balance. While Sociair does not tell it, they wait for the next sweep.
    """
    now = timezone.now()
    late = now - holds.overdue_after()
    due = Campaign.objects.filter(
        gateway=gateway, state=CampaignState.SCHEDULED, scheduled_for__lte=now
    ).order_by("scheduled_for", "id")
    moved = sum(_ask(campaign) for campaign in due.filter(scheduled_for__lt=late))
    in_time = list(due.filter(scheduled_for__gte=late))
    reading = balance.read_if_old(gateway) if in_time else None
    if reading is not None:
        moved += sum(_start_surely(campaign, reading) for campaign in in_time)
    return moved


def _start_surely(campaign: Campaign, reading: BalanceReading) -> bool:
    """One that cannot be started must not keep the others from their time."""
    try:
        return _start(campaign, reading)
    except Exception as error:  # noqa: BLE001  # whatever it is
        logger.error("Campaign %s could not be started: %s.", campaign.pk, type(error).__name__)
        return False


def _ask(campaign: Campaign) -> bool:
    return _move(
        campaign,
        [CampaignState.SCHEDULED],
        CampaignState.OVERDUE,
        EventKind.OVERDUE,
        where=_as_seen(campaign),
        resumed_at=timezone.now(),
    )


def _as_seen(campaign: Campaign) -> Q:
    """Somebody may be moving it to another time just now."""
    return Q(scheduled_for=campaign.scheduled_for)


def _start(campaign: Campaign, reading: BalanceReading) -> bool:
    """False if it waits for a person, because it became dearer or cannot be paid."""
    where, waiting = _as_seen(campaign), [CampaignState.SCHEDULED]
    try:
        advice = _("Look at the sum, then resume.")
        priced = new_prices.price(campaign, reading, seen=None, advice=advice)
        return _begin(
            campaign, waiting, CampaignState.SENDING, EventKind.STARTED, priced, where=where
        )
    except SendRefused as refused:
        why, paused = str(refused), CampaignState.PAUSED
        _move(campaign, waiting, paused, EventKind.PAUSED, where=where, words=why, pause_reason=why)
        return False


def _begin(
    campaign: Campaign,
    before: Sequence[CampaignState],
    after: CampaignState,
    kind: EventKind,
    priced: new_prices.Priced,
    **fields: Any,
) -> bool:
    """A change of state, with the prices that were signed for it. Raises `SendRefused`."""
    with transaction.atomic():
        if not priced.holds(campaign):
            return False
        fields = {"resumed_at": timezone.now(), **priced.fields, **fields}
        return _move(campaign, before, after, kind, words=priced.words, **fields)


# -- Control ---------------------------------------------------------------------------------


def pause(campaign: Campaign, *, by: Actor, why: str = "") -> bool:
    """Nothing more is claimed; calls in flight end. False if there is nothing to pause."""
    return _move(
        campaign,
        PAUSABLE_STATES,
        CampaignState.PAUSED,
        EventKind.PAUSED,
        by=by,
        words=why,
        pause_reason=why,
    )


def resume(
    campaign: Campaign, *, by: Actor, seen: Decimal | None = None, seen_day: str = ""
) -> bool:
    """Go on where it stopped: preparing, waiting for its time, or sending.

    It is priced by a fresh balance. What became dearer than it was signed goes on only for who has
    `seen` what the rest costs now (rupees); one whose letters say another day, only for who has
    seen that day. Raises `SendRefused`.
    """
    campaign.refresh_from_db()
    if campaign.state not in RESUMABLE_STATES:
        return False
    check_certain(campaign)
    priced = _price_rest(campaign, seen)
    if (day := placeholders.stale_day(campaign)) != seen_day and day:
        raise SendRefused(
            _("The message says the day it is sent: %(day)s. Look at it, then resume.")
            % {"day": day}
        )
    with transaction.atomic():
        if campaign.prepared_up_to != Campaign.PREPARED:
            # In the order in which an answer is recorded, or the two could wait for each other.
            Campaign.objects.select_for_update().get(pk=campaign.pk)
            Gateway.objects.select_for_update(no_key=True).get(pk=campaign.gateway_id)
            check_nobody_prepares(campaign)
        return _resume(campaign, priced, by=by)


def _price_rest(campaign: Campaign, seen: Decimal | None) -> new_prices.Priced:
    """What is still being prepared is priced when that is done."""
    if campaign.prepared_up_to != Campaign.PREPARED or not campaign.pending:
        return new_prices.Priced()
    reading = affordability.fresh_reading(campaign.gateway, button=_("Resume"))
    advice = _("Look at the sum, then resume.")
    return new_prices.price(campaign, reading, seen=seen, advice=advice)


def _resume(campaign: Campaign, priced: new_prices.Priced, *, by: Actor) -> bool:
    if campaign.prepared_up_to != Campaign.PREPARED:
        state = CampaignState.PREPARING
    elif campaign.scheduled_for is not None and campaign.scheduled_for > timezone.now():
        state = CampaignState.SCHEDULED
    else:
        state = CampaignState.SENDING
    certain = Q(doubted_at__isnull=True)  # while it was priced a restore may have been noticed
    return _begin(
        campaign,
        RESUMABLE_STATES,
        state,
        EventKind.RESUMED,
        priced,
        by=by,
        where=certain,
        pause_reason="",
    )


def check_certain(campaign: Campaign) -> None:
    """Raises `SendRefused` while nobody has said what of it a restored database does not know."""
    if Campaign.objects.filter(pk=campaign.pk, doubted_at__isnull=False).exists():
        raise SendRefused(
            _(
                "It is not certain what of this message has gone out already. Say so first, under "
                "Needs a decision."
            )
        )


def _move(
    campaign: Campaign,
    before: Sequence[CampaignState],
    after: CampaignState,
    kind: EventKind,
    *,
    by: Actor = None,
    words: str = "",
    where: Q | None = None,
    **fields: Any,
) -> bool:
    moved = states.transition(
        campaign, before, after, kind, by=by, words=words, where=where, **fields
    )
    campaign.refresh_from_db()
    return moved


def cancel(
    campaign: Campaign,
    *,
    by: Actor,
    only: Sequence[CampaignState] = (CampaignState.DRAFT, *OPEN_STATES),
    words: str = "",
) -> bool:
    """Nothing that is still queued goes out; calls in flight end and are recorded.

    False if it is in none of the states to be cancelled in. From here nothing can be claimed. The
    batches of a large campaign are closed by the worker.
    """
    cancelled = _move(
        campaign, only, CampaignState.CANCELLED, EventKind.CANCELLED, by=by, words=words
    )
    if cancelled and campaign.total <= settings.INLINE_RECIPIENTS:
        close_cancelled(campaign)
    return cancelled


def close_cancelled(campaign: Campaign) -> None:
    """The queued batches of a cancelled campaign end, a few thousand recipients at a time."""
    while _close_some(campaign):
        pass
    campaign.refresh_from_db()


def _close_some(campaign: Campaign) -> int:
    with transaction.atomic():
        if not Campaign.objects.select_for_update().filter(
            pk=campaign.pk, state=CampaignState.CANCELLED
        ):
            return 0
        queued = Batch.objects.filter(campaign=campaign, state=BatchState.QUEUED).order_by("id")
        some = max(_CLOSED_AT_ONCE // settings.SOCIAIR_BATCH_SIZE, 1)
        ids = list(queued.select_for_update().values_list("pk", flat=True)[:some])
        states.move_batches(
            Batch.objects.filter(pk__in=ids), [BatchState.QUEUED], BatchState.CANCELLED
        )
        people = Recipient.objects.filter(batch__in=ids, state=RecipientState.QUEUED).update(
            state=RecipientState.CANCELLED
        )
        Campaign.objects.filter(pk=campaign.pk).update(
            pending=F("pending") - people, cancelled=F("cancelled") + people
        )
    return len(ids)
