"""Days off: listed by year, entered one by one or as a list, corrected, deleted, on record."""

from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from messaging.models import Campaign, CampaignState, Gateway, QuietDay
from messaging.services.campaigns import control, quiet_days
from sociair_portal.audit.models import Entry
from sociair_portal.audit.words import about, details
from tests.at_once import at_once
from tests.conftest import Browser, signed_in
from tests.pages import source, words
from tests.queries import FRAME
from tests.sending import hand_over

pytestmark = pytest.mark.django_db

LIST = "/days-off/"
NEW = "/days-off/new/"
MANY = "/days-off/list/"
CHRISTMAS = date(2026, 12, 25)


def off(on: date = CHRISTMAS, name: str = "Christmas") -> QuietDay:
    return QuietDay.objects.create(day=on, name=name)


def known() -> dict[str, str]:
    return {f"{day.day}": day.name for day in QuietDay.objects.all()}


def scheduled(gateway: Gateway, on: date, text: str = "Exams begin.") -> Campaign:
    at = timezone.make_aware(datetime.combine(on, time(12)))
    return hand_over(gateway, ["9841234567"], text=text, at=at)


@pytest.mark.parametrize("typed", ["2026-12-25", "2083-09-10", "२०८३-०९-१०", "10 Poush 2083"])
def test_a_day_off_is_entered_by_either_calendar(manager: Browser, typed: str) -> None:
    page = manager.post(NEW, {"day": typed, "name": " Christmas\u200b "}, follow=True)
    assert known() == {"2026-12-25": "Christmas"}
    assert "Christmas is saved." in words(page)
    assert "Friday, 25 Dec 2026 (10 Poush 2083) Christmas" in words(page)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"day": "", "name": "Holi"}, "Enter the day."),
        ({"day": "soon", "name": "Holi"}, "Enter a day, such as"),
        ({"day": "2084-01-01", "name": "Holi"}, "The portal knows Bikram Sambat from 1975 to 2083"),
        ({"day": "1026-12-26", "name": "Holi"}, "Enter a day between 2000 and 2100 (AD)."),
        ({"day": "2026-12-26", "name": " \u200b"}, "Enter a name for the day."),
        ({"day": "2026-12-26", "name": "x" * 101}, "at most 100 characters"),
        (
            {"day": "2083-09-10", "name": "Holi"},
            "25 Dec 2026 (10 Poush 2083) is already a day off: Christmas.",
        ),
    ],
)
def test_a_mistake_in_a_day_off_is_explained(
    manager: Browser, typed: dict[str, str], said: str
) -> None:
    off()
    answer = manager.post(NEW, typed)
    assert said in words(answer)
    assert answer.context["form"]["name"].value() == typed["name"]
    assert known() == {"2026-12-25": "Christmas"}


def test_a_day_off_is_corrected_and_deleted_after_a_question(manager: Browser) -> None:
    day = off()
    assert day.get_absolute_url() in source(manager.get(LIST))
    page = manager.get(day.get_absolute_url())
    assert 'value="2026-12-25"' in source(page)
    manager.post(day.get_absolute_url(), {"day": "2026-12-24", "name": "Christmas Eve"})
    assert known() == {"2026-12-24": "Christmas Eve"}
    address = f"{day.get_absolute_url()}delete/"
    assert address in source(manager.get(LIST))
    page = manager.get(address)
    assert "no longer ask before it sends a message on 24 Dec 2026 (9 Poush 2083)." in words(page)
    assert known()
    assert "Christmas Eve is deleted." in words(manager.post(address, follow=True))
    assert not known()
    assert manager.post(address).status_code == 404


def test_days_off_are_listed_by_year_with_the_past_ones_last(manager: Browser) -> None:
    today = timezone.localdate()
    off(today.replace(month=1, day=1), "Early this year")
    off(date(today.year + 1, 5, 1), "Next year")
    off(date(today.year - 1, 5, 1), "Last year")
    off(date(today.year - 2, 5, 1), "Before that")
    said = words(manager.get(LIST)).split("publishes its list.")[1]
    order = [
        *(f"{today.year} (AD)", "Early this year", f"{today.year + 1} (AD)", "Next year"),
        *(f"{today.year - 1} (AD)", "Last year", f"{today.year - 2} (AD)", "Before that"),
    ]
    places = [said.index(name) for name in order]
    assert places == sorted(places)


def test_years_are_those_of_the_calendar_that_was_chosen(
    manager: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "localdate", lambda *_at: date(2026, 12, 1))
    manager.post("/account/preferences/", {"calendar": "bs"})
    off()
    off(date(2027, 2, 19), "Democracy Day")
    off(date(2027, 5, 1), "Labour Day")
    said = words(manager.get(LIST)).split("publishes its list.")[1]
    order = ["2083 (BS)", "10 Poush 2083 (25 Dec 2026)", "Democracy Day", "2027 (AD)", "Labour Day"]
    places = [said.index(name) for name in order]
    assert places == sorted(places)
    assert said.count("(AD)") == 1


def test_an_empty_list_says_what_days_off_are_for(manager: Browser) -> None:
    page = words(manager.get(LIST))
    assert "No days off yet" in page
    assert "Enter the others, such as Dashain, Tihar and Holi, when the government" in page


def test_a_list_is_entered_together(manager: Browser) -> None:
    lines = """
        2083-09-10 Christmas
        २०८३/०९/२७\tपृथ्वी जयन्ती (Prithvi Jayanti)
        2027-01-15, Maghe Sankranti
        16 Magh 2083: Martyrs' Day

        Friday, 19 Feb 2027 - Democracy Day
        Mar 8, 2027 Women's Day 2027
        2083 Chaitra 30 | New Year's Eve
    """
    page = manager.post(MANY, {"lines": lines}, follow=True)
    assert known() == {
        "2026-12-25": "Christmas",
        "2027-01-11": "पृथ्वी जयन्ती (Prithvi Jayanti)",
        "2027-01-15": "Maghe Sankranti",
        "2027-01-30": "Martyrs' Day",
        "2027-02-19": "Democracy Day",
        "2027-03-08": "Women's Day 2027",
        "2027-04-13": "New Year's Eve",
    }
    assert "7 days off are saved." in words(page)


def test_every_wrong_line_is_named_and_nothing_is_saved(manager: Browser) -> None:
    off()
    lines = "\n".join(
        [
            "2027-01-11 Prithvi Jayanti",
            "Dashain",
            "2083-13-01 Tihar",
            "2027-01-12",
            "",
            "2083-09-10 Our Christmas",
            "11 Jan 2027 Again",
            "2084-01-01 New Year",
            "2027-03-22 " + "Holi" * 26,
        ]
    )
    page = manager.post(MANY, {"lines": lines})
    said = words(page)
    for sentence in (
        "Line 2, “Dashain”: Enter a day, such as",
        "Line 3, “2083-13-01 Tihar”: There is no such day. Enter one such as",
        "Line 4, “2027-01-12”: Enter a name after the day.",
        "Line 6, “2083-09-10 Our Christmas”: 25 Dec 2026 (10 Poush 2083) is already a day off: Chr",
        "Line 7, “11 Jan 2027 Again”: 11 Jan 2027 (27 Poush 2083) is already in line 1.",
        "Line 8, “2084-01-01 New Year”: The portal knows Bikram Sambat from 1975 to 2083.",
        "…”: Use at most 100 characters for the name.",
    ):
        assert sentence in said
    assert "Line 1," not in said
    assert "Line 5," not in said
    assert page.context["form"]["lines"].value() == lines
    assert known() == {"2026-12-25": "Christmas"}


@pytest.mark.parametrize(
    ("line", "saved"),
    [
        ("2083-09-10 - Christmas", {"2026-12-25": "Christmas"}),
        ("२०८३ पुस १० गते क्रिसमस", {"2026-12-25": "क्रिसमस"}),
        ("2083-09-10\t2026-12-25\tChristmas", {"2026-12-25": "Christmas"}),
        ("बिहीबार, १० पुस २०८३ (२५ डिसेम्बर २०२६) क्रिसमस", {"2026-12-25": "क्रिसमस"}),
        ("2026-12-31 to 2027-01-01 Break", {"2026-12-31": "Break", "2027-01-01": "Break"}),
        ("2026-12-31–2027-01-01 Break", {"2026-12-31": "Break", "2027-01-01": "Break"}),
        ("2083-09-16 देखि २०८३-०९-१७ सम्म बिदा", {"2026-12-31": "बिदा", "2027-01-01": "बिदा"}),
        ("2027-01-15 to be named", {"2027-01-15": "to be named"}),
        ("2026-12-25" + " " * 1_000_000 + "Christmas", {"2026-12-25": "Christmas"}),
    ],
)
def test_a_line_may_be_a_range_or_say_its_day_twice(
    manager: Browser, line: str, saved: dict[str, str]
) -> None:
    manager.post(MANY, {"lines": line})
    assert known() == saved


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("2026-12-25 2026-12-26 Break", "This line has two days."),
        ("2026-12-25 to 2026-12-20 Break", "must not be before the first."),
        ("2026-12-25 to 2027-12-20 Break", "A range can have up to 62 days."),
        ("2026-12-25 to 2026-12-26", "Enter a name after the day."),
        ("२०८३-१२-१० देखि १२ सम्म नतिजा", "Write both days of the range in full"),
        ("२०८३/१२/२० र २१ मेला", "Write both days of the range in full"),
        ("2083-09-10, 11 Fair", "Write both days of the range in full"),
        ("2026-12-25" + "T" * 1_000_000 + "x", "Enter a day, such as"),
    ],
)
def test_a_line_that_could_mean_other_days_is_not_saved(
    manager: Browser, line: str, says: str
) -> None:
    assert says in words(manager.post(MANY, {"lines": line}))
    assert not known()


def test_many_wrong_lines_are_named_below_the_field_alone(manager: Browser) -> None:
    summary = "Days and their names: several problems, listed below the field"
    for number, is_short in ((3, False), (4, True)):
        said = words(manager.post(MANY, {"lines": "soon\n" * number}))
        assert said.count(f"Line {number}, “soon”") == (1 if is_short else 2)
        assert (summary in said) == is_short


def test_of_very_many_wrong_lines_some_are_named(manager: Browser) -> None:
    said = words(manager.post(MANY, {"lines": "soon\n" * 23}))
    assert "Line 20, “soon”" in said
    assert "Line 21," not in said
    assert "3 more lines have a problem." in said
    said = words(manager.post(MANY, {"lines": "soon\n" * 367}))
    assert "Enter at most 366 days together." in said
    assert "Enter at least one day." in words(manager.post(MANY, {"lines": " \n"}))


@pytest.mark.django_db(transaction=True)
def test_of_two_who_enter_the_same_list_one_is_told(roles: None, gateway: Gateway) -> None:
    lines = "2026-12-25 Christmas\n2027-01-11 Prithvi Jayanti"
    browsers = [signed_in("Manager"), signed_in("Manager")]
    answers = at_once([partial(browser.post, MANY, {"lines": lines}) for browser in browsers])
    assert len(known()) == 2
    assert sorted(answer.status_code for answer in answers) == [200, 302]
    told = next(answer for answer in answers if answer.status_code == 200)
    assert "Line 2, “2027-01-11 Prithvi Jayanti”: 11 Jan 2027" in words(told)


def test_none_of_a_list_is_saved_if_another_was_faster(
    manager: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the check and the saving."""
    enter = quiet_days.enter

    def late(days: Any) -> None:
        off(date(2027, 1, 11), "Prithvi Jayanti")
        enter(days)

    monkeypatch.setattr(quiet_days, "enter", late)
    page = manager.post(MANY, {"lines": "2026-12-25 Christmas\n2027-01-11 Holiday"})
    assert "is already a day off: Prithvi Jayanti." in words(page)
    assert known() == {"2027-01-11": "Prithvi Jayanti"}


def test_messages_on_a_new_day_off_are_named_and_keep_their_time(
    manager: Browser, gateway: Gateway
) -> None:
    on = timezone.localdate() + timedelta(days=30)
    first, second = scheduled(gateway, on), scheduled(gateway, on, "Bring a pen.")
    other = scheduled(gateway, on + timedelta(days=1), "Results.")
    page = manager.post(NEW, {"day": f"{on}", "name": "Holi"}, follow=True)
    said = words(page)
    assert "2 messages are scheduled on days that are now off. They go out as planned" in said
    assert "2 messages are scheduled on this day: 12:00 Exams begin. 12:00 Bring a pen." in said
    for campaign in (first, second):
        assert f'href="/campaigns/{campaign.pk}/"' in source(page)
        was = campaign.scheduled_for
        campaign.refresh_from_db()
        assert (campaign.state, campaign.scheduled_for) == (CampaignState.SCHEDULED, was)
        said = words(manager.get(f"/campaigns/{campaign.pk}/"))
        assert "The day for which this message is scheduled is a day off: Holi." in said
    assert "a day off" not in words(manager.get(f"/campaigns/{other.pk}/"))
    assert "This day is a day off: Holi." in words(manager.get("/schedule/"))


def test_messages_on_days_of_a_list_and_on_a_corrected_day_are_named(
    manager: Browser, gateway: Gateway
) -> None:
    on = timezone.localdate() + timedelta(days=30)
    scheduled(gateway, on)
    lines = f"{on} Holi\n{on + timedelta(days=1)} Holi in the Terai"
    said = words(manager.post(MANY, {"lines": lines}, follow=True))
    assert "1 message is scheduled on a day that is now off." in said
    day = QuietDay.objects.get(day=on)
    typed = {"day": f"{on}", "name": "Fagu Purnima"}
    assert "now off" not in words(manager.post(day.get_absolute_url(), typed, follow=True))
    other = off(on + timedelta(days=9), "Ram Navami")
    day.delete()
    typed = {"day": f"{on}", "name": "Ram Navami"}
    assert "now off" in words(manager.post(other.get_absolute_url(), typed, follow=True))


def test_a_paused_message_is_not_said_to_go_out(manager: Browser, gateway: Gateway) -> None:
    on = timezone.localdate() + timedelta(days=30)
    paused = scheduled(gateway, on)
    assert control.pause(paused, by=None)
    assert "now off" not in words(manager.post(NEW, {"day": f"{on}", "name": "Holi"}, follow=True))
    assert "is scheduled on this day" not in words(manager.get(LIST))


def test_who_may_not_see_messages_sees_how_many_there_are(
    manager: Browser, gateway: Gateway
) -> None:
    on = timezone.localdate() + timedelta(days=30)
    scheduled(gateway, on)
    off(on, "Holi")
    for role in manager.user.groups.all():
        role.permissions.remove(Permission.objects.get(codename="view_campaign"))
    said = words(manager.get(LIST))
    assert "1 message is scheduled on this day:" in said
    assert "Exams begin." not in said


@pytest.mark.parametrize("rows", [1, 40])
def test_queries_of_the_days_off_do_not_grow_with_rows(
    manager: Browser, gateway: Gateway, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for days in range(1, rows + 1):
        on = timezone.localdate() + timedelta(days=days)
        off(on)
        if days < 3:
            scheduled(gateway, on)
    manager.get(LIST)
    with django_assert_num_queries(FRAME + 2):
        manager.get(LIST)


def test_a_sender_does_not_change_days_off(sender: Browser, gateway: Gateway) -> None:
    day = off()
    assert LIST not in source(sender.get("/"))
    for address in (LIST, NEW, MANY, day.get_absolute_url(), f"{day.get_absolute_url()}delete/"):
        assert sender.post(address, {"day": "2026-12-26", "name": "x"}).status_code in (403, 405)
        assert sender.get(address).status_code == 403
    assert known() == {"2026-12-25": "Christmas"}


def test_the_menu_and_the_help_lead_to_days_off(manager: Browser, gateway: Gateway) -> None:
    assert f'href="{LIST}"' in source(manager.get("/"))
    assert 'href="/help/scheduled/?next=/days-off/"' in source(manager.get(LIST))


def test_every_change_of_a_day_off_is_on_record(manager: Browser) -> None:
    manager.post(MANY, {"lines": "2026-12-25 Christmas\n2027-01-11 Prithvi Jayanti"})
    day = QuietDay.objects.get(day=CHRISTMAS)
    manager.post(day.get_absolute_url(), {"day": "2026-12-26", "name": "Boxing Day"})
    manager.post(f"{day.get_absolute_url()}delete/")
    entries = Entry.objects.filter(content_type__model="quietday").order_by("id")
    assert {entry.actor for entry in entries} == {manager.user}
    assert [(about(entry), details(entry)) for entry in entries] == [
        ("Christmas", ["Day: 25 Dec 2026", "Name: Christmas"]),
        ("Prithvi Jayanti", ["Day: 11 Jan 2027", "Name: Prithvi Jayanti"]),
        (
            "Boxing Day",
            ["Day: 25 Dec 2026 → 26 Dec 2026", "Name: Christmas → Boxing Day"],
        ),
        ("Boxing Day", ["Day: 26 Dec 2026", "Name: Boxing Day"]),
    ]
    assert "Day off" in words(manager.get("/record/"))


def test_a_day_off_in_the_admin_is_checked_as_on_its_page(manager: Client) -> None:
    off()
    add = "/admin/messaging/quietday/add/"
    said = words(manager.post(add, {"day": "10 Poush 2083", "name": "Holi"}))
    assert "25 Dec 2026 (10 Poush 2083) is already a day off: Christmas." in said
    manager.post(add, {"day": "2026-12-31", "name": "Year's end"})
    assert known() == {"2026-12-25": "Christmas", "2026-12-31": "Year's end"}
    assert "Year's end" in words(manager.get("/admin/messaging/quietday/"))
