"""Days of Bikram Sambat as days of the Gregorian calendar."""

from datetime import date, timedelta

import pytest
from django.utils import translation

from sociair_portal.common.calendars import (
    FIRST_YEAR,
    LAST_YEAR,
    UnknownDay,
    UnknownYear,
    bikram_sambat,
    from_bikram_sambat,
)

# The lengths of the months as wall calendars have them, for the years that offices meet most.
# From `nepali-datetime`, a second source; tests/portal/test_written_days.py compares the others.
PRINTED = {
    2078: (31, 31, 31, 32, 31, 31, 30, 29, 30, 29, 30, 30),
    2079: (31, 31, 32, 31, 31, 31, 30, 29, 30, 29, 30, 30),
    2080: (31, 32, 31, 32, 31, 30, 30, 30, 29, 29, 30, 30),
    2081: (31, 32, 31, 32, 31, 30, 30, 30, 29, 30, 29, 31),
    2082: (31, 31, 32, 31, 31, 31, 30, 29, 30, 29, 30, 30),
    2083: (31, 31, 32, 31, 31, 31, 30, 29, 30, 29, 30, 30),
}


@pytest.mark.parametrize("year", PRINTED)
def test_months_are_as_long_as_printed(year: int) -> None:
    for month, length in enumerate(PRINTED[year], start=1):
        from_bikram_sambat(year, month, length)
        with pytest.raises(UnknownDay):
            from_bikram_sambat(year, month, length + 1)


def test_every_known_day_comes_once_and_reads_as_itself() -> None:
    on = from_bikram_sambat(FIRST_YEAR, 1, 1)
    with translation.override("en"):
        for year in range(FIRST_YEAR, LAST_YEAR + 1):
            for month in range(1, 13):
                for day in range(1, 33):
                    try:
                        found = from_bikram_sambat(year, month, day)
                    except UnknownDay:
                        assert day > 29
                        break
                    assert found == on
                    shown = bikram_sambat(on)
                    assert shown is not None
                    assert shown.startswith(f"{day} ")
                    assert shown.endswith(f" {year}")
                    on += timedelta(days=1)
    assert on == date(2027, 4, 14)


@pytest.mark.parametrize("year", [FIRST_YEAR - 1, LAST_YEAR + 1])
def test_a_day_of_a_year_that_nobody_knows_is_none(year: int) -> None:
    with pytest.raises(UnknownYear):
        from_bikram_sambat(year, 1, 1)
