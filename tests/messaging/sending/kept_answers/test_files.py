"""The file that an answer is kept in: whole, its owner's alone, and without the token."""

import dataclasses
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from contacts.phone import Operator
from messaging.answers.outcomes import Answer, Outcome
from messaging.models import Batch, Gateway
from messaging.services import sociair
from messaging.services.sending import kept_answers
from sandbox.server import Sandbox
from tests.messaging.sending.kept_answers.support import LOCKED, send_and_leave
from tests.sending import hand_over, numbers

pytestmark = pytest.mark.django_db


def test_a_kept_answer_is_readable_by_its_owner_alone(left: Path) -> None:
    assert stat.S_IMODE(left.stat().st_mode) == 0o600
    assert stat.S_IMODE(left.parent.stat().st_mode) == 0o700
    assert [path.name for path in left.parent.iterdir()] == [left.name]


def test_a_kept_answer_holds_no_token(
    gateway: Gateway,
    sandbox: Sandbox,
    settings: Settings,
    broken: Callable[[Exception | None], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.SOCIAIR_TOKEN = "12|secret0123456789"
    sandbox.settings(token=settings.SOCIAIR_TOKEN)
    hand_over(gateway, numbers(1))
    broken(LOCKED)
    assert settings.SOCIAIR_TOKEN not in send_and_leave(gateway, monkeypatch).read_text()


def test_all_of_a_kept_answer_comes_back(gateway: Gateway) -> None:
    hand_over(gateway, numbers(1))
    batch = Batch.objects.get()
    batch.claimed_at = timezone.now()
    answer = Answer(
        outcome=Outcome.MISCOUNTED,
        status=200,
        error="OSError",
        words="नमस्ते",
        raw='{"ntc": 1} \x00 \ud800',
        counts={Operator.NTC: 1, Operator.NCELL: 0},
        invalid=frozenset({"9841234567"}),
        retry_after=1.5,
        withheld=12,
    )
    plain = Answer(outcome=Outcome.MISCOUNTED)
    for each in dataclasses.fields(Answer):
        if each.name != "outcome":
            assert getattr(answer, each.name) != getattr(plain, each.name)
    sent = sociair.Sent(batch, ["9841234567"], answer, timezone.now(), timezone.now())
    file = kept_answers.keep(sent)
    found = file.read()
    assert found.answer == answer
    assert (found.started_at, found.ended_at) == (sent.started_at, sent.ended_at)
    assert (found.batch, found.claimed_at, found.numbers) == (
        batch.pk,
        batch.claimed_at,
        sent.numbers,
    )
