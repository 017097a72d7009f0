"""Campaigns in doubt after a restore: the database does not know every call that was made.

None of them goes on before someone has said how many of its messages may have gone out since the
backup; those are then unconfirmed, like a call without an answer.
"""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet
from django.db.models.functions import Greatest
from django.utils import timezone

from messaging.models import (
    OPEN_STATES,
    PAUSABLE_STATES,
    Batch,
    BatchState,
    Campaign,
    CampaignState,
    Event,
    EventKind,
    Gateway,
    Recipient,
    RecipientState,
    SentMessage,
)
from messaging.services import states
from messaging.services.gateway import bills
from messaging.services.states import count, finish_if_empty
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.record import record
from sociair_portal.common.actors import Actor, user_of
from sociair_portal.common.sentences import noted, noted_count

_STOPPED: Final = [*PAUSABLE_STATES, CampaignState.OVERDUE]
_ENDED: Final = [CampaignState.DONE, CampaignState.CANCELLED]
_NOT_REACHED: Final = (
    Q(refused__gt=0) | Q(unconfirmed__gt=0) | Q(not_sent__gt=0) | Q(cancelled__gt=0)
)
_AT_ONCE: Final = 100  # batches in one transaction, campaigns in one look
_RECENT: Final = timedelta(days=90)  # a backup is hardly older
# A worker may read the balance a moment before it looks in for the first time.
_BEFORE_IT_IS_NOTICED: Final = timedelta(minutes=1)


def doubt_all(gateway: Gateway, *, why: str) -> None:
    """Pause what is under way, and ask of it, and of every draft, what went out. Of campaigns that
    have ended, ask whether those they did not reach have been written to since.

    Campaigns are changed while the gateway's row is not locked: an answer locks its campaign first,
    and the two transactions must not wait for each other.
    """
    bills.changed(gateway.pk)
    since = _known_until(gateway)
    wanted = Q(state__in=[*OPEN_STATES, CampaignState.DRAFT], doubted_at__isnull=True)
    while some := list(Campaign.objects.filter(wanted, gateway=gateway).order_by("id")[:_AT_ONCE]):
        for campaign in some:
            _doubt(campaign, since, why)
    ended = Campaign.objects.filter(gateway=gateway, state__in=_ENDED)
    ended.filter(_NOT_REACHED, sent_at__gte=timezone.now() - _RECENT).update(doubted_at=since)


def _known_until(gateway: Gateway) -> datetime:
    """Since when the database may not know everything.

    Not later than anything that happened after it was set back: a balance that was read then lacks
    the unknown calls already, and would say that nothing has left the account.
    """
    found = Gateway.objects.get(pk=gateway.pk)
    last_call = SentMessage.objects.filter(gateway=gateway).aggregate(at=Max("started_at"))["at"]
    era = found.era_began_at and found.era_began_at - _BEFORE_IT_IS_NOTICED
    moments = (timezone.now(), found.silent_since, last_call, era)
    return min(moment for moment in moments if moment is not None)


def _doubt(campaign: Campaign, since: datetime, why: str) -> None:
    with transaction.atomic():
        # Whatever it has become since it was looked up: it may be starting just now.
        locked = Campaign.objects.select_for_update().get(pk=campaign.pk)
        same = Campaign.objects.filter(pk=campaign.pk)
        if locked.again_of:
            # What is not copied may have been since, and have gone out: it stays undecided.
            same.update(prepared_up_to=Campaign.PREPARED)
        if locked.state not in _STOPPED:
            same.update(doubted_at=since)
            return
        states.transition(
            campaign,
            _STOPPED,
            CampaignState.PAUSED,
            EventKind.PAUSED,
            words=why,
            pause_reason=why,
            doubted_at=since,
        )


def ended_in_doubt(gateway: Gateway) -> QuerySet[Campaign]:
    """Ended campaigns that did not reach all: those people may have been written to again since.
    Each has their number as `people_not_reached`.
    """
    found = Campaign.objects.filter(gateway=gateway, state__in=_ENDED, doubted_at__isnull=False)
    not_reached = F("refused") + F("unconfirmed") + F("not_sent") + F("cancelled")
    return found.annotate(people_not_reached=not_reached).order_by("-id")


def say_of_the_ended(gateway: Gateway, *, by: Actor) -> int:
    """Note that nobody whom an ended campaign did not reach was written to again. Returns the
    number of campaigns.
    """
    found = list(ended_in_doubt(gateway))
    for campaign in found:
        say(campaign, 0, by=by)
    return len(found)


def doubted(gateway: Gateway) -> list[Campaign]:
    """Handed-over campaigns of which someone must say what went out, in the order of sending."""
    return list(_doubted(gateway))


def _doubted(gateway: Gateway) -> QuerySet[Campaign]:
    found = Campaign.objects.filter(
        gateway=gateway, state__in=OPEN_STATES, doubted_at__isnull=False
    )
    return found.order_by("is_large", "id")


def _in_turn(gateway: Gateway) -> QuerySet[Batch]:
    """Requests that may have gone out, the likeliest first.

    Those of campaigns that the restore paused come first, then those of campaigns that were paused
    already, which may have been sending after the backup. Those scheduled for later are left out.
    """
    stopped = Event.objects.filter(
        campaign=OuterRef("campaign"),
        kind=EventKind.PAUSED,
        at__gte=OuterRef("campaign__doubted_at"),
    )
    is_due = Q(scheduled_for__isnull=True) | Q(scheduled_for__lte=timezone.now())
    waiting = Batch.objects.filter(
        campaign__in=_doubted(gateway).filter(is_due).values("pk"), state=BatchState.QUEUED
    )
    return waiting.annotate(was_stopped=Exists(stopped)).order_by(
        "-was_stopped", "campaign__is_large", "campaign", "id"
    )


def messages_in(gateway: Gateway, calls: int) -> int:
    """About how many messages so many calls are, if they were the next in turn."""
    return sum(_in_turn(gateway).values_list("size", flat=True)[:calls])


def forgotten_calls(gateway: Gateway) -> int:
    """How many calls that the database does not know fit no message that waits here."""
    calls = gateway.unknown_calls
    return calls - _in_turn(gateway)[:calls].count() if calls else 0


def suggested(campaign: Campaign) -> int | None:
    """How many of a campaign's waiting people probably got it; None if nothing tells."""
    turns = _in_turn(campaign.gateway).values_list("campaign", "size")
    found = turns[: campaign.gateway.unknown_calls]
    return sum(size for pk, size in found if pk == campaign.pk) or None


def say(campaign: Campaign, people: int, *, by: Actor) -> int:
    """Note that `people` of those who wait may have got the message, the first in turn.

    Returns how many became unconfirmed: requests are whole, so it may be more. 0 means that nothing
    went out since the backup was taken. A campaign that is not in doubt any more is left as it is.
    """
    said = 0
    while said < people and (some := _doubt_some(campaign, people - said)):
        said += some
    with transaction.atomic():
        answered = Campaign.objects.filter(pk=campaign.pk, doubted_at__isnull=False).update(
            doubted_at=None, pause_reason=""
        )
        if answered or said:
            record(Deed.SETTLED, by=by, about=campaign, went_out=said)
        if answered:
            Event.objects.create(
                campaign=campaign, kind=EventKind.SETTLED, by=user_of(by), words=_said(said)
            )
            locked = Campaign.objects.select_for_update().get(pk=campaign.pk)
            if locked.state in OPEN_STATES:
                finish_if_empty(locked)
    campaign.refresh_from_db()
    return said


def look_up_forgotten(gateway: Gateway, calls: int, *, by: Actor) -> bool:
    """Note that someone has looked up at Sociair so many calls that no message here explains.

    False if the number has changed, or campaigns are still in doubt.
    """
    if _doubted(gateway).exists():
        return False  # some of them are explained by what is said of these
    with transaction.atomic():
        known = Gateway.objects.filter(pk=gateway.pk, unknown_calls=calls, unknown_calls__gt=0)
        if not known.update(unknown_calls=0):
            return False
        words = noted_count(
            "%(calls)d request that no message here explains was checked in Sociair's own list.",
            "%(calls)d requests that no message here explains were checked in Sociair's own list.",
            calls,
            calls=calls,
        )
        Event.objects.create(gateway=gateway, kind=EventKind.SETTLED, by=user_of(by), words=words)
        record(Deed.SETTLED, by=by, about=gateway, looked_up=calls)
    return True


def _said(people: int) -> str:
    if not people:
        return noted("None of it has gone out since the backup was made.")
    return noted_count(
        "%(people)d message may have gone out since the backup was made.",
        "%(people)d messages may have gone out since the backup was made.",
        people,
        people=people,
    )


def _doubt_some(campaign: Campaign, people: int) -> int:
    """Make the next batches unconfirmed until they have so many people. Returns how many people."""
    with transaction.atomic():
        found = Campaign.objects.select_for_update().filter(
            Q(state=CampaignState.PAUSED), pk=campaign.pk, doubted_at__isnull=False
        )
        if (locked := found.first()) is None:
            return 0
        queued = Batch.objects.filter(campaign=locked, state=BatchState.QUEUED).order_by("id")
        chosen: list[int] = []
        counted = 0
        for pk, size in queued.select_for_update().values_list("pk", "size")[:_AT_ONCE]:
            if counted >= people:
                break
            chosen.append(pk)
            counted += size
        # From then on they count as called: evidence looks at the balance of before.
        states.move_batches(
            Batch.objects.filter(pk__in=chosen),
            [BatchState.QUEUED],
            BatchState.UNCONFIRMED,
            claimed_at=locked.doubted_at,
        )
        moved = Recipient.objects.filter(batch__in=chosen, state=RecipientState.QUEUED).update(
            state=RecipientState.UNCONFIRMED
        )
        count(locked, RecipientState.QUEUED, -moved)
        count(locked, RecipientState.UNCONFIRMED, moved)
        locked.save(update_fields=["pending", "unconfirmed"])
        # So many of the calls that the database did not know are known by now.
        Gateway.objects.filter(pk=locked.gateway_id).update(
            unknown_calls=Greatest(F("unknown_calls") - len(chosen), 0)
        )
        bills.changed(locked.gateway_id)
    return moved
