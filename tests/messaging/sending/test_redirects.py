"""A redirect is an answer like any other: never followed, read to its limit, and kept."""

import pytest

from messaging.answers.classification import MOST_BYTES
from messaging.answers.outcomes import Outcome
from messaging.models import Batch, BatchState, Gateway, SentMessage
from messaging.services.sending import dispatch
from sandbox.faults import FAULTS
from sandbox.faults.base import fixed
from sandbox.server import Sandbox
from sandbox.wire import html_answer
from tests.sending import check_books, hand_over, numbers

pytestmark = pytest.mark.django_db


def _redirect(monkeypatch: pytest.MonkeyPatch, to: str, body: str, *, bills: bool) -> str:
    """A fault of the sandbox's for one test."""
    answer = html_answer(302, body, {"Location": to})
    monkeypatch.setitem(FAULTS, "redirect-with-a-body", fixed("", "", answer, bills=bills))
    return "redirect-with-a-body"


@pytest.mark.parametrize(
    ("to", "outcome", "state"),
    [
        ("/login", Outcome.TOKEN_REFUSED, BatchState.QUEUED),
        ("/elsewhere", Outcome.SERVER_ERROR, BatchState.UNCONFIRMED),
    ],
)
def test_a_redirect_is_kept_and_never_followed(
    to: str,
    outcome: Outcome,
    state: BatchState,
    gateway: Gateway,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    campaign = hand_over(gateway, numbers(2))
    sandbox.settings(script=[_redirect(monkeypatch, to, "Go <b>there</b>", bills=False)])
    dispatch.send_next(gateway)
    row = SentMessage.objects.get()
    assert (row.outcome, row.status, row.raw) == (outcome, 302, "Go <b>there</b>")
    assert Batch.objects.get().state == state
    assert len(sandbox.requests()) == 1
    check_books(campaign, [])


def test_a_redirect_with_a_word_of_success_is_unconfirmed(
    gateway: Gateway, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = hand_over(gateway, numbers(2))
    said = '{"message": "Success! SMS has been sent", "ntc": 1, "ncell": 1}'
    sandbox.settings(script=[_redirect(monkeypatch, "/login", said, bills=True)])
    dispatch.send_next(gateway)
    assert Batch.objects.get().state == BatchState.UNCONFIRMED
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))


def test_a_long_redirect_is_read_up_to_its_limit(
    gateway: Gateway, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_over(gateway, numbers(2))
    sandbox.settings(script=[_redirect(monkeypatch, "/elsewhere", "x" * 1_000_000, bills=False)])
    dispatch.send_next(gateway)
    row = SentMessage.objects.get()
    assert (row.outcome, len(row.raw)) == (Outcome.SERVER_ERROR, MOST_BYTES)
