"""Days off that the office has entered: the portal asks, and names every reason that holds."""

import uuid
from datetime import date, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from messaging.models import Campaign, CampaignState, Gateway, QuietDay
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import drafts, quiet_times
from messaging.services.campaigns.quiet_times import QuietTimes, Why
from messaging.services.campaigns.quiet_words import objection
from sociair_portal.common import calendars
from tests.conftest import Browser
from tests.pages import words
from tests.sending import hand_over, numbers, reading

pytestmark = pytest.mark.django_db


def local(written: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(written))


def off(*days: str, name: str = "Dashain") -> None:
    for day in days:
        QuietDay.objects.create(day=date.fromisoformat(day), name=name)


@pytest.fixture
def draft(sender: Browser, gateway: Gateway) -> Campaign:
    reading(gateway)
    return drafts.save_draft(
        form_uuid=uuid.uuid4(),
        text="Exams begin on Sunday.",
        audience=Audience(numbers="\n".join(numbers(2))),
        gateway=gateway,
        by=sender.user,
    )


def review(sender: Browser, draft: Campaign) -> Any:
    return sender.get(reverse("messaging:review", args=[draft.pk]))


def send(sender: Browser, draft: Campaign, signed: str, **typed: Any) -> Any:
    address = reverse("messaging:review", args=[draft.pk])
    page = sender.post(address, {"signed": signed, **typed}, follow=True)
    draft.refresh_from_db()
    return page


@pytest.mark.parametrize(
    ("at", "morning"),
    [
        ("2026-12-24 23:00", "2026-12-27 07:00"),  # a Thursday night, then Christmas, a Saturday
        ("2026-12-24 20:59", None),
        ("2026-12-25 00:00", "2026-12-27 07:00"),
        ("2026-12-25 12:00", "2026-12-27 07:00"),
        ("2026-12-29 12:00", None),
        ("2026-12-30 12:00", "2026-12-31 07:00"),
    ],
)
def test_a_day_off_ends_on_the_next_working_morning(
    settings: Settings, at: str, morning: str | None
) -> None:
    settings.QUIET_HOURS, settings.QUIET_SATURDAYS = (21, 7), True
    off("2026-12-25", "2026-12-30")
    found = QuietTimes().morning_after(local(at))
    assert (found and f"{timezone.localtime(found):%Y-%m-%d %H:%M}") == morning


def test_many_days_off_are_read_together(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    first = date(2026, 12, 1)
    for days in range(100):
        QuietDay.objects.create(day=first + timedelta(days=days), name="Closed")
    with django_assert_num_queries(2):  # sixty-four days each
        found = QuietTimes().morning_after(local("2026-12-01 12:00"))
    assert found == local("2027-03-11 07:00")


def test_one_page_asks_once(
    django_assert_num_queries: DjangoAssertNumQueries, settings: Settings
) -> None:
    settings.QUIET_HOURS, settings.QUIET_SATURDAYS = (21, 7), True
    QuietDay.objects.create(day=timezone.localdate(), name="Closed")
    quiet = QuietTimes()
    with django_assert_num_queries(1):
        assert quiet.why().day_off == "Closed"
        assert quiet.morning_after() is not None
        assert len(quiet.handy_times()) == 3


def test_handy_times_leave_days_off_out(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.QUIET_HOURS, settings.QUIET_SATURDAYS = (21, 7), True
    off(*(f"2026-12-{day}" for day in range(20, 26)))
    monkeypatch.setattr(timezone, "now", lambda: local("2026-12-20T10:00"))
    times = [f"{timezone.localtime(at):%d %H:%M}" for at in QuietTimes().handy_times()]
    assert times == ["27 07:00", "27 12:00", "27 17:00"]


def test_a_handy_time_after_long_holidays_says_its_day(
    sender: Browser, draft: Campaign, settings: Settings
) -> None:
    today = timezone.localdate()
    for days in range(10):
        QuietDay.objects.create(day=today + timedelta(days=days), name="Dashain")
    times = review(sender, draft).text.split('class="times', 1)[1].split("</p>")[0]
    shown = today + timedelta(days=10)
    assert f"{shown.day} {shown:%b %Y}, 07:00" in times
    assert f">{shown:%A}, 07:00<" not in times


_WHYS = [
    (Why(is_saturday=True), ["Saturday"]),
    (Why(day_off="Tihar"), ["Tihar"]),
    (Why(is_saturday=True, day_off="Tihar"), ["Saturday", "Tihar"]),
    (Why(is_quiet_hour=True), ["quiet hours"]),
    (Why(is_saturday=True, is_quiet_hour=True), ["Saturday", "quiet hours"]),
    (Why(day_off="Tihar", is_quiet_hour=True), ["Tihar", "quiet hours"]),
    (Why(True, "Tihar", True), ["Saturday", "Tihar", "quiet hours"]),
]


@pytest.mark.parametrize(("why", "named"), _WHYS)
def test_the_question_names_every_reason_and_no_other(
    why: Why, named: list[str], settings: Settings
) -> None:
    settings.QUIET_HOURS = (21, 7)
    later = timezone.now()
    for said in (objection(why, None), objection(why, later)):
        assert [it for it in ("Saturday", "Tihar", "quiet hours") if it in said] == named
    assert ("21:00 to 07:00" in objection(why, later)) == why.is_quiet_hour


def test_every_set_of_reasons_is_another_question() -> None:
    whys = [Why(), *(why for why, _named in _WHYS)]
    assert len({why.mark for why in whys}) == 8
    assert not Why()
    friday, monday = (Why(day_off="Tihar", on=date(2026, 11, day)) for day in (27, 30))
    assert friday.mark != monday.mark


def test_a_night_on_a_saturday_that_is_a_day_off_is_asked_in_one_sentence(
    sender: Browser, draft: Campaign, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.QUIET_SATURDAYS = True
    now = timezone.localtime()
    settings.QUIET_HOURS = (now.hour, (now.hour + 2) % 24)
    monkeypatch.setattr(quiet_times, "SATURDAY", now.weekday())
    QuietDay.objects.create(day=now.date(), name="Martyrs' Day")
    page = review(sender, draft)
    said = "Today is Saturday and a day off, Martyrs' Day, and it is quiet hours in Nepal now."
    assert f"{said} You can send later" in words(page)
    page = send(sender, draft, page.context["signed"])
    assert f"{said} Send it later, or tick the box to send it anyway." in words(page)
    assert draft.state == CampaignState.DRAFT
    send(sender, draft, page.context["signed"], at_night="1")
    assert draft.state == CampaignState.SENDING


def test_who_answered_for_the_night_is_asked_again_when_the_day_becomes_a_day_off(
    sender: Browser, draft: Campaign, settings: Settings
) -> None:
    now = timezone.localtime()
    settings.QUIET_HOURS = (now.hour, (now.hour + 2) % 24)
    page = review(sender, draft)
    receipt = f"{reverse('messaging:receipt', args=[draft.pk])}"
    seen, signed = page.context["seen"], page.context["signed"]
    box = page.text.split('name="at_night"')[-1].split('id="')[1].split('"')[0]
    assert sender.get(receipt, {"seen": seen}).status_code == 204

    QuietDay.objects.create(day=now.date(), name="Tihar")
    again = sender.get(receipt, {"seen": seen})
    assert "Today is a day off, Tihar, and it is quiet hours" in words(again)
    assert f'id="{box}"' not in again.text  # a box that was ticked would stay ticked
    page = send(sender, draft, signed, at_night="1")
    assert "Today is a day off, Tihar, and it is quiet hours in Nepal now. Send it" in words(page)
    assert draft.state == CampaignState.DRAFT
    send(sender, draft, page.context["signed"], at_night="1")
    assert draft.state == CampaignState.SENDING


def test_scheduling_for_a_day_off_asks_first(sender: Browser, draft: Campaign) -> None:
    on = timezone.localdate() + timedelta(days=100)
    QuietDay.objects.create(day=on, name="Holi")
    at = f"{on}T12:00"
    signed = review(sender, draft).context["signed"]
    page = send(sender, draft, signed, later="1", at=at)
    assert "That time is on a day off: Holi. Choose another, or tick the box" in words(page)
    assert f'value="{at}" aria-describedby="at-errors"' in page.text
    send(sender, draft, signed, later="1", at=at, at_night="1")
    assert draft.state == CampaignState.SCHEDULED


def test_moving_to_a_day_off_asks_first(sender: Browser, gateway: Gateway) -> None:
    at = timezone.now() + timedelta(days=3)
    campaign = hand_over(gateway, numbers(2), at=at, by=sender.user)
    on = timezone.localdate() + timedelta(days=5)
    QuietDay.objects.create(day=on, name="Holi")
    address = reverse("messaging:move", args=[campaign.pk])
    typed = {"seen": at.isoformat(), "at": f"{on}T12:00"}
    assert "That time is on a day off: Holi." in words(sender.post(address, typed))
    sender.post(address, {**typed, "at_night": "1"})
    campaign.refresh_from_db()
    assert campaign.scheduled_for == local(f"{on} 12:00")


def test_the_days_that_are_filled_in_are_those_that_are_certain() -> None:
    """An office's own name of such a day stays."""
    migration = import_module("messaging.migrations.0022_quiet_days")
    off("2026-12-25", name="Our Christmas party")
    for _time in range(2):
        migration.fill(apps, connection.schema_editor())
    names = dict(QuietDay.objects.values_list("day", "name"))
    assert len(names) == len(migration.HOLIDAYS) == 10
    assert names.pop(date(2026, 12, 25)) == "Our Christmas party"
    by_english = {
        "Prithvi Jayanti": "27 Poush 2083",
        "Maghe Sankranti": "1 Magh 2083",
        "Martyrs' Day": "16 Magh 2083",
        "Democracy Day": "7 Falgun 2083",
    }
    english = {name.split("(")[1].rstrip(")"): day for day, name in names.items()}
    assert {name: calendars.bikram_sambat(english[name]) for name in by_english} == by_english
    new_year = english["New Year 2084"]
    assert calendars.bikram_sambat(new_year - timedelta(days=1)) == "30 Chaitra 2083"
    assert calendars.bikram_sambat(new_year) is None
    assert {(day.month, day.day) for day in names if day > new_year} == {(5, 1), (12, 25), (3, 8)}
