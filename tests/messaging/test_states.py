"""Which state may follow which: the one table, and what the documentation says of it."""

import re
from pathlib import Path

import pytest

from messaging.models import Batch, BatchState, Campaign, CampaignState, Event, EventKind, Gateway
from messaging.services import states
from tests.sending import hand_over, numbers

_PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"


def _said(heading: str) -> dict[str, set[str]]:
    """What a table of the page says: a state, and those that may follow it."""
    table = _PAGE.read_text().partition(f"| {heading} |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", table, re.MULTILINE)
    return {state: set(re.findall(r"`(\w+)`", after)) for state, after in rows}


def test_the_documentation_says_what_a_campaign_may_become() -> None:
    ours = {before.value: {it.value for it in after} for before, after in states.CAMPAIGN.items()}
    assert _said("a campaign that is") == ours


def test_the_documentation_says_what_a_batch_may_become() -> None:
    ours = {before.value: {it.value for it in after} for before, after in states.BATCH.items()}
    assert _said("a batch that is") == ours


def test_every_state_has_its_place() -> None:
    assert set(states.CAMPAIGN) == set(CampaignState)
    assert set(states.BATCH) == set(BatchState)


@pytest.mark.django_db
def test_what_has_ended_stays_ended(gateway: Gateway) -> None:
    campaign = hand_over(gateway, numbers(2))
    with pytest.raises(ValueError, match="done may not become sending"):
        states.transition(campaign, [CampaignState.DONE], CampaignState.SENDING, EventKind.RESUMED)
    with pytest.raises(ValueError, match="accepted may not become queued"):
        states.move_batches(Batch.objects.all(), [BatchState.ACCEPTED], BatchState.QUEUED)


@pytest.mark.django_db
def test_of_two_who_change_a_campaign_one_does(gateway: Gateway) -> None:
    campaign = hand_over(gateway, numbers(2))
    events = Event.objects.filter(campaign=campaign, kind=EventKind.OVERDUE)
    done = [
        states.transition(
            campaign, [CampaignState.SENDING], CampaignState.OVERDUE, EventKind.OVERDUE
        )
        for _person in range(2)
    ]
    assert done == [True, False]
    assert Campaign.objects.get(pk=campaign.pk).state == CampaignState.OVERDUE
    assert events.count() == 1
