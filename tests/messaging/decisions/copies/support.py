"""Messages of which nobody knows, sent again as a manager and a worker do it."""

import itertools
import uuid

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone

from messaging.models import (
    Batch,
    BatchState,
    Campaign,
    CampaignState,
    Gateway,
    Recipient,
    RecipientState,
)
from messaging.services.campaigns import preparation
from messaging.services.decisions import copies, second_try, settlement
from tests.sending import check_books, hand_over, numbers, states

REQUESTS = 10


def unconfirmed(gateway: Gateway, people: int) -> Campaign:
    campaign = hand_over(gateway, numbers(people))
    assert preparation.prepare(campaign)
    lose(Batch.objects.filter(campaign=campaign))
    Campaign.objects.filter(pk=campaign.pk).update(
        state=CampaignState.DONE, pending=0, unconfirmed=people
    )
    campaign.refresh_from_db()
    return campaign


def lose(batches: QuerySet[Batch]) -> None:
    """As after a server error."""
    Recipient.objects.filter(batch__in=batches).update(state=RecipientState.UNCONFIRMED)
    batches.filter(claimed_at=None).update(tries=1, claimed_at=timezone.now())
    batches.update(state=BatchState.UNCONFIRMED, outcome="server_error")


def undecided(campaign: Campaign) -> list[int]:
    return list(settlement.undecided(campaign).order_by("pk").values_list("pk", flat=True))


def send_again(
    campaign: Campaign,
    batches: list[int] | None = None,
    by: User | None = None,
    form_uuid: uuid.UUID | None = None,
) -> Campaign:
    batches = undecided(campaign) if batches is None else batches
    return second_try.send_again(
        campaign,
        batches,
        form_uuid=form_uuid or uuid.uuid4(),
        people=2 * len(batches),
        by=by,
        why="Nobody got it.",
    )


def prepare(follower: Campaign, *, pieces: int | None = None) -> bool:
    """As a worker does that is stopped after so many pieces."""
    left = itertools.repeat(True) if pieces is None else iter([True] * pieces)
    return copies.prepare(follower, go_on=lambda: next(left, False))


def mobiles(batches: list[int]) -> list[str]:
    people = Recipient.objects.filter(batch__in=batches).order_by("mobile")
    return list(people.values_list("mobile", flat=True))


def check_each_once(first: Campaign) -> None:
    """Whoever is sent to again is settled as not sent, and nobody else; each in one follow-up."""
    again = Recipient.objects.filter(campaign__follows=first).values_list("mobile", flat=True)
    assert len(again) == len(set(again))
    not_sent = {mobile for mobile, state in states(first).items() if state == "not_sent"}
    assert set(again) == not_sent
    for campaign in Campaign.objects.all():
        check_books(campaign, [])
    first.refresh_from_db()
