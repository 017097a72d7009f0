"""Everybody chooses how pages write dates; what is stored and sent stays as it is."""

from datetime import UTC, date, datetime
from html import unescape
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.template import Context, Template
from django.urls import reverse

from contacts.models import OptOut
from messaging.models import Gateway
from sociair_portal.accounts.models import Preferences
from sociair_portal.common import calendars, shown_days
from sociair_portal.common.calendars import LAST_YEAR, Calendar
from sociair_portal.common.shown_days import seen_in
from sociair_portal.common.written_days import WrittenDay, gregorian
from tests.conftest import Browser
from tests.factories import OptOutFactory, UserFactory
from tests.pages import words

AUGUST = datetime(2026, 8, 28, 8, 20, tzinfo=UTC)  # 14:05 in Nepal


def shown(filter_name: str, at: datetime = AUGUST) -> str:
    template = Template(f"{{{{ at|{filter_name} }}}}")
    return unescape(template.render(Context({"at": at})))


@pytest.mark.parametrize(
    ("calendar", "moment", "deciding"),
    [
        (Calendar.GREGORIAN, "28 Aug 2026, 14:05", "28 Aug 2026 (12 Bhadra 2083), 14:05"),
        (Calendar.BIKRAM_SAMBAT, "12 Bhadra 2083, 14:05", "12 Bhadra 2083 (28 Aug 2026), 14:05"),
    ],
)
def test_dates_are_written_in_the_chosen_calendar(
    calendar: Calendar, moment: str, deciding: str
) -> None:
    with seen_in(lambda: calendar):
        assert shown("moment") == moment
        assert shown("deciding_moment") == deciding


@pytest.mark.parametrize("on", [date(2027, 4, 14), date(2040, 1, 1), date(1900, 1, 1)])
def test_a_day_that_nobody_knows_for_certain_stays_gregorian(on: date) -> None:
    with seen_in(lambda: Calendar.BIKRAM_SAMBAT):
        assert shown_days.day(on) == f"{on.day} {on:%b} {on.year}"
        assert shown_days.in_both(on) == f"{on.day} {on:%b} {on.year}"


def test_every_day_of_a_year_is_itself_when_it_is_read_again() -> None:
    for month in range(1, 13):
        for day in (1, 15, 29):
            on = gregorian(WrittenDay(LAST_YEAR, month, day, None), Calendar.BIKRAM_SAMBAT)
            assert on is not None
            written = calendars.bikram_sambat(on)
            assert written is not None
            assert written.startswith(f"{day} ")
            assert written.endswith(f" {LAST_YEAR}")


def test_without_a_request_days_are_gregorian() -> None:
    assert shown_days.chosen() is Calendar.GREGORIAN


@pytest.mark.django_db
def test_somebody_chooses_and_goes_on_where_they_were(sender: Browser, gateway: Gateway) -> None:
    OptOutFactory.create()
    OptOut.objects.update(created_at=AUGUST)
    page = sender.get(f"{reverse('preferences')}?next=/contacts/")
    assert "Bikram Sambat (BS): " in words(page)
    done = sender.post(f"{reverse('preferences')}?next=/contacts/", {"calendar": "bs"})
    assert done["Location"] == "/contacts/"
    assert "12 Bhadra 2083, 14:05" in words(sender.get("/opt-outs/"))
    assert Preferences.objects.get().calendar == "bs"
    sender.post(reverse("preferences"), {"calendar": "ad"})
    assert "28 Aug 2026, 14:05" in words(sender.get("/opt-outs/"))
    assert Preferences.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "elsewhere",
    [
        *("https://example.org/", "//example.org", "/\\example.org", "javascript:alert(1)", "foo"),
        *("account_logout", "https:///example.org", "\t//example.org", ""),
    ],
)
def test_no_other_address_is_gone_back_to(sender: Browser, elsewhere: str) -> None:
    asked = urlencode({"next": elsewhere})
    for page in ("preferences", "language"):
        answer = sender.post(f"{reverse(page)}?{asked}", {"calendar": "bs", "language": "en"})
        assert answer["Location"] == "/"


@pytest.mark.django_db
def test_what_no_calendar_is_called_is_refused_beside_the_field(sender: Browser) -> None:
    page = sender.post(reverse("preferences"), {"calendar": "lunar"})
    assert page.status_code == 200
    assert "invalid-feedback" in page.content.decode()
    assert not Preferences.objects.exists()


@pytest.mark.django_db
def test_what_was_chosen_holds_when_one_signs_in_again(client: Browser, gateway: Gateway) -> None:
    user = UserFactory.create(username="anita")
    user.set_password("monsoon-and-marigold-7")
    user.save()
    Preferences.objects.create(user=User.objects.get(pk=user.pk), calendar="bs")
    client.post(reverse("account_login"), {"login": "anita", "password": "monsoon-and-marigold-7"})
    assert client.session["calendar"] == "bs"
