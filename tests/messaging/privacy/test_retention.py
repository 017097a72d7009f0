"""What is old goes, a little at a time; what is under way, undecided or in doubt never does."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from contacts.models import ContactImport, ImportState, RejectedRow
from messaging.models import (
    Batch,
    Campaign,
    CampaignState,
    Gateway,
    LeftOut,
    RecipientTable,
    RetentionDay,
    SentMessage,
    TableRow,
)
from messaging.services.audience import tables
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import drafts
from messaging.services.campaigns.follow_ups import can_be_followed
from messaging.services.privacy import retention, rules
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.models import Entry
from sociair_portal.audit.record import record
from tests.factories import OptOutFactory
from tests.sending import hand_over, numbers, send_all

pytestmark = pytest.mark.django_db

LONG_AGO = timezone.now() - timedelta(days=400)
SETTINGS = ("TEXTS", "ANSWERS", "LEFT_OUT", "TABLES", "DRAFTS", "VISITS")


@pytest.fixture(autouse=True)
def a_year(settings: Settings, db: None) -> None:
    for name in SETTINGS:
        setattr(settings, f"KEEP_{name}_MONTHS", 12)
    RetentionDay.objects.create(day=timezone.localdate() - timedelta(days=1), is_over=True)


def aged(campaign: Campaign, at: datetime = LONG_AGO) -> Campaign:
    Campaign.objects.filter(pk=campaign.pk).update(answered_at=at, sent_at=at, saved_at=at)
    SentMessage.objects.filter(batch__campaign=campaign).update(started_at=at)
    campaign.refresh_from_db()
    return campaign


def sent(gateway: Gateway) -> Campaign:
    OptOutFactory.create(mobile="9851000001")
    campaign = hand_over(gateway, ["9841000001", "9851000001"])
    send_all(gateway)
    return campaign


def test_old_texts_answers_and_entries_go_and_what_it_cost_stays(gateway: Gateway) -> None:
    campaign = aged(sent(gateway))
    Campaign.objects.filter(pk=campaign.pk).update(own_title="About Sita")
    before = (campaign.total, campaign.accepted, campaign.cost)

    retention.remove_old()

    campaign.refresh_from_db()
    assert (campaign.total, campaign.accepted, campaign.cost) == before
    assert (campaign.text, campaign.title) == ("", "The text has been removed.")
    assert Batch.objects.get().text == ""
    call = SentMessage.objects.get()
    assert (call.raw, call.numbers) == ("", ["9841000001"])
    left_out = LeftOut.objects.get()
    assert (left_out.entry, left_out.words, left_out.reason) == ("", "Opted out", "opted_out")


def test_nothing_goes_unless_a_setting_says_so(gateway: Gateway, settings: Settings) -> None:
    for name in SETTINGS:
        setattr(settings, f"KEEP_{name}_MONTHS", 0)
    campaign = aged(sent(gateway))

    retention.remove_old()

    campaign.refresh_from_db()
    assert campaign.text
    assert retention.is_over()
    assert not RetentionDay.objects.filter(day=timezone.localdate()).exists()


def test_what_is_younger_stays(gateway: Gateway) -> None:
    campaign = aged(sent(gateway), timezone.now() - timedelta(days=360))

    retention.remove_old()

    campaign.refresh_from_db()
    assert campaign.text
    assert SentMessage.objects.get().raw


@pytest.mark.parametrize(
    "change",
    [
        {"state": CampaignState.PAUSED},
        {"unconfirmed": 1, "accepted": 0},
        {"doubted_at": LONG_AGO},
    ],
)
def test_what_is_open_undecided_or_in_doubt_is_never_old(
    gateway: Gateway, change: dict[str, object]
) -> None:
    campaign = aged(sent(gateway))
    Campaign.objects.filter(pk=campaign.pk).update(**change)

    retention.remove_old()

    campaign.refresh_from_db()
    assert campaign.text
    assert SentMessage.objects.get().raw
    assert LeftOut.objects.get().entry


def test_the_same_text_is_found_as_long_as_it_must_not_go_out_twice(
    gateway: Gateway, settings: Settings
) -> None:
    campaign = aged(sent(gateway))
    settings.SAME_TEXT_HOURS = 24 * 500

    retention.remove_old()

    campaign.refresh_from_db()
    assert campaign.text


def test_nobody_sends_a_text_again_that_is_gone(gateway: Gateway) -> None:
    campaign = hand_over(gateway, numbers(2))
    campaign.recipients.update(state="refused")
    Campaign.objects.update(state=CampaignState.DONE, pending=0, refused=2)
    campaign.refresh_from_db()
    assert can_be_followed(campaign)
    aged(campaign)

    retention.remove_old()

    campaign.refresh_from_db()
    assert not can_be_followed(campaign)


def test_a_table_goes_when_every_message_to_it_is_long_over(gateway: Gateway) -> None:
    old, needed = (
        RecipientTable.objects.create(
            file_name="a.csv",
            columns=[["number", "Number"]],
            number_key="number",
            is_complete=True,
            created_at=LONG_AGO,
        )
        for _table in range(2)
    )
    for table in (old, needed):
        TableRow.objects.create(table=table, line=2, mobile="9841000001", fields={"a": "b"})
    over = hand_over(gateway, Audience(table=str(old.pk)))
    hand_over(gateway, Audience(table=str(needed.pk)), text="Later")
    send_all(gateway)
    aged(over)

    retention.remove_old()

    assert [row.table for row in TableRow.objects.all()] == [needed]
    assert tables.find(str(old.pk)) is None


def test_old_drafts_rejected_rows_and_visits_go(gateway: Gateway) -> None:
    old = aged(drafts.begin("Old", Audience(), by=None, gateway=gateway))
    young = drafts.begin("Young", Audience(), by=None, gateway=gateway)
    over, running = (
        ContactImport.objects.create(file_name="a", kind="csv", state=state)
        for state in (ImportState.DONE, ImportState.RUNNING)
    )
    ContactImport.objects.update(created_at=LONG_AGO)
    for source in (over, running):
        RejectedRow.objects.create(source=source, line=1, entry="x", reason="y")
    for deed in (Deed.SIGNED_IN, Deed.EXPORTED):
        entry = record(deed)
        entry.pk = None
        entry.timestamp = LONG_AGO
        entry.save(force_insert=True)

    retention.remove_old()

    assert list(Campaign.objects.all()) == [young]
    assert old.pk
    assert [row.source for row in RejectedRow.objects.all()] == [running]
    deeds = list(Entry.objects.exclude(deed="").order_by("deed").values_list("deed", flat=True))
    assert deeds == ["exported", "exported", "signed_in", "swept"]


def test_it_is_recorded_once_a_day_with_counts(gateway: Gateway) -> None:
    aged(sent(gateway))

    retention.remove_old()
    retention.remove_old()

    entry = Entry.objects.get(deed=Deed.SWEPT)
    day = f"{timezone.localdate():%Y-%m-%d}"
    assert entry.additional_data == {"day": day, "texts": 2, "answers": 1, "left_out": 1}


def test_it_stops_when_it_is_told_and_goes_on_another_time(gateway: Gateway) -> None:
    campaign = aged(sent(gateway))

    retention.remove_old(go_on=lambda: False)
    campaign.refresh_from_db()
    assert campaign.text
    assert not retention.is_over()

    retention.remove_old()
    assert retention.is_over()
    assert Entry.objects.filter(deed=Deed.SWEPT).count() == 1


def test_the_outlook_says_what_would_go_now(gateway: Gateway) -> None:
    aged(sent(gateway))

    seen = {one.rule.name: one.count for one in retention.outlook()}

    assert seen == dict.fromkeys(seen, 0) | {"texts": 1, "answers": 1, "left_out": 1}


def test_a_month_is_the_same_day_of_another_month(monkeypatch: pytest.MonkeyPatch) -> None:
    last_of_march = timezone.now().replace(year=2026, month=3, day=31)
    monkeypatch.setattr(timezone, "now", lambda: last_of_march)

    assert rules.months_ago(1) == last_of_march.replace(month=2, day=28)
    assert rules.months_ago(15) == last_of_march.replace(year=2024, month=12, day=31)


@pytest.mark.parametrize("days", [None, 8])
def test_nothing_goes_on_the_first_day_or_after_a_leap_of_the_clock(
    gateway: Gateway, days: int | None
) -> None:
    RetentionDay.objects.all().delete()
    if days is not None:
        RetentionDay.objects.create(day=timezone.localdate() - timedelta(days=days), is_over=True)
    campaign = aged(sent(gateway))

    retention.remove_old()

    campaign.refresh_from_db()
    assert campaign.text
    assert retention.is_over()
    assert not Entry.objects.filter(deed=Deed.SWEPT).exists()
