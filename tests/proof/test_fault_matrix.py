"""Every fault of the gateway, for few and many recipients, one and four senders at once.

The ledger is the judge: no number billed twice, none without a state, none `accepted` that is not
in the ledger, none `refused`, `not_sent` or `cancelled` that is.
"""

import threading
from itertools import product

import pytest
from django.db import connections
from pytest_django import Settings

from messaging import tasks
from messaging.models import Batch, BatchState, Campaign, CampaignState, Gateway
from sandbox.faults import FAULTS
from sandbox.server import Sandbox
from tests.proof.person import look_after
from tests.sending import check_books, hand_over, numbers

pytestmark = pytest.mark.django_db(transaction=True)

# Faults after which nobody can know: each also happens to a gateway that bills, or does not.
UNCLEAR = [
    *("hang", "close", "reset", "reset-within", "cut-headers", "cut"),
    *("interim-forever", "interim-late", "answered-twice", "switching"),
    *("two-lengths", "length-and-chunks", "until-close", "chunked-cut"),
    *("html", "empty", "huge", "not-utf8", "utf-16", "list", "half", "duplicate-keys", "deep"),
    *("500", "502", "503", "408", "redirect"),
    *("counts-short", "counts-over", "counts-true", "counts-nan", "counts-missing"),
    *("success-invalid", "invalid-foreign", "unknown-words", "no-words", "sorry-counted"),
    *("queued-422", "sent-balance"),
]
ALL = [
    *FAULTS,
    *(f"{name}:{'unbilled' if FAULTS[name].bills else 'billed'}" for name in UNCLEAR),
]
SIZES = [(people, senders) for people, senders in product((1, 50, 500), (1, 4))]


def _cases() -> list[object]:
    """All of them; those of `make test` take every fault once, and every size in turn."""
    return [
        pytest.param(
            fault,
            *size,
            id=f"{fault}-{size[0]}-{size[1]}",
            marks=() if turn % len(SIZES) == place else pytest.mark.long,
        )
        for turn, fault in enumerate(ALL)
        for place, size in enumerate(SIZES)
    ]


@pytest.mark.parametrize(("fault", "people", "senders"), _cases())
def test_no_fault_bills_twice_or_loses_a_message(
    fault: str, people: int, senders: int, gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_TOTAL_TIMEOUT = 0.5
    campaign = hand_over(gateway, numbers(people))
    sandbox.settings(
        script=[fault], chances={fault: 0.3}, seed=people * senders, slow=0.1, retry_after=1
    )
    for _time in range(100):
        _send(senders)
        campaign.refresh_from_db()
        if campaign.state == CampaignState.DONE:
            break
        look_after(gateway)
    assert campaign.state == CampaignState.DONE
    assert sandbox.requests()[0].fault == fault
    _check(campaign, sandbox)


def _send(senders: int) -> None:
    """The worker's own sender, in so many threads, until nothing more can be claimed."""
    running = [threading.Thread(target=_one_sender) for _sender in range(senders)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()


def _one_sender() -> None:
    try:
        tasks.send.call_local()
    finally:
        connections.close_all()


def _check(campaign: Campaign, sandbox: Sandbox) -> None:
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert campaign.pending == 0
    left = [BatchState.QUEUED, BatchState.SENDING]
    assert not Batch.objects.filter(campaign=campaign, state__in=left).exists()
