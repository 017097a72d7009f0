"""Days of contacts and of the list's filter: by the calendar of whoever types, or asked about."""

import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from contacts.fields import FieldValue
from contacts.forms.lists import ContactFilterForm
from contacts.models import Contact, ContactField
from sociair_portal.accounts.models import Preferences
from sociair_portal.common import shown_days
from sociair_portal.common.calendars import Calendar
from sociair_portal.common.day_readings import readings_of
from tests.conftest import Browser
from tests.factories import ContactFactory
from tests.pages import words

pytestmark = pytest.mark.django_db
ASKED = "Both calendars have this year. Choose which day it is."
IN_BS = "Bikram Sambat (BS): 13 Baisakh 2045 (25 Apr 1988)"
IN_AD = "Gregorian (AD): 13 Jan 2045"


@pytest.fixture
def born(db: None) -> ContactField:
    return ContactField.objects.create(name="Born", key="born", kind="date", in_list=True)


@pytest.fixture
def nepali(sender: Browser, born: ContactField) -> Browser:
    """Someone who counts by Bikram Sambat."""
    user = User.objects.get(pk=sender.user.pk)
    Preferences.objects.create(user=user, calendar=Calendar.BIKRAM_SAMBAT)
    session = sender.session
    session["calendar"] = Calendar.BIKRAM_SAMBAT.value
    session.save()
    return sender


def save(browser: Browser, typed: str, *chosen: str, contact: Contact | None = None) -> str:
    """The words of the page that answers; none if the contact is saved."""
    posted = {"name": "Sita", "mobile": "9841000001", "own_born": typed, "own_born_day": chosen}
    address = contact.get_absolute_url() if contact else reverse("contacts:create")
    answer = browser.post(address, posted)
    return "" if answer.status_code == 302 else words(answer)


def kept() -> object:
    return Contact.objects.get().fields.get("born")


def test_a_day_that_either_calendar_may_mean_is_asked_about(nepali: Browser) -> None:
    page = save(nepali, "2045-01-13")
    assert ASKED in page
    assert IN_BS in page
    assert IN_AD in page
    assert not Contact.objects.exists()
    assert ASKED in save(nepali, "2045-01-14", "1988-04-25")  # which was said of another day
    assert save(nepali, "2045-01-13", "1988-04-25") == ""
    assert kept() == ["1988-04-25", "2045-01-13"]


def test_what_was_ticked_last_is_meant(nepali: Browser) -> None:
    assert save(nepali, "2045-01-13", "1988-04-25", "2045-01-13") == ""
    assert kept() == ["2045-01-13", "2045-01-13"]


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("1988-04-25", "1988-04-25"),
        ("25 Apr 2012", "2012-04-25"),
        ("13 Baisakh 2045", "1988-04-25"),
        ("२०८३-०५-१२", "2026-08-28"),
        ("2045-02-32", "1988-06-14"),  # which only Bikram Sambat has
        ("2085-01-01", ""),
    ],
)
def test_a_day_that_only_one_calendar_can_mean_is_not_asked_about(
    nepali: Browser, typed: str, day: str
) -> None:
    assert save(nepali, typed) == ""
    assert kept() == [day, typed]


def test_who_counts_by_the_gregorian_calendar_is_not_asked(
    sender: Browser, born: ContactField
) -> None:
    page = sender.get(reverse("contacts:create")).text
    assert '<input type="date" name="own_born"' in page
    assert save(sender, "2045-01-13") == ""
    assert kept() == ["2045-01-13", "2045-01-13"]


@pytest.mark.parametrize(
    "stored",
    [
        ["1988-04-25", "2045-01-13"],
        ["2045-01-13", "2045-01-13"],
        ["1988-04-25", "25 Apr 1988"],
        ["", "2085-01-01"],
        "1988-04-25",
    ],
)
@pytest.mark.parametrize("calendar", Calendar)
def test_a_day_that_is_left_as_it_was_stays_as_it_was_written(
    sender: Browser, nepali: Browser, stored: object, calendar: Calendar
) -> None:
    session = sender.session
    session["calendar"] = calendar.value
    session.save()
    contact = ContactFactory.create(name="Sita", mobile="9841000001", fields={"born": stored})
    shown = re.search(
        'name="own_born" value="([^"]*)"', sender.get(contact.get_absolute_url()).text
    )
    assert shown
    assert save(sender, shown[1], contact=contact) == ""
    assert kept() == stored


def test_another_day_can_be_said_of_the_same_words(nepali: Browser) -> None:
    contact = ContactFactory.create(
        name="Sita", mobile="9841000001", fields={"born": ["2045-01-13", "2045-01-13"]}
    )
    assert "13 Jan 2045" in words(nepali.get(contact.get_absolute_url()))
    assert save(nepali, "2045-01-13", "1988-04-25", contact=contact) == ""
    assert kept() == ["1988-04-25", "2045-01-13"]
    assert save(nepali, "", contact=contact) == ""
    assert kept() is None


def test_what_is_no_day_comes_back_as_it_was_typed(nepali: Browser) -> None:
    page = save(nepali, "last spring")
    assert "“last spring” is not a date" in page


def test_which_day_it_is_is_said_while_it_is_typed(nepali: Browser) -> None:
    def said(typed: str, *chosen: str) -> str:
        posted = {"own_born": typed, "own_born_day": chosen}
        return words(nepali.post(reverse("contacts:day", args=["own_born"]), posted))

    assert said("2083-05-12") == "12 Bhadra 2083 (28 Aug 2026)"
    assert said("1988-04-25") == "13 Baisakh 2045 (25 Apr 1988)"
    assert said("2045-01-13") == f"Which day is it? {IN_BS} {IN_AD}"
    assert said("2045-01") == ""
    assert said("2085-01-01") == "Which Gregorian day this is, is not known yet."
    page = nepali.post(
        reverse("contacts:day", args=["own_born"]),
        {"own_born": "2045-01-13", "own_born_day": "1988-04-25"},
    )
    assert page.text.count(" checked") == 1


def found(browser: Browser, **query: str) -> tuple[list[str], str]:
    page = browser.get(reverse("contacts:list"), {"field": "born", **query}, follow=True)
    return [contact.name for contact in page.context["page"].items], words(page)


def test_the_list_is_filtered_by_the_day_that_is_meant(nepali: Browser) -> None:
    ContactFactory.create(name="Asha", fields={"born": ["1985-01-01", "1985-01-01"]})
    ContactFactory.create(name="Bina", fields={"born": ["2001-01-01", "2001-01-01"]})
    people, page = found(nepali, how="less", value="2045-01-13")
    assert people == []
    assert ASKED in page
    assert found(nepali, how="less", value="2045-01-13", value_day="1988-04-25")[0] == ["Asha"]
    people, page = found(nepali, how="less", value="2045-01-13", value_day="2045-01-13")
    assert people == ["Asha", "Bina"]
    assert IN_AD in page
    assert found(nepali, how="has", value="2001-01")[0] == ["Bina"]
    assert found(nepali, how="least", value="")[0] == ["Asha", "Bina"]


def test_the_filter_asks_for_a_day_where_a_field_has_days(
    sender: Browser, born: ContactField
) -> None:
    ContactField.objects.create(name="Village", key="village", kind="text")
    address = reverse("contacts:list")
    for field, how, kind in (
        ("born", "less", "date"),
        ("born", "has", "text"),
        ("village", "is", "text"),
        ("", "", "text"),
    ):
        page = sender.get(address, {"field": field, "how": how}).text
        assert f'<input type="{kind}" name="value"' in page


def test_the_record_says_the_day_of_a_filter_so_that_no_one_mistakes_it(
    born: ContactField, nepali: Browser
) -> None:
    def sentence(**query: str) -> str:
        return ContactFilterForm(QueryDict(urlencode({"field": "born", **query}))).sentence

    with shown_days.seen_in(lambda: Calendar.BIKRAM_SAMBAT):
        said = sentence(how="less", value="2045-01-13", value_day="1988-04-25")
        assert said == "Born is less than, or before 2045-01-13 (25 Apr 1988)"
        assert sentence(how="is", value="25 Apr 1988") == "Born is 25 Apr 1988"
        assert sentence(how="has", value="2045-01") == "Born contains 2045-01"
    export = nepali.get(f"{reverse('contacts:export', args=['csv'])}?field=born&how=has&value=2045")
    assert nepali.get(export.headers["Location"]).status_code == 200


@pytest.fixture
def gregorian() -> Iterator[None]:
    with shown_days.seen_in(lambda: Calendar.GREGORIAN):
        yield


def test_a_ticked_day_is_meant_whoever_opens_the_address(gregorian: None) -> None:
    by_sambat = next(one for one in readings_of("2045-01-13", ["1988-04-25"]) if one.is_chosen)
    assert by_sambat.iso == "1988-04-25"
    assert [one.iso for one in readings_of("2045-01-13")] == ["2045-01-13"]


def test_a_day_that_only_bikram_sambat_has_is_read_so_by_anyone(gregorian: None) -> None:
    [reading] = readings_of("2045-02-31")
    assert reading.calendar is Calendar.BIKRAM_SAMBAT
    assert readings_of("2045-02-40") == []


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        (["1988-08-28", "२०४५/०५/१२"], "२०४५/०५/१२ (28 Aug 1988)"),
        (["2045-05-12", "2045-05-12"], "2045-05-12 (12 May 2045)"),
        (["2010-05-01", "01/05/2010"], "01/05/2010 (18 Baisakh 2067)"),
        (["2026-08-28", "2083-05-12"], "2083-05-12"),
        (["1988-08-28", "28 Aug 1988"], "28 Aug 1988"),
        (["1988-08-28", "12 Bhadra 2045"], "12 Bhadra 2045"),
        (["", "2089-05-12"], "2089-05-12"),
        ("2010-05-01", "1 May 2010"),
    ],
)
def test_the_list_shows_which_day_it_is_where_both_calendars_have_its_year(
    sender: Browser, born: ContactField, stored: FieldValue, shown: str
) -> None:
    ContactFactory.create(name="Sita", mobile="9841000001", fields={"born": stored})
    assert f">{shown}</td>" in sender.get(reverse("contacts:list")).text
    file = sender.get(reverse("contacts:export", args=["csv"])).getvalue().decode()
    written = stored[1] if isinstance(stored, list) else shown
    assert written in file
    assert "(" not in file
