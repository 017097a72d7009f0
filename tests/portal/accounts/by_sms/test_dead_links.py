"""A text whose link no longer opens anything does not go out, whatever happened to the link."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from messaging.models import Campaign, CampaignState, Gateway, SentLink
from messaging.services.sending.upkeep import sweep
from sandbox.server import Sandbox
from sociair_portal.accounts.invitations import cancel_dead_texts
from sociair_portal.accounts.models import Invitation
from sociair_portal.accounts.tasks import cancel_texts
from sociair_portal.roles import MANAGER
from tests.conftest import Browser
from tests.pages import words
from tests.portal.accounts.by_sms.support import (
    CHOSEN,
    MOBILE,
    SITA,
    add,
    link_on,
    offer_on,
    page,
    received,
    send,
    sita,
)
from tests.portal.accounts.conftest import PASSWORD
from tests.sending import release, send_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def queued(manager: Browser, shown: Any) -> Any:
    """The link's page, once its text waits to be sent."""
    send(manager, offer_on(shown))
    return shown


def check_cancelled(gateway: Gateway, sandbox: Sandbox) -> None:
    send_all(gateway)
    assert sandbox.ledger() == []
    message = Campaign.objects.order_by("id")[0]
    assert (message.state, message.cancelled) == (CampaignState.CANCELLED, 1)
    assert message.batches.get().state == "cancelled"


@pytest.mark.parametrize(
    "what", ["link/", "no-link/", "close/", "new role", "new number", "used", "maker closed"]
)
def test_a_queued_text_is_cancelled_with_its_link(
    what: str, manager: Browser, queued: Any, gateway: Gateway, sandbox: Sandbox, client: Client
) -> None:
    if what == "new role":
        manager.post(page(sita()), {**SITA, "role": MANAGER})
    elif what == "new number":
        said = words(manager.post(page(sita()), {**SITA, "mobile": "9801000010"}, follow=True))
        assert "The link went to another number" in said
    elif what == "used":
        client.get(link_on(queued))
        client.post("/account/join/", CHOSEN)
    elif what == "maker closed":
        owner = Browser()
        owner.force_login(User.objects.create_superuser("owner", password=PASSWORD))
        owner.post(page(manager.user, "close/"))
        manager = owner
    else:
        manager.post(page(sita(), what))
    check_cancelled(gateway, sandbox)
    told = words(manager.get(Campaign.objects.order_by("id")[0].get_absolute_url()))
    assert "The link in this message stopped working before it was sent." in told


def test_the_text_of_another_colleague_goes_out(
    manager: Browser, queued: Any, gateway: Gateway, sandbox: Sandbox
) -> None:
    other = add(manager, username="meena", mobile="9801000010")
    send(manager, offer_on(other), user=other.context["colleague"])
    manager.post(page(sita(), "no-link/"))
    assert received(sandbox, gateway) == link_on(other)
    assert [entry.mobile for entry in sandbox.ledger()] == ["9801000010"]


def test_saving_a_colleague_as_she_was_keeps_the_text(
    manager: Browser, queued: Any, gateway: Gateway, sandbox: Sandbox
) -> None:
    manager.post(page(sita()), {**SITA, "mobile": "980-1000009", "first_name": "Sita Rai"})
    assert received(sandbox, gateway) == link_on(queued)


def test_a_link_whose_maker_lost_the_role_is_cancelled_within_a_minute(
    manager: Browser, queued: Any, gateway: Gateway, sandbox: Sandbox
) -> None:
    """Where nobody noticed: in the admin, which knows nothing of links."""
    cancel_texts.call_local()
    assert Campaign.objects.get().state == CampaignState.SENDING
    manager.user.groups.remove(Group.objects.get(name=MANAGER))
    cancel_texts.call_local()
    check_cancelled(gateway, sandbox)


def test_a_text_that_waited_longer_than_its_link_works_is_not_claimed(
    queued: Any, gateway: Gateway, sandbox: Sandbox
) -> None:
    SentLink.objects.update(works_until=timezone.now())
    check_cancelled(gateway, sandbox)


def test_the_sweep_cancels_what_waited_longer_than_its_link_works(
    queued: Any, gateway: Gateway, sandbox: Sandbox
) -> None:
    sweep(gateway)
    assert Campaign.objects.get().state == CampaignState.SENDING
    SentLink.objects.update(works_until=timezone.now())
    sweep(gateway)
    assert Campaign.objects.get().state == CampaignState.CANCELLED
    check_cancelled(gateway, sandbox)


@pytest.mark.parametrize("noticed_by", ["claim", "sweep", "accounts"])
def test_with_another_secret_key_the_text_is_not_sent(
    noticed_by: str, queued: Any, gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    """Its letter would hold a secret of the new key, which opens nothing."""
    settings.SECRET_KEY = "another"
    if noticed_by == "sweep":
        sweep(gateway)
    elif noticed_by == "accounts":
        cancel_dead_texts()
    check_cancelled(gateway, sandbox)


def test_what_certainly_did_not_go_out_goes_out_with_the_same_link(
    manager: Browser, shown: Any, gateway: Gateway, sandbox: Sandbox, client: Client
) -> None:
    manager.post(page(sita()), {**SITA, "mobile": "9800000429"})
    shown = manager.post(page(sita(), "link/"))
    send(manager, offer_on(shown))
    send_all(gateway)
    assert sandbox.ledger() == []
    release(gateway)
    assert received(sandbox, gateway) == link_on(shown)
    assert client.get(link_on(shown)).status_code == 302


def test_a_link_that_went_out_is_cancelled_nowhere(
    manager: Browser, queued: Any, gateway: Gateway, sandbox: Sandbox
) -> None:
    received(sandbox, gateway)
    manager.post(page(sita(), "no-link/"))
    assert Campaign.objects.get().state == CampaignState.DONE


def test_a_link_of_an_older_portal_works_and_is_not_sent(
    manager: Browser, shown: Any, gateway: Gateway, client: Client
) -> None:
    """It was random and is kept nowhere: nobody could put it into a text."""
    secret = link_on(shown).removeprefix("/j/")
    Invitation.objects.update(key=None)
    assert 'name="offer"' not in manager.get(page(sita())).text
    assert "no longer works" in words(send(manager, offer_on(shown)))
    assert client.get(f"/account/join/{secret}/")["Location"] == "/account/join/"
    assert client.post("/account/join/", CHOSEN)["Location"] == "/account/sign-in/"


def test_a_number_is_forgotten_when_it_no_longer_counts(queued: Any, gateway: Gateway) -> None:
    sweep(gateway)
    assert SentLink.objects.get().mobile == MOBILE
    SentLink.objects.update(sent_at=timezone.now() - timedelta(days=2, minutes=1))
    sweep(gateway)
    assert SentLink.objects.get().mobile == MOBILE  # the link works still
    over = timezone.now() - timedelta(minutes=1)
    SentLink.objects.update(sent_at=over - timedelta(days=3), works_until=over)
    sweep(gateway)
    assert SentLink.objects.get().mobile == ""


def test_a_number_that_is_cleared_takes_its_link_back(
    manager: Browser, queued: Any, gateway: Gateway, sandbox: Sandbox, client: Client
) -> None:
    """Even if it is no longer known where the link went."""
    received(sandbox, gateway)
    SentLink.objects.update(mobile="")
    manager.post(page(sita()), {**SITA, "mobile": ""})
    assert client.get(link_on(queued)).status_code == 410
