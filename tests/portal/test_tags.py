"""How the portal writes money, numbers, times, states and icons."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import SuspiciousOperation
from django.template import Context, Template, TemplateSyntaxError
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging.models import BatchState, CampaignState, RecipientState
from sociair_portal.templatetags import portal


def rendered(source: str, **context: object) -> str:
    return Template("{% load portal %}" + source).render(Context(context))


def test_templates_write_money_people_and_numbers() -> None:
    source = "{{ cost|rupees }}, {{ people|count }}, {{ number|mobile }}"
    assert (
        rendered(source, cost=Decimal("123456.8"), people=123456, number="9841234567")
        == "Rs\u00a01,23,456.80, 1,23,456, 984-1234567"
    )


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (0, "0.00"),
        (1, "1.00"),
        (Decimal("0.8"), "0.80"),
        (Decimal("19.2000"), "19.20"),
        (999, "999.00"),
        (1000, "1,000.00"),
        (99999, "99,999.00"),
        (100000, "1,00,000.00"),
        (123456.8, "1,23,456.80"),
        ("123456.8", "1,23,456.80"),
        (Decimal("999999.995"), "10,00,000.00"),
        (10000000, "1,00,00,000.00"),
        (Decimal("1234567890.12"), "1,23,45,67,890.12"),
        (Decimal("1E+3"), "1,000.00"),
        (Decimal("0.004"), "0.00"),
    ],
)
def test_rupees_are_grouped_in_lakhs(amount: Decimal | float | str, written: str) -> None:
    assert portal.rupees(amount) == f"Rs\u00a0{written}"


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (-1, "−Rs\u00a01.00"),
        (Decimal("-123456.8"), "−Rs\u00a01,23,456.80"),
        (Decimal("-0.004"), "Rs\u00a00.00"),
        (None, ""),
        ("", ""),
    ],
)
def test_debts_and_unknown_amounts_are_written(amount: Decimal | None, written: str) -> None:
    assert portal.rupees(amount) == written


@settings(deadline=None)
@given(st.decimals(-(10**9), 10**9, places=2))
def test_rupees_keep_every_digit(amount: Decimal) -> None:
    written = portal.rupees(amount).replace("−", "-").replace("Rs\u00a0", "").replace(",", "")
    assert Decimal(written) == amount


@pytest.mark.parametrize(
    ("number", "written"),
    [(0, "0"), (999, "999"), (1000, "1,000"), (100000, "1,00,000"), (None, "")],
)
def test_people_are_grouped_in_lakhs(number: int | None, written: str) -> None:
    assert portal.count(number) == written


def test_what_is_no_mobile_number_is_written_as_it_is() -> None:
    assert rendered("{{ number|mobile }}", number="<12>") == "&lt;12&gt;"


@pytest.mark.parametrize(
    ("at", "written"),
    [
        (datetime(2026, 11, 22, 8, 20, tzinfo=UTC), "22 Nov 2026, 14:05"),
        (datetime(2026, 1, 1, 0, 0, tzinfo=UTC), "1 Jan 2026, 05:45"),
        (datetime(2026, 12, 31, 18, 15, tzinfo=UTC), "1 Jan 2027, 00:00"),
        (datetime(2026, 3, 9, 9, 5, tzinfo=timezone.get_default_timezone()), "9 Mar 2026, 09:05"),
        (None, ""),
    ],
)
def test_a_moment_is_told_in_nepals_time(at: datetime | None, written: str) -> None:
    assert portal.moment(at) == written


def test_a_moment_is_told_in_the_time_of_the_page() -> None:
    with timezone.override(UTC):
        assert portal.moment(datetime(2026, 11, 22, 8, 20, tzinfo=UTC)) == "22 Nov 2026, 08:20"


@pytest.mark.parametrize(
    ("ago", "written"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(seconds=45), "just now"),
        (timedelta(seconds=-45), "just now"),  # another machine's clock
        (timedelta(seconds=75), "1\u00a0minute ago"),
        (timedelta(minutes=3, seconds=30), "3\u00a0minutes ago"),
        (timedelta(hours=2, minutes=30), "2\u00a0hours ago"),
        (timedelta(hours=23, minutes=30), "23\u00a0hours ago"),
    ],
)
def test_what_is_fresh_is_told_by_its_age(ago: timedelta, written: str) -> None:
    assert portal.fresh(timezone.now() - ago) == written


def test_what_is_older_than_a_day_is_told_by_its_time() -> None:
    at = timezone.now() - timedelta(hours=25)
    assert portal.fresh(at) == portal.moment(at)
    assert portal.fresh(None) == ""


def test_a_state_is_icon_word_and_colour() -> None:
    page = rendered("{% state value label %}", value="accepted", label="Accepted")
    assert "<svg" in page
    assert "green" in page
    assert "Accepted" in page


def test_the_word_of_a_state_is_escaped() -> None:
    page = rendered("{% state value label %}", value="accepted", label="<b>Accepted</b>")
    assert "<b>" not in page
    assert "&lt;b&gt;Accepted" in page


@pytest.mark.parametrize("state", [*CampaignState, *BatchState, *RecipientState], ids=repr)
def test_every_state_has_a_mark_of_its_own(
    state: CampaignState | BatchState | RecipientState,
) -> None:
    unknown = portal.state("no such state", "?")["icon"]
    mark = portal.state(state.value, str(state.label))
    assert mark["icon"] != unknown
    assert mark["label"] == state.label
    assert portal.icon(mark["icon"]).startswith("<svg ")


def test_a_state_from_the_future_still_has_a_mark() -> None:
    page = rendered("{% state 'levitating' 'Levitating' %}")
    assert "<svg" in page
    assert "Levitating" in page


def test_what_needs_a_person_has_the_colour_of_care() -> None:
    colours = {name: portal.state(name, "")["colour"] for name in ("accepted", "refused")}
    assert colours == {"accepted": "green", "refused": "red"}
    for name in ("unconfirmed", "paused", "overdue", "partly_refused"):
        assert portal.state(name, "")["colour"] == "amber"


def test_an_icon_is_a_drawing_that_nobody_reads_aloud() -> None:
    drawing = rendered("{% icon 'check-circle' %}")
    assert drawing.startswith('<svg aria-hidden="true" focusable="false" ')
    assert drawing.endswith("</svg>")
    assert drawing.count("<svg") == 1
    assert "\n" not in drawing


def test_an_icon_runs_nothing() -> None:
    drawing = portal.icon("check-circle")
    assert "<script" not in drawing
    assert "style=" not in drawing  # the CSP forbids it


@pytest.mark.parametrize(
    "name", ["no-such-icon", "", '"><script>alert(1)</script>', "check circle"]
)
def test_an_unknown_icon_is_an_error(name: str) -> None:
    with pytest.raises(TemplateSyntaxError) as unknown:
        rendered("{% icon name %}", name=name)
    assert str(unknown.value) == f"There is no icon {name!r}."


@pytest.mark.parametrize("name", ["../../manage", "../css/app", "/etc/passwd"])
def test_an_icon_is_none_of_other_files(name: str) -> None:
    with pytest.raises((TemplateSyntaxError, SuspiciousOperation)):
        rendered("{% icon name %}", name=name)
