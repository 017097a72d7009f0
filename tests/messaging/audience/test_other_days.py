"""The sending day beside a column that is called "date", too."""

import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.urls import reverse

from contacts.models import ContactField
from messaging.models import Campaign, Gateway
from messaging.services.audience.known_keys import known_keys
from messaging.services.audience.letters import day_of, writer_for
from messaging.services.audience.other_days import OtherDay, other_days
from messaging.text.placeholders import read_wording
from messaging.text.validity import InvalidText
from tests.conftest import Browser
from tests.messaging.audience.test_tables import draft_of, table_of
from tests.pages import words
from tests.sending import reading

pytestmark = pytest.mark.django_db
DAY = datetime(2099, 8, 28, tzinfo=UTC)  # not over, and not known in Bikram Sambat
SHEET = "Name,Mobile,{}\nAsha,9841000001,2026-12-15\nBina,9841000002,2026-12-16\n"


@pytest.mark.parametrize(
    ("column", "text", "said"),
    [
        ("Date", "On {date}, {date_bs}", [("{date_bs}", "{date}")]),
        ("Date", "On {date}, {मिति}", []),  # which says the column, too
        ("Date", "{date}, {मिति वि.सं.}", [("{मिति_वि_सं}", "{date}")]),
        ("date_bs", "On {date}", [("{date}", "{date_bs}")]),
        ("मिति", "On {date|soon}", [("{date}", "{मिति}")]),
        ("Date", "On {date}", []),
        ("Date", "Dear {name}", []),
        ("Date", "On {date", []),
        ("Due date", "On {date}, {date_bs}", []),
    ],
)
def test_it_is_said_which_of_two_days_a_field_is(
    column: str, text: str, said: list[tuple[str, str]], tmp_path: Path
) -> None:
    table = table_of(SHEET.format(column), tmp_path)
    at = datetime(2026, 11, 29, tzinfo=UTC)
    found = other_days(text, table, at)
    assert [(one.key, one.other) for one in found] == said
    assert all((one.label, one.example) == (column, "2026-12-15") for one in found)
    if found:  # as the letter does
        letter = writer_for(f"{found[0].key} {found[0].other}", table)
        row = table.first_rows[0]
        assert letter.write(row.mobile, "", row.fields).text == f"{found[0].said} 2026-12-15"


def test_a_field_of_contacts_may_be_called_so_too() -> None:
    ContactField.objects.create(name="Date", key="date", kind="date")  # of an older portal
    now = day_in("{date_bs}")
    assert other_days("{date} {date_bs}", None, None) == [
        OtherDay("{date_bs}", now, "{date}", "Date", "")
    ]


def day_in(text: str) -> str:
    return writer_for(text, None).write("9841000001", "", {}).text


def test_a_day_that_no_one_knows_in_bikram_sambat_is_not_said(tmp_path: Path) -> None:
    table = table_of(SHEET.format("Date"), tmp_path)
    assert other_days("{date_bs|soon}", table, DAY) == []


def test_a_column_of_days_has_none_in_bikram_sambat(tmp_path: Path) -> None:
    for column, text, said in (
        ("Due", "{due} {due_bs}", "There is no field {due_bs}. {due} is sent as it is written."),
        ("Due_BS", "{due} {due_bs}", "There is no field {due}. Did you mean {due_bs}?"),
    ):
        with pytest.raises(InvalidText) as refused:
            read_wording(text, known_keys(table_of(SHEET.format(column), tmp_path)))
        assert refused.value.reason == said


def test_the_message_and_its_review_say_so(
    sender: Browser, gateway: Gateway, tmp_path: Path
) -> None:
    reading(gateway)
    table = table_of(SHEET.format("Date"), tmp_path, by=sender.user)
    text = "Come on {date}. {date_bs}"
    draft = draft_of(table, gateway, text)
    Campaign.objects.update(created_by=sender.user)
    said = (
        f"{{date_bs}} is the sending date, {day_of(draft, None)}. For the date in the column "
        "“Date”, such as “2026-12-15”, use {date}."
    )
    assert said in words(sender.get(draft.get_absolute_url()))
    form = {"form_uuid": str(uuid.uuid4()), "table": str(table.pk), "text": text}
    assert said in words(sender.post(reverse("messaging:measure"), form))
    form["text"] = "Come on {date}."
    assert "is the sending date" not in words(sender.post(reverse("messaging:measure"), form))
