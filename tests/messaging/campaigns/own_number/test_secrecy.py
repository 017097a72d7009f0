"""What a code says is known to the phone alone."""

import json
import logging
import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.urls import reverse

from messaging.answers.outcomes import Outcome
from messaging.models import (
    Batch,
    Campaign,
    Gateway,
    Profile,
    SentMessage,
)
from messaging.services.sending import record
from sandbox.faults import FAULTS
from sandbox.faults.base import Fault, Received
from sandbox.faults.echoes import SPELLINGS
from sandbox.server import Sandbox
from tests.conftest import Browser
from tests.messaging.campaigns.own_number.support import (
    MINE,
    PAGE,
    ask,
    is_proved,
    other_than,
    prove,
    received,
)
from tests.pages import words
from tests.sending import claim_batch, release, send_all

pytestmark = pytest.mark.django_db


def test_nothing_that_is_kept_or_shown_has_the_code(
    sender: Browser,
    manager: Browser,
    entered: Profile,
    gateway: Gateway,
    sandbox: Sandbox,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither while the message waits nor after it, for nobody and in no table."""
    caplog.set_level(logging.DEBUG)
    owner = Browser()
    owner.force_login(User.objects.create_superuser("owner"))
    ask(sender)
    pages = addresses_of(Campaign.objects.get())
    before = {page: words(manager.get(page)) for page in pages}
    waiting = stored()
    code = received(sandbox, gateway)
    prove(sender, other_than(code))
    assert code not in waiting
    assert code not in stored()
    for browser in (sender, manager, owner):
        for page in pages:
            assert not re.search(rf"\b{code}\b", words(browser.get(page))), page
    assert not any(re.search(rf"\b{code}\b", said) for said in before.values())
    assert "****** is your code for Sociair Portal." in before[pages[0]]
    assert not re.search(rf"\b{code}\b", caplog.text)
    found = words(manager.get("/admin/messaging/batch/", {"q": code}, follow=True))
    assert "0 " in found


@pytest.mark.parametrize("how", ["plain", "json", "base64", "entities"])
def test_an_answer_that_repeats_the_code_is_not_kept(
    how: str,
    sender: Browser,
    manager: Browser,
    entered: Profile,
    gateway: Gateway,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What it proves counts all the same."""
    _says, spelt = SPELLINGS[how]

    async def repeat(call: Received) -> None:
        message = json.loads(await call.exchange.body())["message"]
        body = call.regular.body.rstrip()[:-1] + f',"debug":"{spelt(message)}"}}'.encode()
        await call.exchange.send(replace(call.regular, body=body))

    monkeypatch.setitem(FAULTS, "echo-message", Fault("echo-message", "", True, repeat))
    caplog.set_level(logging.DEBUG)
    sandbox.settings(script=["echo-message"])
    ask(sender)
    code = received(sandbox, gateway)
    call = SentMessage.objects.get()
    assert (call.outcome, call.status, call.raw) == (Outcome.ACCEPTED, 200, "")
    assert call.withheld
    assert not re.search(rf"\b{code}\b", stored() + caplog.text)
    page = reverse("messaging:campaign_batches", args=[call.batch.campaign_id])
    assert "The answer repeated a secret" in words(manager.get(page))
    prove(sender, code)
    assert is_proved(sender)


def test_an_answer_without_the_code_is_kept(
    sender: Browser, entered: Profile, gateway: Gateway, sandbox: Sandbox
) -> None:
    ask(sender)
    received(sandbox, gateway)
    call = SentMessage.objects.get()
    assert call.raw
    assert call.withheld is None


def addresses_of(campaign: Campaign) -> list[str]:
    names = ("campaign", "campaign_recipients", "campaign_batches", "campaign_left_out")
    batch = campaign.batches.get()
    return [
        *(reverse(f"messaging:{name}", args=[campaign.pk]) for name in names),
        "/",
        "/history/",
        f"/history/recipients/?q={MINE}",
        PAGE,
        f"/admin/messaging/campaign/{campaign.pk}/change/",
        f"/admin/messaging/batch/{batch.pk}/change/",
    ]


def stored() -> str:
    """Every text in every table of messages."""
    models = apps.get_app_config("messaging").get_models()
    rows = (row for model in models for row in model._default_manager.values_list())
    return "\n".join(str(value) for row in rows for value in row if isinstance(value, str | dict))


def test_the_code_hangs_on_the_secret_key(
    sender: Browser, entered: Profile, gateway: Gateway, sandbox: Sandbox, settings: Any
) -> None:
    ask(sender)
    batch = Batch.objects.get()
    letters = set()
    for secret in ("one", "two", "three"):
        settings.SECRET_KEY = secret
        letters.add(batch.letter)
    assert len(letters) > 1
    assert all(len(letter) == len(batch.text) for letter in letters)


def test_a_message_that_is_queued_again_keeps_its_code(
    sender: Browser, entered: Profile, gateway: Gateway, sandbox: Sandbox
) -> None:
    """What a busy gateway did not take goes out later, in another request of the same letter."""
    sender.post(PAGE, {"mobile": "9800000429"})
    ask(sender)
    send_all(gateway)
    assert sandbox.ledger() == []
    release(gateway)
    prove(sender, received(sandbox, gateway))
    assert is_proved(sender)


def test_a_code_is_claimed_like_any_message(
    sender: Browser, entered: Profile, gateway: Gateway
) -> None:
    ask(sender)
    claim = claim_batch(Campaign.objects.get().pk)
    assert claim is not None
    assert re.match(r"\d{6} is your code", claim.batch.letter)
    assert claim.batch.text.startswith("****** is your code")
    assert Campaign.objects.get().cost == Decimal("0.80")


def test_a_request_that_is_cut_anew_keeps_its_code(
    sender: Browser, entered: Profile, gateway: Gateway
) -> None:
    ask(sender)
    message = Campaign.objects.get()
    claim = claim_batch(message.pk)
    assert claim is not None
    record._cut_again(claim.batch, halves=False)
    assert Batch.objects.latest("id").letter == claim.batch.letter
