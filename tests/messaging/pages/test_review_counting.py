"""The review of very many people: how far the worker's count is, then the receipt."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from contacts.models import Group
from messaging.models import Campaign, CampaignState, CountState, Gateway, PeopleCount
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import counting, drafts, kept_counts, preparation
from tests.conftest import Browser
from tests.factories import ContactFactory, GroupFactory
from tests.messaging.pages.review_support import Draft, drafts_of, send, url
from tests.pages import words
from tests.queries import FRAME
from tests.sending import reading
from tests.woken import OnCommit, woken

pytestmark = pytest.mark.django_db

COUNTING = "Counting recipients…"


@pytest.fixture(autouse=True)
def many(settings: Settings) -> None:
    settings.COUNTED_AT_ONCE = 4


@pytest.fixture
def draft(sender: Browser, gateway: Gateway) -> Draft:
    return drafts_of(sender, gateway)


@pytest.fixture
def group(db: None) -> Group:
    return GroupFactory.create(members=ContactFactory.create_batch(5))


@pytest.fixture
def campaign(draft: Draft, group: Group, gateway: Gateway) -> Campaign:
    reading(gateway)
    Gateway.objects.update(swept_at=timezone.now())
    return draft(text="Dear {name}", groups=(group.pk,))


def work() -> None:
    counting.count_what_waits(go_on=lambda: True)


def look(
    browser: Client, campaign: Campaign, *, counted: int = 0, standing: str = "counting"
) -> Any:
    address = reverse("messaging:receipt", args=[campaign.pk])
    return browser.get(f"{address}?counted={counted}&standing={standing}")


def test_many_are_counted_by_the_worker_and_then_sent(
    sender: Browser, campaign: Campaign, django_capture_on_commit_callbacks: OnCommit
) -> None:
    pages: list[Any] = []
    tasks = woken(
        django_capture_on_commit_callbacks, lambda: pages.append(sender.get(url(campaign)))
    )
    assert tasks == ["count_people"]
    said = words(pages[0])
    assert COUNTING in said
    assert "Send to" not in said
    assert "signed" not in pages[0].context
    work()
    assert "Send to 5 people for Rs 4.00" in words(sender.get(url(campaign)))
    send(sender, campaign)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PREPARING


def test_the_open_page_shows_how_far_it_is_and_then_the_receipt(
    sender: Browser, campaign: Campaign
) -> None:
    sender.get(url(campaign))
    assert look(sender, campaign).status_code == 204
    count = kept_counts.take()
    assert count is not None
    kept_counts.note(count, counted=3)
    shown = look(sender, campaign)
    assert words(shown) == "3 people so far"
    assert 'max="5" value="3"' in shown.content.decode()
    assert look(sender, campaign, counted=3).status_code == 204
    PeopleCount.objects.update(state=CountState.ASKED)
    work()
    done = look(sender, campaign, counted=3)
    assert "Send to 5 people for Rs 4.00" in words(done)
    assert done.headers["HX-Retarget"] == "#receipt"


@pytest.mark.parametrize("question", ["counted=1", "counted=1&standing=", "counted="])
def test_a_page_that_asks_for_a_count_where_there_is_none_gets_the_receipt(
    sender: Browser, campaign: Campaign, question: str
) -> None:
    sender.get(url(campaign))
    work()
    address = reverse("messaging:receipt", args=[campaign.pk])
    shown = sender.get(f"{address}?{question}")
    assert "Send to 5 people for Rs 4.00" in words(shown)
    assert shown.headers["HX-Retarget"] == "#receipt"


def test_it_says_when_no_worker_runs(sender: Browser, campaign: Campaign, gateway: Gateway) -> None:
    Gateway.objects.update(swept_at=timezone.now() - timedelta(hours=1))
    said = words(sender.get(url(campaign)))
    assert (
        "The worker is not running, so the recipients cannot be counted and nothing is sent."
        in said
    )
    assert COUNTING not in said
    assert look(sender, campaign, standing="silent").status_code == 204
    Gateway.objects.update(swept_at=timezone.now())
    assert COUNTING in words(look(sender, campaign, standing="silent"))


def test_it_says_when_people_could_not_be_counted(sender: Browser, campaign: Campaign) -> None:
    sender.get(url(campaign))
    PeopleCount.objects.update(state=CountState.GIVEN_UP, worked_at=timezone.now())
    said = words(look(sender, campaign))
    assert "The recipients could not be counted. The portal tries again automatically" in said


@pytest.fixture
def signed(sender: Browser, campaign: Campaign, group: Group) -> str:
    """What an open page can sign: people have changed since, and nothing else can be signed."""
    sender.get(url(campaign))
    work()
    signed = sender.get(url(campaign)).context["signed"]
    group.members.add(ContactFactory.create())
    page = sender.get(url(campaign))
    assert COUNTING in words(page)
    assert "signed" not in page.context
    return str(signed)


def test_what_an_old_page_signs_is_compared_with_who_gets_it(
    sender: Browser, campaign: Campaign, signed: str
) -> None:
    sender.post(url(campaign), {"signed": signed}, follow=True)
    campaign.refresh_from_db()
    preparation.prepare_or_pause(campaign, go_on=lambda: True)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PAUSED
    assert campaign.cost > campaign.reviewed_cost
    assert "now costs Rs 4.80 instead of Rs 4.00" in campaign.pause_reason


def test_while_it_is_counted_nothing_is_sent_unsigned(
    sender: Browser, campaign: Campaign, signed: str
) -> None:
    sender.post(url(campaign), {"signed": ""}, follow=True)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.DRAFT


def test_an_old_page_signs_for_no_other_text(
    sender: Browser, campaign: Campaign, signed: str
) -> None:
    audience = Audience.from_json(campaign.audience)
    assert drafts.change_draft(
        campaign, text="Another {name}", audience=audience, seen=campaign.fingerprint
    )
    said = words(sender.post(url(campaign), {"signed": signed}, follow=True))
    assert "This message was changed in another window." in said


def test_a_group_that_is_gone_is_said_at_once(
    sender: Browser, campaign: Campaign, group: Group
) -> None:
    group.delete()
    assert "A group that you chose was deleted" in words(sender.get(url(campaign)))
    assert not PeopleCount.objects.exists()


def test_queries_of_a_counted_review_do_not_grow_with_people(
    sender: Browser,
    campaign: Campaign,
    group: Group,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for _time in range(2):
        with django_assert_max_num_queries(FRAME + 22):
            sender.get(url(campaign))
        with django_assert_max_num_queries(FRAME + 13):
            look(sender, campaign)
        work()
        with django_assert_max_num_queries(FRAME + 32):
            assert "Send to" in words(sender.get(url(campaign)))
        group.members.add(*ContactFactory.create_batch(20))


def test_compose_counts_many_in_the_worker(
    sender: Browser,
    gateway: Gateway,
    group: Group,
    django_capture_on_commit_callbacks: OnCommit,
) -> None:
    reading(gateway)
    Gateway.objects.update(swept_at=timezone.now())
    typed = {"text": "School is closed.", "groups": [group.pk]}
    pages: list[Any] = []

    def typing(**more: str) -> None:
        pages.append(sender.post(reverse("messaging:measure"), {**typed, **more}))

    assert woken(django_capture_on_commit_callbacks, typing) == ["count_people"]
    assert COUNTING in words(pages[-1])
    assert "Rs 0.00" not in words(pages[-1])
    typing(waits="1")
    assert pages[-1].status_code == 204
    PeopleCount.objects.update(state=CountState.GIVEN_UP, worked_at=timezone.now())
    typing(waits="1")
    assert "The recipients could not be counted. The portal tries again automatically" in words(
        pages[-1]
    )
    assert COUNTING not in words(pages[-1])
    typing(waits="again")
    assert pages[-1].status_code == 204
    PeopleCount.objects.update(worked_at=timezone.now() - timedelta(minutes=1))
    typing(waits="again")
    assert COUNTING in words(pages[-1])
    work()
    typing(waits="1")
    assert "5 people · 1 part · Rs 4.00" in words(pages[-1])
    group.members.add(ContactFactory.create())
    typing()
    assert "5 people · 1 part · about Rs 4.00" in words(pages[-1])
    assert "They are being counted again." in words(pages[-1])
    work()
    typing(waits="1")
    assert "6 people · 1 part · Rs 4.80" in words(pages[-1])
