"""Pages call nobody: a web server needs no token, and a real one has none."""

import uuid

import pytest
from django.urls import reverse
from pytest_django import Settings

from messaging.models import Batch, BatchState, Campaign, CampaignState, Gateway
from messaging.services.gateway import holds
from sandbox.server import Sandbox
from tests.command_line import run
from tests.conftest import Browser
from tests.messaging.pages.review_support import drafts_of, send
from tests.sending import hand_over, numbers, reading, send_all

pytestmark = pytest.mark.django_db

PAGES = ["dashboard", "balance", "under_way", "compose", "drafts", "templates", "schedule"]
PAGES += ["undecided", "history", "history_recipients"]
OF_CAMPAIGN = ["campaign", "progress", "campaign_recipients", "campaign_batches"]
OF_CAMPAIGN += ["campaign_left_out", "decide"]


@pytest.fixture
def unclear(gateway: Gateway, sandbox: Sandbox) -> Campaign:
    """A campaign that waits for a decision."""
    sandbox.settings(script=["close"])
    campaign = hand_over(gateway, numbers(2))
    send_all(gateway)
    return campaign


@pytest.fixture
def no_token(unclear: Campaign, settings: Settings) -> None:
    """As in a process that serves people, beside a worker with the token."""
    settings.SANDBOX, settings.SOCIAIR_TOKEN = False, ""


def calls(sandbox: Sandbox) -> tuple[int, int]:
    return len(sandbox.requests()), sandbox._gateway.balance_requests


@pytest.mark.usefixtures("no_token")
def test_pages_work_without_a_token(manager: Browser, unclear: Campaign, sandbox: Sandbox) -> None:
    before = calls(sandbox)
    addresses = [reverse(f"messaging:{name}") for name in PAGES]
    addresses += [reverse(f"messaging:{name}", args=[unclear.pk]) for name in OF_CAMPAIGN]
    addresses += [reverse("contacts:list"), reverse("admin:index")]
    answers = {address: manager.get(address, follow=True).status_code for address in addresses}
    assert set(answers.values()) == {200}, answers
    assert calls(sandbox) == before
    assert not Gateway.objects.exclude(balance_error="").exists()  # nor has anybody tried to


@pytest.mark.usefixtures("no_token")
def test_a_message_is_sent_settled_and_released_without_a_token(
    manager: Browser, unclear: Campaign, gateway: Gateway, sandbox: Sandbox
) -> None:
    """That is, handed to the worker: nothing of it waits for Sociair."""
    manager.user.set_password("monsoon-and-marigold-7")
    manager.user.save()
    manager.force_login(manager.user)
    manager.post("/account/confirm/", {"password": "monsoon-and-marigold-7"})
    before = calls(sandbox)
    campaign = drafts_of(manager, gateway)(*numbers(3, first=50))
    reading(gateway)
    assert send(manager, campaign).status_code == 200
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.SENDING
    for name in ("pause", "resume"):
        assert manager.post(reverse(f"messaging:{name}", args=[campaign.pk])).status_code == 302
    data = {"batch": unclear.batches.get().pk, "verdict": "not_sent", "why": "Asked them."}
    manager.post(reverse("messaging:settle", args=[unclear.pk]), data)
    manager.post(reverse("messaging:release"))
    assert not Batch.objects.filter(state=BatchState.SENDING).exists()
    assert calls(sandbox) == before
    assert not Gateway.objects.exclude(balance_error="").exists()


@pytest.mark.usefixtures("no_token")
@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("send_sms", "--message", "Hello", "--to", "9841234567"), 2),
        (("sociair", "balance"), 1),
        (("worker",), 78),
    ],
    ids=lambda given: given[0] if isinstance(given, tuple) else "",
)
def test_what_calls_sociair_says_that_it_has_no_token(
    command: tuple[str, ...], code: int, gateway: Gateway, sandbox: Sandbox
) -> None:
    before = calls(sandbox)
    ended = run(*command)
    assert ended.code == code
    assert "SOCIAIR_TOKEN is not set. Put the token of your Sociair account" in (
        ended.out + ended.err
    )
    assert calls(sandbox) == before
    gateway.refresh_from_db()
    assert (gateway.balance_error, gateway.is_held) == ("", False)


@pytest.mark.usefixtures("no_token")
def test_a_call_without_a_token_is_not_made(gateway: Gateway, sandbox: Sandbox) -> None:
    """Whoever makes one all the same: nothing is sent, and it is certain that nothing was."""
    made = len(sandbox.requests())
    campaign = hand_over(gateway, numbers(2, first=70), text=f"Hello {uuid.uuid4()}")
    send_all(gateway)
    assert set(campaign.batches.values_list("state", flat=True)) == {BatchState.QUEUED}
    assert len(sandbox.requests()) == made
    assert holds.current_gateway().is_held
