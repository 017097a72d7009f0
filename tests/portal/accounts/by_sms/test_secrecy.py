"""What is secret in a link that is sent is known to the telephone alone."""

import logging
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from messaging.models import Batch, Campaign, Gateway
from messaging.services.sending import record
from sandbox.server import Sandbox
from tests.conftest import Browser
from tests.pages import words
from tests.portal.accounts.by_sms.support import (
    link_on,
    offer_on,
    page,
    received,
    send,
    sita,
    stored,
)
from tests.sending import claim_batch

pytestmark = pytest.mark.django_db


def test_nothing_that_is_kept_or_shown_has_the_secret(
    manager: Browser,
    shown: Any,
    gateway: Gateway,
    sandbox: Sandbox,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither while the text waits nor after it, for nobody and in no table."""
    caplog.set_level(logging.DEBUG)
    owner = Browser()
    owner.force_login(User.objects.create_superuser("owner"))
    secret = link_on(shown).removeprefix("/j/")
    send(manager, offer_on(shown))
    pages = addresses_of(Campaign.objects.get())
    waiting = [stored(), *(manager.get(address).text for address in pages)]
    assert received(sandbox, gateway) == f"/j/{secret}"
    after = [stored(), *(who.get(address).text for who in (manager, owner) for address in pages)]
    for kept in (*waiting, *after, caplog.text):
        assert secret not in kept
    assert f"http://testserver/j/{'*' * 22} Works once" in words(manager.get(pages[0]))
    assert "0 " in words(manager.get("/admin/messaging/batch/", {"q": secret}, follow=True))


def addresses_of(message: Campaign) -> list[str]:
    names = ("campaign", "campaign_recipients", "campaign_batches", "campaign_left_out")
    return [
        *(reverse(f"messaging:{name}", args=[message.pk]) for name in names),
        *("/", "/history/", page(sita()), "/record/", "/colleagues/"),
        f"/admin/messaging/campaign/{message.pk}/change/",
        f"/admin/messaging/batch/{message.batches.get().pk}/change/",
    ]


def test_a_batch_tells_the_secrets_of_its_letter(
    manager: Browser, shown: Any, gateway: Gateway
) -> None:
    send(manager, offer_on(shown))
    batch = Batch.objects.get()
    assert batch.secrets == (link_on(shown).removeprefix("/j/"),)
    assert batch.secrets[0] in batch.letter
    assert batch.secrets[0] not in batch.text
    plain = Batch(text=batch.text)
    assert not plain.secrets
    assert plain.letter == batch.text


def test_a_request_that_is_cut_anew_keeps_its_link(
    manager: Browser, shown: Any, gateway: Gateway
) -> None:
    send(manager, offer_on(shown))
    message = Campaign.objects.get()
    claim = claim_batch(message.pk)
    assert claim is not None
    record._cut_again(claim.batch, halves=False)
    assert Batch.objects.latest("id").letter == claim.batch.letter
