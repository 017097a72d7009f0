"""What asks again before a message goes out: very many people, the night, a Saturday."""

import re
import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from messaging.models import Campaign, CampaignState, Gateway
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import drafts, guards, quiet_times
from messaging.services.campaigns.quiet_times import QuietTimes
from sociair_portal.values import hours
from tests.conftest import Browser
from tests.pages import words
from tests.sending import numbers, reading

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(sender: Browser, gateway: Gateway) -> Campaign:
    reading(gateway)
    return drafts.save_draft(
        form_uuid=uuid.uuid4(),
        text="Exams begin on Sunday.",
        audience=Audience(numbers="\n".join(numbers(12))),
        gateway=gateway,
        by=sender.user,
    )


def send(sender: Browser, draft: Campaign, **typed: Any) -> Any:
    address = reverse("messaging:review", args=[draft.pk])
    signed = sender.get(address).context["signed"]
    page = sender.post(address, {"signed": signed, **typed}, follow=True)
    draft.refresh_from_db()
    return page


@pytest.mark.parametrize(
    ("large", "typed"),
    [*((11, typed) for typed in ("", "11", "twelve", "-12", "12.0", "(12)", "1.2")), (9, "9")],
)
def test_the_number_of_many_people_must_be_typed(
    sender: Browser, draft: Campaign, settings: Settings, large: int, typed: str
) -> None:
    """More than so many people or rupees: 12 people for Rs 9.60."""
    settings.LARGE_SEND = large
    page = send(sender, draft, typed=typed)
    assert "Large send: type 12, the number of people, to confirm." in words(page)
    assert 'name="typed"' in page.text
    assert draft.state == CampaignState.DRAFT
    send(sender, draft, typed=" 12 ")
    assert draft.state == CampaignState.SENDING


def test_the_number_of_few_people_is_not_asked(sender: Browser, draft: Campaign) -> None:
    assert 'name="typed"' not in sender.get(reverse("messaging:review", args=[draft.pk])).text
    send(sender, draft)
    assert draft.state == CampaignState.SENDING


@pytest.mark.parametrize(
    ("people", "cost", "large"),
    [(1000, "1000", False), (1001, "1", True), (1, "1000.01", True)],
)
def test_a_message_is_large_by_people_or_cost(people: int, cost: str, large: bool) -> None:
    assert guards.is_large(people, Decimal(cost)) == large


@pytest.mark.parametrize(
    ("at", "quiet", "morning"),
    [
        ("2026-11-24 20:59", (21, 7), None),
        ("2026-11-24 21:00", (21, 7), "2026-11-25 07:00"),
        ("2026-11-24 23:59", (21, 7), "2026-11-25 07:00"),
        ("2026-11-25 00:00", (21, 7), "2026-11-25 07:00"),
        ("2026-11-25 06:59", (21, 7), "2026-11-25 07:00"),
        ("2026-11-25 07:00", (21, 7), None),
        ("2026-11-25 03:30", (1, 5), "2026-11-25 05:00"),
        ("2026-11-25 00:30", (1, 5), None),
        ("2026-11-25 03:30", None, None),
        ("2026-11-25 03:30", (7, 7), None),
    ],
)
def test_quiet_hours_end_on_the_next_morning(
    settings: Settings, at: str, quiet: tuple[int, int] | None, morning: str | None
) -> None:
    settings.QUIET_HOURS = quiet
    found = QuietTimes().morning_after(timezone.make_aware(datetime.fromisoformat(at)))
    assert (found and f"{timezone.localtime(found):%Y-%m-%d %H:%M}") == morning


@pytest.mark.parametrize(
    ("at", "quiet", "morning"),
    [
        ("2026-11-27 20:59", (21, 7), None),  # a Friday
        ("2026-11-27 02:00", (21, 7), "2026-11-27 07:00"),
        ("2026-11-27 22:00", (21, 7), "2026-11-29 07:00"),
        ("2026-11-28 00:00", (21, 7), "2026-11-29 07:00"),
        ("2026-11-28 12:00", (21, 7), "2026-11-29 07:00"),
        ("2026-11-28 12:00", None, "2026-11-29 07:00"),
        ("2026-11-28 23:59", (1, 5), "2026-11-29 05:00"),
        ("2026-11-29 00:00", None, None),
    ],
)
def test_a_saturday_ends_on_the_next_working_morning(
    settings: Settings, at: str, quiet: tuple[int, int] | None, morning: str | None
) -> None:
    settings.QUIET_HOURS, settings.QUIET_SATURDAYS = quiet, True
    found = QuietTimes().morning_after(timezone.make_aware(datetime.fromisoformat(at)))
    assert (found and f"{timezone.localtime(found):%Y-%m-%d %H:%M}") == morning


@pytest.mark.parametrize("value", ["21", "21-", "21-24", "x-7", "-1-7", "21:00-7:00"])
def test_quiet_hours_that_cannot_be_read_are_refused(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="two full hours as in 21-7"):
        hours("QUIET_HOURS", value)


def test_quiet_hours_are_read_or_switched_off() -> None:
    assert (hours("QUIET_HOURS", "21-7"), hours("QUIET_HOURS", "off")) == ((21, 7), None)


def _now_is_night(settings: Settings) -> None:
    hour = timezone.localtime().hour
    settings.QUIET_HOURS = (hour, (hour + 2) % 24)


def test_sending_at_night_asks_first(sender: Browser, draft: Campaign, settings: Settings) -> None:
    _now_is_night(settings)
    page = send(sender, draft)
    assert "It is quiet hours in Nepal now. Send it later, or tick the box" in words(page)
    assert "It is quiet hours in Nepal now. You can send later" in words(page)
    assert draft.state == CampaignState.DRAFT
    send(sender, draft, at_night="1")
    assert draft.state == CampaignState.SENDING


def test_sending_on_a_saturday_asks_first(
    sender: Browser, draft: Campaign, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.QUIET_SATURDAYS = True
    monkeypatch.setattr(quiet_times, "SATURDAY", timezone.localtime().weekday())
    page = send(sender, draft)
    assert "Today is Saturday, a day off. Send it later, or tick the box" in words(page)
    assert "Today is Saturday, a day off. You can send later" in words(page)
    assert draft.state == CampaignState.DRAFT
    send(sender, draft, at_night="1")
    assert draft.state == CampaignState.SENDING


def test_scheduling_for_a_saturday_asks_first(
    sender: Browser, draft: Campaign, settings: Settings
) -> None:
    settings.QUIET_SATURDAYS = True
    days = (5 - timezone.localtime().weekday()) % 7 or 7
    at = f"{timezone.localtime() + timedelta(days=days):%Y-%m-%d}T12:00"
    page = send(sender, draft, later="1", at=at)
    assert "That time is on a Saturday" in words(page)
    assert f'value="{at}" aria-describedby="at-errors"' in page.text
    send(sender, draft, later="1", at=at, at_night="1")
    assert draft.state == CampaignState.SCHEDULED


def test_the_next_morning_is_offered(sender: Browser, draft: Campaign, settings: Settings) -> None:
    _now_is_night(settings)
    morning = QuietTimes().morning_after()
    assert morning is not None
    page = sender.get(reverse("messaging:review", args=[draft.pk])).text
    assert f'name="at" value="{timezone.localtime(morning):%Y-%m-%dT%H:%M}"' in page
    send(sender, draft, later="1", at=f"{timezone.localtime(morning):%Y-%m-%dT%H:%M}")
    assert (draft.state, draft.scheduled_for) == (CampaignState.SCHEDULED, morning)


def test_scheduling_for_the_night_asks_first(
    sender: Browser, draft: Campaign, settings: Settings
) -> None:
    settings.QUIET_HOURS = (21, 7)
    tomorrow = timezone.localtime() + timedelta(days=1)
    at = f"{tomorrow:%Y-%m-%d}T23:00"
    page = send(sender, draft, later="1", at=at)
    assert "That time is in quiet hours, 21:00 to 07:00." in words(page)
    # Beside the field too, which still has what was typed.
    assert f'value="{at}" aria-describedby="at-errors"' in page.text
    send(sender, draft, later="1", at=at, at_night="1")
    assert draft.state == CampaignState.SCHEDULED


@pytest.mark.parametrize(
    ("now", "hours", "times"),
    [
        ("2026-11-29T09:00", (21, 7), ["29 12:00", "29 17:00", "30 07:00"]),
        ("2026-11-29T11:50", (21, 7), ["29 17:00", "30 07:00", "30 12:00"]),
        ("2026-11-29T23:30", (21, 7), ["30 07:00", "30 12:00", "30 17:00"]),
        ("2026-11-29T05:00", (16, 9), ["29 09:00", "29 12:00", "30 09:00"]),
        ("2026-11-27T16:50", (21, 7), ["29 07:00", "29 12:00", "29 17:00"]),
        ("2026-11-30T18:00", None, ["01 07:00", "01 12:00", "01 17:00"]),
    ],
)
def test_handy_times_are_ahead_and_by_day(
    now: str,
    hours: tuple[int, int] | None,
    times: list[str],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.QUIET_HOURS, settings.QUIET_SATURDAYS = hours, True
    local = datetime.fromisoformat(now).replace(tzinfo=timezone.get_current_timezone())
    monkeypatch.setattr(timezone, "now", lambda: local)
    assert [f"{timezone.localtime(at):%d %H:%M}" for at in QuietTimes().handy_times()] == times


@pytest.mark.parametrize("what", ["typed", "night", "later"])
def test_what_stops_a_send_links_to_the_box_for_it(
    sender: Browser, draft: Campaign, settings: Settings, what: str
) -> None:
    """On a narrow screen the box is far below the sentence."""
    now = timezone.localtime()
    night = now + timedelta(days=1, hours=-1)
    settings.LARGE_SEND = 1 if what == "typed" else 1000
    settings.QUIET_HOURS = None if what == "typed" else ((now.hour - 2) % 24, (now.hour + 1) % 24)
    at = {"later": "1", "at": f"{night:%Y-%m-%dT%H:%M}"} if what == "later" else {}
    before = sender.get(reverse("messaging:review", args=[draft.pk])).text
    assert "aria-invalid" not in before
    page = send(sender, draft, **at).text
    assert draft.state == CampaignState.DRAFT
    link = re.search('<a class="alert-link" href="#([^"]+)">', page)
    assert link is not None
    box = re.search(f'<input[^>]* id="{link[1]}"[^>]*>', page)
    assert box is not None
    assert f'aria-invalid="true" aria-describedby="about-{link[1]}"' in box[0]
    assert f'id="about-{link[1]}"' in page
    assert page.count('aria-describedby="about-') == 1
