"""Lists of records stay quick with millions of rows: none goes through a whole table."""

import re
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from messaging.admin import lists
from messaging.models import (
    BalanceReading,
    Batch,
    Campaign,
    Event,
    EventKind,
    Gateway,
    LeftOut,
    Recipient,
    SentMessage,
)
from tests.conftest import Browser
from tests.pages import words
from tests.queries import ADMIN
from tests.sending import hand_over, numbers, send_all

pytestmark = pytest.mark.django_db

_ROWS = 3000
_EACH = 100  # rows of a campaign
_OF_MODEL: dict[type[Any], dict[str, str]] = {
    Batch: {"state__exact": "refused", "outcome__exact": "refused"},
    SentMessage: {"outcome__exact": "refused", "http": "5"},
    Recipient: {"state__exact": "refused", "operator__exact": "other"},
    Event: {"kind__exact": "again"},
    LeftOut: {"reason__exact": "missing"},
    BalanceReading: {},
}


@pytest.fixture
def many(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Campaign:
    """Far more rows of each kind than a list looks through."""
    monkeypatch.setattr(lists, "MOST", 60)  # more than a page has
    monkeypatch.setattr(lists, "_FEW", 1)
    campaign = hand_over(gateway, [*numbers(1), "12"])
    send_all(gateway)
    now = timezone.now()
    call = SentMessage.objects.get()
    campaigns = [campaign, *_others(campaign, _ROWS // _EACH - 1)]
    fields = {"text": "x", "parts": 1, "size": 1, "cost": 1}
    batches = Batch.objects.bulk_create(
        Batch(campaign=campaigns[n // _EACH], state="accepted", outcome="accepted", **fields)
        for n in range(_ROWS)
    )
    SentMessage.objects.bulk_create(
        SentMessage(
            batch=one, gateway=gateway, attempt=1, numbers=[], outcome="accepted", status=200,
            started_at=call.started_at + timedelta(seconds=n),
        )
        for n, one in enumerate(batches)
    )  # fmt: skip
    Recipient.objects.bulk_create(
        Recipient(
            campaign=one.campaign,
            batch=one,
            mobile=f"98412{n:05d}",
            operator="ntc",
            state="accepted",
        )
        for n, one in enumerate(batches)
    )
    Event.objects.bulk_create(Event(kind=EventKind.HELD, at=now) for _n in range(_ROWS))
    LeftOut.objects.bulk_create(
        LeftOut(campaign=one.campaign, entry="x", reason="invalid", words="y") for one in batches
    )
    BalanceReading.objects.bulk_create(
        BalanceReading(gateway=gateway, balance=1, ntc_rate=1, ncell_rate=1, smartcell_rate=1)
        for _n in range(_ROWS)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return campaign


def _others(campaign: Campaign, count: int) -> list[Campaign]:
    """As many like it, handed over at the same moment."""
    others = [Campaign.objects.get(pk=campaign.pk) for _n in range(count)]
    for other in others:
        other.pk, other.form_uuid = None, uuid.uuid4()
    return Campaign.objects.bulk_create(others)


def _plans(manager: Browser, model: type[Any], asked: dict[str, str]) -> list[str]:
    """How the database goes through the table of a model for a list."""
    path = reverse(f"admin:messaging_{model._meta.model_name}_changelist")
    table, plans = model._meta.db_table, []
    with CaptureQueriesContext(connection) as queries:
        manager.get(path, asked, follow=True)
    explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    for query in queries:
        is_end = query["sql"].endswith("LIMIT 1")  # the first or the last row, by an index
        if query["sql"].startswith("SELECT") and f'FROM "{table}"' in query["sql"] and not is_end:
            with connection.cursor() as cursor:
                if connection.vendor == "postgresql":  # else it reads a table as small as this
                    cursor.execute("SET LOCAL enable_seqscan = off")
                cursor.execute(f"{explain} {query['sql'].replace('%', '%%')}")
                plans.append("\n".join(str(row[-1]) for row in cursor.fetchall()))
    assert plans
    return plans


def _goes_through_all(plan: str, model: type[Any], *, is_narrowed: bool) -> bool:
    """SQLite calls it a scan too where it takes the newest by their ids, which a limit ends."""
    table = model._meta.db_table
    if connection.vendor == "sqlite":
        scans = re.search(rf"SCAN {table}(?! USING)", plan)
        return bool(scans) if is_narrowed else "TEMP B-TREE" in plan
    return f"Seq Scan on {table}" in plan


@pytest.mark.parametrize("model", _OF_MODEL, ids=lambda model: str(model.__name__))
def test_no_list_goes_through_a_whole_table(
    model: type[Any], manager: Browser, many: Campaign
) -> None:
    assert [
        plan
        for plan in _plans(manager, model, {})
        if _goes_through_all(plan, model, is_narrowed=False)
    ] == []
    today = timezone.localdate()
    narrowed = [{"day": f"{today:%Y}"}, {"q": "zzzz"}, {"day": f"{today}", "q": "zzzz"}]
    if model is not BalanceReading:  # which has no words and no states of its own
        narrowed += [{name: value} for name, value in _OF_MODEL[model].items()]
    if model not in (Event, LeftOut, BalanceReading):
        narrowed += [{"q": "9841200042"}]
    for asked in narrowed:
        for plan in _plans(manager, model, asked):
            assert not _goes_through_all(plan, model, is_narrowed=True), (asked, plan)


def test_words_are_looked_for_among_the_newest_and_those_of_days(
    manager: Browser, many: Campaign
) -> None:
    path = reverse("admin:messaging_batch_changelist")
    first = Batch.objects.earliest("id")
    Batch.objects.filter(pk=first.pk).update(text="needle")
    assert not manager.get(path, {"q": "needle"}, follow=True).context["cl"].result_list
    last = Batch.objects.latest("id")
    Batch.objects.filter(pk=last.pk).update(text="needle")
    found = manager.get(path, {"q": "needle"}, follow=True).context["cl"].result_list
    assert list(found) == [last]
    # Of the day on which the first campaign was handed over, though others came after it.
    day = timezone.now() - timedelta(days=400)
    Campaign.objects.filter(pk=many.pk).update(sent_at=day)
    Batch.objects.filter(pk=last.pk).update(text="x")
    theirs = many.batches.latest("id")
    assert theirs.pk < last.pk
    Batch.objects.filter(pk__in=[first.pk, theirs.pk]).update(text="needle")
    asked = {"day": f"{timezone.localtime(day):%Y-%m-%d}", "q": "needle"}
    found = manager.get(path, asked, follow=True).context["cl"].result_list
    assert list(found) == [theirs]  # the first is not among the newest of that day
    assert not manager.get(path, asked | {"day": "7"}, follow=True).context["cl"].result_list


def _noon() -> datetime:
    day = timezone.localtime() - timedelta(days=30)
    return day.replace(hour=12, minute=0, second=0, microsecond=0)


def _found(manager: Browser, model: type[Any], **asked: str) -> set[Any]:
    path = reverse(f"admin:messaging_{model._meta.model_name}_changelist")
    return set(manager.get(path, asked, follow=True).context["cl"].result_list)


@pytest.fixture
def against_their_keys(gateway: Gateway) -> list[Campaign]:
    """Two of one day: what the one handed over first has comes after what the other has."""
    both = [hand_over(gateway, [*numbers(2, first=first), "12"]) for first in (1000, 2000)]
    send_all(gateway)
    for campaign, seconds in zip(both, (20, 0), strict=True):
        moment = _noon() + timedelta(seconds=seconds)
        Campaign.objects.filter(pk=campaign.pk).update(sent_at=moment)
        # As a call that waits long for its answer: begun first, and written last.
        SentMessage.objects.filter(batch__campaign=campaign).update(started_at=moment)
    return both


@pytest.mark.parametrize("model", [Campaign, Batch, SentMessage, Recipient, LeftOut])
def test_a_day_has_all_its_rows_whatever_the_order_of_their_keys(
    model: type[Any], manager: Browser, against_their_keys: list[Campaign]
) -> None:
    rows = set(model.objects.all())
    assert len(rows) >= 2
    for days in (f"{_noon():%Y-%m-%d}", f"{_noon():%Y-%m}"):
        assert _found(manager, model, day=days) == rows


@pytest.mark.parametrize("model", [Campaign, SentMessage])
def test_the_newest_of_a_day_are_those_with_the_last_moments(
    model: type[Any],
    manager: Browser,
    against_their_keys: list[Campaign],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lists, "MOST", 1)
    newest = model.objects.earliest("id")
    assert _found(manager, model, day=f"{_noon():%Y-%m-%d}") == {newest}


def test_a_batch_that_was_cut_again_much_later_hides_none_of_its_day(
    manager: Browser, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "MOST", 4)
    campaign = hand_over(gateway, numbers(2))
    send_all(gateway)
    Campaign.objects.update(sent_at=_noon())
    batch = campaign.batches.get()
    other, _another = _others(campaign, 2)
    Campaign.objects.filter(pk=other.pk).update(sent_at=timezone.now())
    fields = {"text": "x", "parts": 1, "size": 1, "cost": 1}
    Batch.objects.bulk_create(Batch(campaign=other, **fields) for _n in range(10))
    again = Batch.objects.create(campaign=campaign, **fields)
    assert _found(manager, Batch, day=f"{_noon():%Y-%m-%d}") == {batch, again}


def test_a_number_is_found_among_all(manager: Browser, many: Campaign) -> None:
    recipient = Recipient.objects.earliest("id")
    for model in (Recipient, Batch, SentMessage, Campaign):
        path = reverse(f"admin:messaging_{model._meta.model_name}_changelist")
        found = manager.get(path, {"q": recipient.mobile}, follow=True).context["cl"].result_list
        assert len(found) == 1, model


def test_days_reach_back_to_the_first(manager: Browser, many: Campaign) -> None:
    Campaign.objects.filter(pk=many.pk).update(sent_at=timezone.now() - timedelta(days=800))
    this_year = timezone.localdate().year
    asked = {"day": f"{this_year - 1}-02"}
    page = manager.get(reverse("admin:messaging_batch_changelist"), asked)
    days = next(spec for spec in page.context["cl"].filter_specs if spec.title == "day")
    shown = [str(label) for _value, label in days.lookup_choices]
    assert str(this_year - 2) in shown
    assert f"February {this_year - 1}" in shown
    assert sum(f"Feb {this_year - 1}" in one for one in shown) in (28, 29), shown


@pytest.mark.parametrize("model", [Campaign, Batch])
def test_years_reach_back_to_a_first_draft_that_was_handed_over_last(
    model: type[Any], manager: Browser, against_their_keys: list[Campaign]
) -> None:
    late, early = against_their_keys
    Campaign.objects.filter(pk=late.pk).update(sent_at=timezone.now())
    Campaign.objects.filter(pk=early.pk).update(sent_at=timezone.now() - timedelta(days=800))
    page = manager.get(reverse(f"admin:messaging_{model._meta.model_name}_changelist"))
    days = next(spec for spec in page.context["cl"].filter_specs if spec.title == "day")
    assert str(timezone.localdate().year - 2) in [str(label) for _day, label in days.lookup_choices]


def test_a_list_says_that_there_are_more_than_it_counts(manager: Browser, many: Campaign) -> None:
    path = reverse("admin:messaging_batch_changelist")
    assert "60 or more requests" in words(manager.get(path))
    asked = {"state__exact": "refused"}
    Batch.objects.filter(pk=Batch.objects.latest("id").pk).update(state="refused")
    found = words(manager.get(path, asked))
    assert "1 request" in found
    assert "or more" not in found


@pytest.mark.parametrize("model", _OF_MODEL, ids=lambda model: str(model.__name__))
def test_a_list_makes_few_queries(model: type[Any], manager: Browser, many: Campaign) -> None:
    path = reverse(f"admin:messaging_{model._meta.model_name}_changelist")
    manager.get(path)
    with CaptureQueriesContext(connection) as queries:
        manager.get(path)
    assert len(queries) <= ADMIN + 5
