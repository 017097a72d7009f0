"""Nobody gets the same text twice within a day, from whomever, unless its author wants it."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from messaging.models import Batch, Campaign, CampaignState, Gateway, LeftOut
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import control, drafts, handover, preparation, schedule
from messaging.services.campaigns.review import review_of
from messaging.services.money import affordability
from sandbox.server import Sandbox
from tests.conftest import Browser
from tests.factories import ContactFactory, GroupFactory
from tests.pages import words
from tests.sending import claim_batch, hand_over, numbers, reading, send_all

pytestmark = pytest.mark.django_db
TEXT = "School is closed tomorrow."


@pytest.fixture(autouse=True)
def _a_day(settings: Settings) -> None:
    settings.SAME_TEXT_HOURS = 24


def draft_of(gateway: Gateway, text: str, *mobiles: str, again: bool = False) -> Campaign:
    return draft_for(gateway, Audience(numbers=" ".join(mobiles), again=again), text)


def draft_for(gateway: Gateway, audience: Audience, text: str) -> Campaign:
    return drafts.save_draft(
        form_uuid=uuid.uuid4(), text=text, audience=audience, gateway=gateway, by=None
    )


@pytest.mark.parametrize("is_sent", [True, False])
def test_same_text_within_a_day_is_left_out(
    gateway: Gateway, sandbox: Sandbox, is_sent: bool
) -> None:
    """What is queued counts too: two colleagues write at the same moment."""
    old, new = numbers(2)
    hand_over(gateway, [old], text=TEXT)
    if is_sent:
        send_all(gateway)
    seen = review_of(draft_of(gateway, TEXT, old, new), reading(gateway))
    assert ([one.mobile for one in seen.first_people], seen.repeated) == ([new], 1)
    campaign = hand_over(gateway, [old, new], text=TEXT)
    send_all(gateway)
    assert sorted([entry.mobile for entry in sandbox.ledger()]) == sorted([old, new])
    assert LeftOut.objects.get(campaign=campaign).words == (
        "Got the same text in the last 24 hours, or will get it."
    )


def test_other_texts_other_days_and_what_never_arrived_are_no_repetition(gateway: Gateway) -> None:
    mobiles = numbers(3)
    refused = hand_over(gateway, [mobiles[0]], text=TEXT)
    control.cancel(refused, by=None)
    hand_over(gateway, [mobiles[1]], text="Another text.")
    long_ago = hand_over(gateway, [mobiles[2]], text=TEXT)
    Campaign.objects.filter(pk=long_ago.pk).update(
        state=CampaignState.DONE, resumed_at=timezone.now() - timedelta(hours=25)
    )
    assert review_of(draft_of(gateway, TEXT, *mobiles), reading(gateway)).people == 3


def test_the_author_may_want_a_repetition(gateway: Gateway) -> None:
    mobiles = numbers(2)
    hand_over(gateway, mobiles, text=TEXT)
    assert review_of(draft_of(gateway, TEXT, *mobiles, again=True), reading(gateway)).people == 2


def test_personal_texts_are_compared_as_they_were_sent(gateway: Gateway) -> None:
    group = GroupFactory.create(members=[ContactFactory.create(name="Asha", mobile="9841000001")])
    hand_over(gateway, ["9841000001"], text="Dear Asha")
    campaign = drafts.save_draft(
        form_uuid=uuid.uuid4(),
        text="Dear {name}",
        audience=Audience(groups=(group.pk,)),
        gateway=gateway,
        by=None,
    )
    assert review_of(campaign, reading(gateway)).repeated == 1


def test_a_large_audience_is_counted_by_the_database(gateway: Gateway, settings: Settings) -> None:
    settings.INLINE_RECIPIENTS = 3
    people = [ContactFactory.create() for _n in range(8)]
    group = GroupFactory.create(members=people)
    hand_over(gateway, [people[0].mobile, people[7].mobile, "9861234567"], text=TEXT)
    campaign = drafts.save_draft(
        form_uuid=uuid.uuid4(),
        text=TEXT,
        audience=Audience(groups=(group.pk,), numbers="9861234567 9861234568"),
        gateway=gateway,
        by=None,
    )
    seen = review_of(campaign, reading(gateway))
    assert (seen.people, seen.repeated) == (7, 3)


def test_the_author_decides_about_repetitions_at_the_review(
    sender: Browser, gateway: Gateway
) -> None:
    mobiles = numbers(2)
    hand_over(gateway, mobiles[:1], text=TEXT)
    draft = drafts.save_draft(
        form_uuid=uuid.uuid4(),
        text=TEXT,
        audience=Audience(numbers=" ".join(mobiles)),
        gateway=gateway,
        by=sender.user,
    )
    page = sender.get(draft.get_absolute_url())
    assert "1 person got this text in the last 24 hours" in words(page)
    assert page.context["review"].people == 1
    address = reverse("messaging:answer", args=[draft.pk])
    page = sender.post(address, {"again": "yes", "seen": draft.fingerprint}, follow=True)
    assert "1 person got this text in the last 24 hours, or is going to, and gets" in words(page)
    assert page.context["review"].people == 2
    now = page.context["campaign"].fingerprint
    page = sender.post(address, {"again": "no", "seen": now}, follow=True)
    assert page.context["review"].people == 1


def test_a_colleagues_same_text_since_the_review_is_left_out(
    sender: Browser, gateway: Gateway
) -> None:
    """A colleague sends the same in between: nobody gets it twice."""
    mobiles = numbers(2)
    draft = draft_of(gateway, TEXT, *mobiles)
    seen = review_of(draft, reading(gateway))
    hand_over(gateway, mobiles[:1], text=TEXT)
    assert handover.hand_over(draft, reviewed=handover.Reviewed.of(draft, seen), by=None)
    assert draft.total == 1


def test_repetitions_are_counted_where_the_first_people_got_it(
    gateway: Gateway, settings: Settings
) -> None:
    """The receipt of a large campaign counts in the database, also if it shows nobody."""
    group = GroupFactory.create(members=ContactFactory.create_batch(8))
    text = "a" * 400  # three parts
    got = list(group.members.order_by("mobile").values_list("mobile", flat=True)[:4])
    hand_over(gateway, got, text=text)
    settings.INLINE_RECIPIENTS = 3
    draft = draft_for(gateway, Audience(groups=(group.pk,)), text)
    seen = review_of(draft, reading(gateway))
    assert (seen.people, seen.repeated, seen.cost) == (4, 4, Decimal("9.60"))


def test_the_same_text_waits_while_a_large_campaign_is_prepared(
    gateway: Gateway, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.INLINE_RECIPIENTS = 3
    monkeypatch.setattr(preparation, "_PIECE", 2)
    group = GroupFactory.create(members=ContactFactory.create_batch(8))
    last = group.members.order_by("mobile").last()
    assert last is not None
    large = hand_over(gateway, Audience(groups=(group.pk,)), text=TEXT)
    with pytest.raises(affordability.SendRefused, match="is being prepared for other people"):
        hand_over(gateway, [last.mobile], text=TEXT)
    control.pause(large, by=None)
    hand_over(gateway, [last.mobile], text=TEXT)
    other = hand_over(gateway, Audience(groups=(group.pk,)), text=TEXT)
    with pytest.raises(affordability.SendRefused, match="is being prepared for other people"):
        control.resume(large, by=None)
    preparation.prepare(other)
    assert other.total == 7
    control.resume(large, by=None)
    preparation.prepare(large)
    assert large.total == 0


def test_a_call_cancelled_in_flight_counts_as_a_repetition(gateway: Gateway) -> None:
    [mobile] = numbers(1)
    campaign = hand_over(gateway, [mobile], text=TEXT)
    assert claim_batch(campaign.pk) is not None
    control.cancel(campaign, by=None)
    assert review_of(draft_of(gateway, TEXT, mobile), reading(gateway)).people == 0


def test_a_cancelled_campaign_not_closed_yet_is_no_repetition(
    gateway: Gateway, settings: Settings
) -> None:
    settings.INLINE_RECIPIENTS = 3
    group = GroupFactory.create(members=ContactFactory.create_batch(8))
    later = timezone.now() + timedelta(days=2)
    large = hand_over(gateway, Audience(groups=(group.pk,)), text=TEXT, at=later)
    preparation.prepare(large)
    draft = schedule.open_again(large, gateway=gateway, by=None)
    assert draft is not None
    assert review_of(draft, reading(gateway)).people == 8


def test_repetitions_are_counted_from_the_hour_of_the_call(gateway: Gateway) -> None:
    """A campaign may go on for days, or wait for days in the middle."""
    early, late = numbers(2)
    campaign = hand_over(gateway, [early, late], text=TEXT)
    send_all(gateway)
    long_ago = timezone.now() - timedelta(hours=30)
    Campaign.objects.filter(pk=campaign.pk).update(resumed_at=long_ago, sent_at=long_ago)
    assert review_of(draft_of(gateway, TEXT, early, late), reading(gateway)).people == 0
    Batch.objects.update(claimed_at=long_ago)
    assert review_of(draft_of(gateway, TEXT, early, late), reading(gateway)).people == 2


def test_a_text_that_says_its_day_is_compared_as_it_will_be(gateway: Gateway) -> None:
    old, new = numbers(2)
    hand_over(gateway, [old], text="Closed on {date}")
    draft = draft_of(gateway, "Closed on {date}", old, new)
    seen = review_of(draft, reading(gateway))
    assert seen.people == 1
    tomorrow = timezone.now() + timedelta(days=1)
    reviewed = handover.Reviewed.of(draft, seen)
    with pytest.raises(affordability.SendRefused, match="Review it for the new date first"):
        handover.hand_over(draft, reviewed=reviewed, by=None, at=tomorrow)
    assert drafts.plan(draft, tomorrow)
    with pytest.raises(
        affordability.SendRefused, match="Review it for the new date first"
    ):  # a second click
        handover.hand_over(draft, reviewed=reviewed, by=None, at=tomorrow)
    seen = review_of(draft, reading(gateway))
    assert seen.people == 2
    reviewed = handover.Reviewed.of(draft, seen)
    assert handover.hand_over(draft, reviewed=reviewed, by=None, at=tomorrow)
