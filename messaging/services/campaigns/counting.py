"""Counting for pages, in the worker: from the beginning if it was interrupted."""

from collections.abc import Callable

from messaging.models import Campaign, CampaignState, CountState, PeopleCount
from messaging.services.audience.choice import Audience, GroupGone
from messaging.services.audience.counts import count_chosen
from messaging.services.campaigns import audience_counts, kept_counts, review_counts
from messaging.services.campaigns.kept_counts import Overtaken
from messaging.services.campaigns.review import review_of
from messaging.services.money import balance, prices
from messaging.text.validity import InvalidText


class _Stopped(Exception):
    """The worker ends; whoever comes next counts anew."""


def count_what_waits(*, go_on: Callable[[], bool]) -> None:
    """Make one count after the other, until none is waited for or `go_on` stops it."""
    while go_on() and (count := kept_counts.take()) is not None:
        state = CountState.GIVEN_UP
        try:
            state = _counted(count, go_on)
        finally:
            if state is not CountState.DONE:
                _leave(count, state)


def _leave(count: PeopleCount, state: CountState) -> None:
    try:
        kept_counts.note(count, state=state)
    except Overtaken:
        return


def _counted(count: PeopleCount, go_on: Callable[[], bool]) -> CountState:
    """Make a count; the state that it is left in."""
    try:
        if count.campaign is None:
            return _count_audience(count, _noting(count, go_on))
        return _count_review(count, count.campaign, _noting(count, go_on))
    except (GroupGone, InvalidText):
        return CountState.GIVEN_UP  # the page finds the same, and says what
    except _Stopped:
        return CountState.ASKED
    except Overtaken:
        return CountState.DONE  # whatever is in the row now is someone else's


def _noting(count: PeopleCount, go_on: Callable[[], bool]) -> Callable[[int], None]:
    """What notes how many people were counted, and by that that its worker is still there."""

    def seen(people: int) -> None:
        if not go_on():
            raise _Stopped
        kept_counts.note(count, counted=people)

    return seen


def _count_audience(count: PeopleCount, seen: Callable[[int], None]) -> CountState:
    kept_counts.note(count, mark=audience_counts.audience_mark())
    chosen = count_chosen(Audience.from_json(count.audience), seen=seen)
    result = audience_counts.to_json(chosen)
    kept_counts.note(count, result=result, counted=chosen.entries, state=CountState.DONE)
    return CountState.DONE


def _count_review(
    count: PeopleCount, campaign: Campaign, seen: Callable[[int], None]
) -> CountState:
    """Of a draft, by the last reading. The mark comes first: what changes while it is counted makes
    it differ from the mark that the page finds.
    """
    reading = balance.latest(campaign.gateway)
    if campaign.state != CampaignState.DRAFT or reading is None:
        return CountState.GIVEN_UP
    mark = review_counts.review_mark(campaign, prices.rates_of(reading))
    kept_counts.note(count, mark=mark)
    found = review_of(campaign, reading, seen=seen)
    result = review_counts.to_json(campaign, found)
    kept_counts.note(count, result=result, state=CountState.DONE)
    return CountState.DONE
