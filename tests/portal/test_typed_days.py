"""Days and times that are typed by Bikram Sambat or by the Gregorian calendar."""

from datetime import date, timedelta

import pytest
from django import forms
from django.urls import reverse
from django.utils import timezone

from messaging.models import Campaign, Gateway
from sociair_portal.common import calendars, typed_days
from sociair_portal.common.calendars import Calendar
from sociair_portal.common.shown_days import seen_in
from sociair_portal.common.typed_days import DayField, MomentField
from tests.conftest import Browser
from tests.pages import words
from tests.sending import hand_over

DAY = date(2026, 8, 28)


class DayForm(forms.Form):
    day = DayField()


@pytest.fixture(params=list(Calendar))
def calendar(request: pytest.FixtureRequest) -> Calendar:
    chosen: Calendar = request.param
    return chosen


@pytest.mark.parametrize(
    "typed",
    [
        *("2083-05-12", "2083/5/12", "12/05/2083", "२०८३/०५/१२", "12 Bhadra 2083", "१२ भदौ २०८३"),
        *("2026-08-28", "28/08/2026", "28 Aug 2026", " २०२६-०८-२८ "),
    ],
)
def test_a_day_is_read_in_either_calendar(typed: str, calendar: Calendar) -> None:
    with seen_in(lambda: calendar):
        assert DayField().clean(typed) == DAY


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("2085-01-01", "The portal knows Bikram Sambat from 1975 to 2083."),
        ("2083-13-01", "There is no such day"),
        ("2083-05-33", "There is no such day"),
        ("31/02/2026", "There is no such day"),
        ("tomorrow", "Enter a day, such as"),
    ],
)
def test_what_is_no_known_day_is_refused_in_words_and_comes_back_as_typed(
    typed: str, sentence: str, calendar: Calendar
) -> None:
    with seen_in(lambda: calendar):
        form = DayForm({"day": typed})
        assert sentence in form.errors["day"][0]
        assert f'type="text" name="day" value="{typed}"' in str(form["day"])


@pytest.mark.parametrize(
    ("calendar", "shown"),
    [
        (Calendar.GREGORIAN, 'type="date" name="day" value="2026-08-28"'),
        (Calendar.BIKRAM_SAMBAT, 'type="text" name="day" value="2083-05-12"'),
    ],
)
def test_a_typed_day_comes_back_in_the_chosen_calendar(calendar: Calendar, shown: str) -> None:
    with seen_in(lambda: calendar):
        assert shown in str(DayForm({"day": "12 Bhadra 2083"})["day"])
        assert shown in str(DayForm({"day": "28/08/2026"})["day"])


def test_every_known_day_is_read_as_it_is_shown(calendar: Calendar) -> None:
    """Twenty years around today, where a day without a name of its month has one meaning."""
    with seen_in(lambda: calendar):
        for days in range(-3000, 4000):
            on = timezone.localdate() + timedelta(days=days)
            assert typed_days.read(typed_days.by_numbers(on)) == on


def test_every_day_of_bikram_sambat_has_one_gregorian_day() -> None:
    """Between the first and the last known year days follow each other without gap or repeat."""
    on, last = date(1918, 4, 13), date(2027, 4, 13)
    while on <= last:
        named = calendars.bikram_sambat(on)
        assert named is not None
        assert typed_days.read(named) == on
        on += timedelta(days=1)


@pytest.mark.parametrize(
    "typed", ["2083-05-12 07:05", "२०८३/०५/१२ ०७:०५", "2026-08-28T07:05", "28 Aug 2026, 7:05"]
)
def test_a_time_is_read_after_a_day_of_either_calendar(typed: str, calendar: Calendar) -> None:
    with seen_in(lambda: calendar):
        at = MomentField().clean(typed)
        assert f"{timezone.localtime(at):%Y-%m-%d %H:%M}" == "2026-08-28 07:05"
        assert MomentField().clean(typed_days.time_by_numbers(at)) == at


def test_a_day_without_its_time_is_told_what_is_missing() -> None:
    with pytest.raises(forms.ValidationError, match="Enter the time as well, such as 2083-05-12 0"):
        MomentField().clean("2083-05-12")


@pytest.mark.parametrize("blank", [" ", "T", "x", "1"])
def test_a_long_text_is_no_day(blank: str) -> None:
    """The patterns took minutes over one, and a web process with them."""
    assert typed_days.read(f"2026-12-14{blank * 1_000_000}x") is None
    with pytest.raises(forms.ValidationError):
        MomentField().clean(f"2026-12-14{blank * 1_000_000}x")


@pytest.mark.parametrize("typed", ["2083-05-12 24:00", "07:00", "2083-05-40 07:00"])
def test_what_is_no_time_is_refused_and_comes_back_as_typed(typed: str) -> None:
    with pytest.raises(forms.ValidationError, match="Enter the date and time"):
        MomentField().clean(typed)
    assert typed_days.shown_again(typed) == typed


@pytest.mark.django_db
def test_who_counts_by_bikram_sambat_schedules_by_it(sender: Browser, gateway: Gateway) -> None:
    sender.post(reverse("preferences"), {"calendar": "bs"})
    at = (timezone.localtime() + timedelta(days=2)).replace(
        hour=12, minute=0, second=0, microsecond=0
    )
    campaign = hand_over(gateway, ["9841234567"], at=at, by=sender.user)
    page = sender.get(f"/campaigns/{campaign.pk}/move/")
    year, month, day = calendars.parts_of_bikram_sambat(at.date()) or (0, 0, 0)
    assert f'value="{year}-{month:02}-{day:02} 12:00"' in page.content.decode()
    assert "Date (BS) and time in Nepal" in words(page)

    later = at + timedelta(days=1)
    year, month, day = calendars.parts_of_bikram_sambat(later.date()) or (0, 0, 0)
    typed = {"seen": at.isoformat(), "at": f"{year}/{month}/{day} 12:00", "at_night": "1"}
    sender.post(f"/campaigns/{campaign.pk}/move/", typed)
    assert Campaign.objects.get().scheduled_for == later


@pytest.mark.django_db
def test_the_history_is_searched_by_days_of_bikram_sambat(
    sender: Browser, gateway: Gateway
) -> None:
    hand_over(gateway, ["9841234567"], text="Exams begin.")
    today = calendars.bikram_sambat(timezone.localdate()) or ""
    assert "Exams begin." in words(sender.get("/history/", {"since": today}))
    tomorrow = calendars.bikram_sambat(timezone.localdate() + timedelta(days=1)) or ""
    assert "Exams begin." not in words(sender.get("/history/", {"since": tomorrow}))
