"""Copying messages to be sent again, piece by piece: the worker's part, if they are many.

A piece settles some of the signed batches as not sent and copies their messages, in one transaction
that advances `prepared_up_to` conditionally: a killed worker goes on where it stopped, and two
workers never copy the same piece. What was decided otherwise meanwhile is not copied.
"""

from collections.abc import Callable
from typing import Final

from django.db import transaction
from django.db.models import F

from messaging.models import Batch, Campaign, CampaignState, Verdict
from messaging.services.campaigns import preparation, resend
from messaging.services.decisions import second_try, settlement
from messaging.services.money import prices
from messaging.services.states import finish_if_empty
from sociair_portal.common import id_runs

_PIECE: Final = 1000  # recipients
_MOST_BATCHES: Final = 100


def prepare(follower: Campaign, *, go_on: Callable[[], bool] = lambda: True) -> bool:
    """Copy what is left of what was signed. False if `go_on` stopped it before its end."""
    batches = id_runs.from_words(follower.again_of)
    while follower.state == CampaignState.PREPARING:
        if not go_on():
            return False
        _take_some(follower, batches)
        follower.refresh_from_db()
    return True


def _take_some(follower: Campaign, batches: list[int]) -> None:
    start = int(follower.prepared_up_to or 0)  # how many of the signed batches are done with
    some = _piece(batches[start : start + _MOST_BATCHES])
    end = start + len(some)
    with transaction.atomic():
        # While it is locked, no answer and no other person decides about these batches.
        first = Campaign.objects.select_for_update(of=("self",)).get(followed_by=follower)
        if not _advance(follower, Campaign.PREPARED if end == len(batches) else str(end)):
            return
        people = second_try.unconfirmed_of(first, some)
        copied = resend.copy(follower, people, prices.from_json(follower.rates))
        by, why = follower.created_by, follower.again_why
        settlement.settle_some(first, some, Verdict.NOT_SENT, by=by, why=why)
        finish_if_empty(first)
        Campaign.objects.filter(pk=follower.pk).update(
            total=F("total") + copied.people,
            pending=F("pending") + copied.people,
            cost=F("cost") + copied.cost,
        )
        if end == len(batches):
            follower.refresh_from_db()
            preparation.finish(follower)


def _piece(batches: list[int]) -> list[int]:
    """The first of the batches, with about as many people as make a short transaction."""
    sizes = dict(Batch.objects.filter(pk__in=batches).values_list("pk", "size"))
    people = 0
    for place, pk in enumerate(batches, start=1):
        people += sizes.get(pk, 0)
        if people >= _PIECE:
            return batches[:place]
    return batches


def _advance(follower: Campaign, up_to: str) -> bool:
    return bool(
        Campaign.objects.filter(
            pk=follower.pk,
            state=CampaignState.PREPARING,
            prepared_up_to=follower.prepared_up_to,
        ).update(prepared_up_to=up_to)
    )
