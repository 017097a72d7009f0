"""A kept answer is recorded as it arrived, once, or set aside."""

import json
import os
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError
from django.utils import timezone
from pytest_django import Settings

from messaging.answers.outcomes import Outcome
from messaging.models import Batch, Campaign, Event, EventKind, Gateway, SentMessage, Verdict
from messaging.services.audience.choice import Audience
from messaging.services.decisions import settlement
from messaging.services.gateway import holds
from messaging.services.privacy import erasing
from messaging.services.sending import kept_answers, persistence, upkeep
from messaging.services.storage import trouble
from sandbox.server import Sandbox
from sociair_portal.common.request_ids import on_behalf_of
from tests.factories import ContactFactory
from tests.messaging.sending.kept_answers.support import LOCKED, give_up, send_and_leave
from tests.sending import check_books, hand_over, numbers, states

pytestmark = pytest.mark.django_db


def test_the_sweep_records_a_kept_answer_as_it_arrived(
    left: Path, gateway: Gateway, sandbox: Sandbox
) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Batch.objects.update(deadline=past)  # it is recorded before anything is given up
    upkeep.sweep(gateway)
    assert not left.exists()
    campaign = Campaign.objects.get()
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert (campaign.accepted, campaign.unconfirmed) == (2, 0)
    row = SentMessage.objects.get()
    assert (row.outcome, row.status, sorted(row.numbers)) == (
        Outcome.ACCEPTED,
        200,
        sorted(numbers(2)),
    )
    assert row.cost == campaign.cost == Decimal("1.60")
    assert row.started_at < row.ended_at
    assert trouble.current() is None


@pytest.mark.parametrize("key", ["the same", "another"])
def test_a_late_file_does_not_write_down_who_was_forgotten(
    left: Path, gateway: Gateway, settings: Settings, key: str
) -> None:
    """The file is of before the erasure, which was over when it was recorded."""
    gone, stays = numbers(2)
    content = json.loads(left.read_bytes())
    content["answer"] |= {"raw": f'{{"sent": ["+977 {gone}", "{stays}"]}}', "words": f"See {gone}"}
    left.write_text(json.dumps(content))
    give_up(gateway)
    campaign = Campaign.objects.get()
    settlement.settle(campaign, [Batch.objects.get().pk], Verdict.ACCEPTED, by=None, why="Asked.")
    assert erasing.go_on_with(erasing.begin(gone, by=None, reason=""))
    if key == "another":
        settings.FINGERPRINT_KEY = "another"

    persistence.catch_up(gateway)

    assert not left.exists()
    call = SentMessage.objects.get()
    assert (call.outcome, call.status) == (Outcome.ACCEPTED, 200)
    kept = str(list(SentMessage.objects.values()) + list(Batch.objects.values()))
    assert gone not in kept
    if key == "the same":
        assert sorted(call.numbers) == ["#", stays]
        assert call.raw == f'{{"sent": ["(number removed)", "{stays}"]}}'


def test_a_late_file_does_not_write_down_the_letter_of_who_was_forgotten(
    gateway: Gateway,
    broken: Callable[[Exception | None], None],
    monkeypatch: pytest.MonkeyPatch,
    state_dir: Path,
) -> None:
    """An answer that repeats her letter has her name, and went to nobody else."""
    gone = numbers(1)[0]
    sita = ContactFactory.create(name="Sita Unlike", mobile=gone)
    hand_over(gateway, Audience(contacts=(sita.pk,)), text="Dear {name}, come at 7.")
    broken(LOCKED)
    send_and_leave(gateway, monkeypatch)
    broken(None)
    [left] = kept_answers.waiting()
    content = json.loads(left.read_bytes())
    content["answer"] |= {"raw": '{"text": "Dear Sita Unlike, come at 7."}'}
    left.write_text(json.dumps(content))
    give_up(gateway)
    campaign = Campaign.objects.get()
    settlement.settle(campaign, [Batch.objects.get().pk], Verdict.ACCEPTED, by=None, why="Asked.")
    assert erasing.go_on_with(erasing.begin(gone, by=None, reason=""))

    persistence.catch_up(gateway)

    call = SentMessage.objects.get()
    assert (call.outcome, call.numbers, call.raw) == (Outcome.ACCEPTED, ["#"], "")


def test_the_sweep_queues_again_what_a_file_says_was_not_sent(
    gateway: Gateway,
    sandbox: Sandbox,
    broken: Callable[[Exception | None], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Given up first, it would be unconfirmed: a late answer never queues."""
    campaign = hand_over(gateway, numbers(2))
    sandbox.settings(script=["429"])
    broken(LOCKED)
    send_and_leave(gateway, monkeypatch)
    broken(None)
    Batch.objects.update(deadline=timezone.now() - timedelta(seconds=1))
    upkeep.sweep(gateway)
    assert set(states(campaign).values()) == {"queued"}
    assert SentMessage.objects.get().outcome == Outcome.THROTTLED


def test_what_a_kept_answer_brings_about_has_the_name_of_its_click(
    gateway: Gateway,
    broken: Callable[[Exception | None], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with on_behalf_of("click"):
        hand_over(gateway, numbers(2))
    broken(LOCKED)
    send_and_leave(gateway, monkeypatch)
    broken(None)
    persistence.catch_up(gateway)
    assert Event.objects.get(kind=EventKind.DONE).request_id == "click"


def test_a_kept_answer_counts_for_a_batch_given_up(
    left: Path, gateway: Gateway, sandbox: Sandbox
) -> None:
    give_up(gateway)
    persistence.catch_up(gateway)
    campaign = Campaign.objects.get()
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert campaign.accepted == 2


def test_a_kept_answer_is_recorded_once(left: Path, gateway: Gateway) -> None:
    again = left.read_bytes()
    persistence.catch_up(gateway)
    left.write_bytes(again)  # deleted by nobody: the power failed after the commit
    persistence.catch_up(gateway)
    assert not left.exists()
    assert SentMessage.objects.count() == 1
    assert Campaign.objects.get().accepted == 2


def test_a_kept_answer_in_use_is_not_taken(left: Path, gateway: Gateway) -> None:
    (held,) = kept_answers.take()
    persistence.catch_up(gateway)
    assert left.exists()
    assert not SentMessage.objects.exists()
    held.leave()
    persistence.catch_up(gateway)
    assert not left.exists()


def test_a_kept_answer_not_renamed_yet_is_found(left: Path, gateway: Gateway) -> None:
    """Killed before the last step: it is whole all the same."""
    early = left.rename(left.with_suffix(".tmp"))
    persistence.catch_up(gateway)
    assert early.exists()  # it may be being written
    os.utime(early, (0, 0))
    persistence.catch_up(gateway)
    assert not early.exists()
    assert Campaign.objects.get().accepted == 2


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"batch": 1}', b"\xff"])
def test_a_torn_file_is_set_aside(
    content: bytes, left: Path, gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    left.write_bytes(content)
    for _sweep in range(2):
        persistence.catch_up(gateway)
    assert left.with_suffix(".torn").read_bytes() == content
    assert caplog.text.count("was set aside: it is torn") == 1
    assert kept_answers.set_aside() == 1
    assert not SentMessage.objects.exists()


def test_a_torn_file_does_not_keep_the_others(left: Path, gateway: Gateway) -> None:
    left.with_name(left.name.replace("-2", "-1", 1)).write_bytes(b"")
    persistence.catch_up(gateway)
    assert not left.exists()
    assert Campaign.objects.get().accepted == 2


@pytest.mark.parametrize("changes", [{"pk": 10**6}, {"claimed_at": None}, {"tries": 2}])
def test_a_claim_that_a_restored_database_does_not_know_is_set_aside(
    changes: dict[str, Any],
    left: Path,
    gateway: Gateway,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Its batch's number may be another batch's by now."""
    if "pk" in changes:
        left.write_text(left.read_text().replace('"batch": ', '"batch": 1000000'))
    else:
        Batch.objects.update(**changes)
    for _sweep in range(2):
        persistence.catch_up(gateway)
    assert left.with_suffix(".unknown").exists()
    assert caplog.text.count("was set aside: it is unknown") == 1
    assert not SentMessage.objects.exists()
    assert set(states(Campaign.objects.get()).values()) == {"sending"}


def test_a_kept_answer_of_another_portal_is_left_alone(
    left: Path, gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    """Two portals may share a folder."""
    left.write_text(left.read_text().replace(gateway.base_url, "https://elsewhere.example/api"))
    for _sweep in range(2):
        persistence.catch_up(gateway)
    assert left.exists()
    assert caplog.text.count("it is another gateway's") == 1


def test_a_kept_answer_of_a_former_gateway_is_recorded(left: Path, settings: Settings) -> None:
    settings.SOCIAIR_BASE_URL = "https://elsewhere.example/api"
    persistence.catch_up(holds.current_gateway())
    assert not left.exists()
    assert Campaign.objects.get().accepted == 2


def test_a_kept_answer_that_the_database_refuses_waits(
    left: Path, gateway: Gateway, broken: Callable[[Exception | None], None]
) -> None:
    broken(DatabaseError("no"))
    persistence.catch_up(gateway)
    assert left.exists()
    broken(None)
    persistence.catch_up(gateway)
    assert not left.exists()
    assert SentMessage.objects.count() == 1


def test_a_missing_folder_of_kept_answers_is_no_trouble(
    gateway: Gateway, settings: Settings
) -> None:
    settings.STATE_DIR = Path("/nowhere")
    persistence.catch_up(gateway)
    settings.STATE_DIR = Path(os.devnull)
    persistence.catch_up(gateway)
