"""The receipt waits for a fresh balance, and says what it lacks."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from messaging.models import BalanceReading, CampaignState, Gateway
from messaging.services import sociair
from messaging.services.money import balance
from sandbox.server import Sandbox
from tests.conftest import Browser
from tests.messaging.pages.review_support import Draft, drafts_of, signed, url
from tests.pages import source, words
from tests.sending import reading
from tests.woken import OnCommit, woken

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(sender: Browser, gateway: Gateway) -> Draft:
    return drafts_of(sender, gateway)


def test_the_review_waits_for_a_fresh_balance(
    sender: Browser,
    draft: Draft,
    gateway: Gateway,
    django_capture_on_commit_callbacks: OnCommit,
) -> None:
    campaign = draft("9801234567")
    Gateway.objects.update(swept_at=timezone.now())
    tasks = woken(django_capture_on_commit_callbacks, lambda: sender.get(url(campaign)))
    assert tasks == ["read_balance"]
    shown = sender.get(url(campaign))
    assert "Reading the balance…" in words(shown)
    assert "Check again" in words(shown)
    assert "Send to" not in words(shown)
    assert 'hx-trigger="every 1s"' in source(shown)
    balance.read_balance(gateway)
    assert "Send to 1 person" in words(sender.get(url(campaign)))


def test_a_send_by_an_old_balance_comes_back(
    sender: Browser, draft: Draft, gateway: Gateway
) -> None:
    campaign = draft("9801234567")
    reading(gateway)
    data = {"signed": signed(sender, campaign)}
    BalanceReading.objects.update(
        asked_at=timezone.now() - timedelta(seconds=61),
        read_at=timezone.now() - timedelta(seconds=61),
    )
    response = sender.post(url(campaign), data, follow=True)
    assert response.redirect_chain == [(url(campaign), 302)]
    assert "Refreshing the balance. Press Send again in a few seconds." in words(response)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.DRAFT


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [("token", "Sociair refused the token."), ("down", "Sociair cannot be reached.")],
)
def test_the_review_says_why_there_is_no_balance(
    fault: str,
    sentence: str,
    sender: Browser,
    draft: Draft,
    gateway: Gateway,
    sandbox: Sandbox,
    settings: Settings,
) -> None:
    campaign = draft("9801234567")
    if fault == "token":
        settings.SOCIAIR_TOKEN = "wrong"
    else:
        sandbox.stop()
    with pytest.raises(sociair.BalanceUnknown):
        balance.read_balance(gateway)
    shown = sender.get(url(campaign))
    assert sentence in words(shown)
    assert "The message is kept as a draft" in words(shown)
    assert "School is closed." in words(shown)
    assert "Send to" not in words(shown)
    assert 'hx-trigger="every 5s"' in source(shown)


def test_the_review_says_that_the_worker_is_silent(
    sender: Browser, draft: Draft, gateway: Gateway
) -> None:
    Gateway.objects.update(swept_at=timezone.now() - timedelta(minutes=4))
    assert "The worker is not running, so the balance cannot be read" in words(
        sender.get(url(draft("9801234567")))
    )


def test_the_review_says_what_the_balance_lacks(
    sender: Browser, draft: Draft, gateway: Gateway
) -> None:
    campaign = draft("9801234567", "9811234567")
    reading(gateway, amount="1.00")
    shown = sender.get(url(campaign))
    assert "The balance is not enough: Rs 0.60 more is needed." in words(shown)
    assert "Send to" not in words(shown)
    response = sender.post(url(campaign), {"signed": shown.context["signed"]}, follow=True)
    assert "Not enough balance left" in words(response)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.DRAFT
