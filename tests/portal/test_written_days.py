"""Days of Bikram Sambat and of the Gregorian calendar, held against a second source."""

from datetime import date, timedelta

import nepali_datetime
import pytest

from sociair_portal.common.calendars import FIRST_YEAR, LAST_YEAR, Calendar
from sociair_portal.common.written_days import WrittenDay, gregorian, read_day

BS, AD = Calendar.BIKRAM_SAMBAT, Calendar.GREGORIAN


@pytest.mark.parametrize("year", range(2000, LAST_YEAR + 1))
def test_every_month_begins_on_the_day_that_a_second_source_says(year: int) -> None:
    for month in range(1, 13):
        first = gregorian(WrittenDay(year, month, 1, BS), BS)
        assert first == nepali_datetime.date(year, month, 1).to_datetime_date()


def test_every_month_is_as_long_as_it_is_to_the_next_one() -> None:
    for year in range(FIRST_YEAR, LAST_YEAR):
        for month in range(1, 13):
            first = WrittenDay(year, month, 1, BS)
            following = WrittenDay(year + month // 12, month % 12 + 1, 1, BS)
            begins, ends = gregorian(first, BS), gregorian(following, BS)
            assert begins is not None
            assert ends is not None
            last = first._replace(day=(ends - begins).days)
            assert gregorian(last, BS) == ends - timedelta(days=1)
            assert not last._replace(day=last.day + 1).can_be(BS)


@pytest.mark.parametrize(
    ("text", "day", "calendar"),
    [
        ("2082-05-12", date(2025, 8, 28), BS),
        ("२०८२-०५-१२", date(2025, 8, 28), BS),
        ("2082/5/12", date(2025, 8, 28), BS),
        ("12.05.2082", date(2025, 8, 28), BS),
        ("12 Bhadra 2082", date(2025, 8, 28), BS),
        ("२०८२ भदौ १२", date(2025, 8, 28), BS),
        ("2081-03-32", None, BS),  # no such day in 2081, but no other calendar has a day 32
        ("2026-11-22 10:10", date(2026, 11, 22), AD),
        ("2082-05-12 00:00:00", date(2082, 5, 12), AD),
        ("12 May 2082", date(2082, 5, 12), AD),
        ("Sunday, 22 November 2026", date(2026, 11, 22), AD),
        ("Nov. 22, 2026", date(2026, 11, 22), AD),
        ("1998-01-05", date(1998, 1, 5), AD),
        ("2085-01-15", None, BS),  # nobody knows its months yet
    ],
)
def test_a_day_tells_its_calendar_by_itself(
    text: str, day: date | None, calendar: Calendar
) -> None:
    written = read_day(text)
    if text == "2081-03-32":
        assert written is None
        return
    assert written is not None
    assert written.calendar is calendar
    assert gregorian(written, calendar) == day


def test_a_day_that_both_calendars_have_tells_none() -> None:
    written = read_day("2045-01-05")
    assert written is not None
    assert written.calendar is None
    assert gregorian(written, AD) == date(2045, 1, 5)
    assert gregorian(written, BS) == date(1988, 4, 17)


@pytest.mark.parametrize("text", ["", "12", "2081/082", "2082-13-01", "31/02/1999", "12 Foo 2082"])
def test_what_is_no_day_is_none(text: str) -> None:
    assert read_day(text) is None
