"""From a click to the call: one name is in the answer, the records and every line of the log."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from huey.contrib.djhuey import HUEY
from pytest_django import Settings

from messaging import tasks
from messaging.models import Batch, Campaign, CampaignState, Event, EventKind, Gateway
from messaging.services.campaigns import control
from messaging.services.sending import upkeep
from sandbox.server import Sandbox
from sociair_portal.common.request_ids import current_id, on_behalf_of
from sociair_portal.logs import Formatter, JsonFormatter
from sociair_portal.request_ids import HEADER
from tests.command_line import run
from tests.conftest import Browser
from tests.messaging.pages.review_support import drafts_of, signed, url
from tests.sending import hand_over, numbers, reading

pytestmark = pytest.mark.django_db(transaction=True)


class Lines:
    """What the portal logs, as it is written."""

    def __init__(self) -> None:
        self.written = io.StringIO()

    def by(self, request_id: str) -> list[str]:
        events = map(json.loads, self.written.getvalue().splitlines())
        return [it["message"] for it in events if it.get("request", "") == request_id]


@pytest.fixture
def lines() -> Iterator[Lines]:
    lines = Lines()
    handler = logging.StreamHandler(lines.written)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("messaging")
    logger.addHandler(handler)
    yield lines
    logger.removeHandler(handler)


@pytest.fixture(autouse=True)
def empty_queue() -> None:
    HUEY.storage.flush_all()


def work() -> None:
    """What a worker does with what pages gave it."""
    assert current_id() == ""
    while (task := HUEY.dequeue()) is not None:
        HUEY.execute(task)


def click(browser: Browser, campaign: Campaign) -> str:
    """Sign and send; the name that the page gave the request."""
    data = {"signed": signed(browser, campaign)}
    HUEY.storage.flush_all()
    answer = browser.post(url(campaign), data)
    assert answer.status_code == 302
    return str(answer.headers[HEADER])


@pytest.mark.parametrize("inline", [5000, 0], ids=["prepared by the page", "by the worker"])
def test_one_name_is_found_from_the_click_to_the_call(
    inline: int, sender: Browser, gateway: Gateway, settings: Settings, lines: Lines
) -> None:
    settings.INLINE_RECIPIENTS = inline
    campaign = drafts_of(sender, gateway)(*numbers(3))
    reading(gateway)
    name = click(sender, campaign)
    work()
    campaign.refresh_from_db()
    assert (campaign.state, campaign.request_id) == (CampaignState.DONE, name)
    assert set(Event.objects.filter(campaign=campaign).values_list("request_id", flat=True)) == {
        name
    }
    batch = Batch.objects.get()
    assert lines.by(name) == [
        f"Campaign {campaign.pk}: preparing.",
        f"Campaign {campaign.pk}: sending.",
        f"Campaign {campaign.pk}: done.",
        f"Batch {batch.pk}, try 1: accepted.",
    ]


def test_two_clicks_are_told_apart(sender: Browser, gateway: Gateway, lines: Lines) -> None:
    """One sender sends for both, whoever woke it."""
    first, second = (drafts_of(sender, gateway)(*numbers(1, first=it)) for it in (10, 20))
    reading(gateway)
    names = [click(sender, campaign) for campaign in (first, second)]
    work()
    assert names[0] != names[1]
    for name, campaign in zip(names, (first, second), strict=True):
        batch = campaign.batches.get()
        assert f"Batch {batch.pk}, try 1: accepted." in lines.by(name)


def test_another_click_on_the_campaign_has_its_own_name(sender: Browser, gateway: Gateway) -> None:
    with on_behalf_of("handed-over"):
        campaign = hand_over(gateway, numbers(1))
    with on_behalf_of("paused"):
        control.pause(campaign, by=sender.user)
    events = Event.objects.filter(campaign=campaign)
    assert events.get(kind=EventKind.PAUSED).request_id == "paused"
    assert events.get(kind=EventKind.SENT).request_id == "handed-over"
    campaign.refresh_from_db()
    assert campaign.request_id == "handed-over"


def test_what_begins_or_is_lost_later_has_the_name_of_its_click(
    gateway: Gateway, lines: Lines
) -> None:
    soon = timezone.now() + timedelta(minutes=1)
    with on_behalf_of("planned"):
        planned = hand_over(gateway, numbers(1), at=soon)
    with on_behalf_of("lost"):
        lost = hand_over(gateway, numbers(1, first=20))
    Campaign.objects.filter(pk=planned.pk).update(scheduled_for=timezone.now())
    Batch.objects.filter(campaign=lost).update(
        state="sending", claimed_at=timezone.now(), deadline=timezone.now() - timedelta(hours=1)
    )
    lost.batches.get().recipients.update(state="sending")
    upkeep.sweep(gateway)
    assert f"Campaign {planned.pk}: sending." in lines.by("planned")
    assert f"Campaign {lost.pk}: done." in lines.by("lost")


def test_a_script_that_sends_hears_of_nothing_but_trouble(gateway: Gateway, lines: Lines) -> None:
    assert run("send_sms", "--message", "Hello", "--to", numbers(1)[0]).code == 0
    assert lines.by("") == []


def test_what_a_page_asks_for_has_its_name(
    gateway: Gateway, sandbox: Sandbox, lines: Lines
) -> None:
    sandbox.settings(balance_script=["hang"], hang=0)
    with on_behalf_of("asked"):
        tasks.kick_balance()
    work()
    assert any("The balance could not be asked for" in line for line in lines.by("asked"))


def test_a_line_begins_with_the_name_of_its_request() -> None:
    record = logging.LogRecord("portal", logging.INFO, __file__, 1, "Done.", (), None)
    formatter = Formatter("%(name)s: %(request)s%(message)s")
    assert formatter.format(record) == "portal: Done."
    with on_behalf_of("0a1b2c3d4e5f"):
        assert formatter.format(record) == "portal: [0a1b2c3d4e5f] Done."
