"""What is kept of an invitation has stars for its link, so nobody sends that text to anybody."""

import uuid
from typing import Any

import pytest

from messaging.models import Campaign, Gateway
from messaging.services.decisions import settlement
from sandbox.server import Sandbox
from tests.conftest import Browser
from tests.pages import words
from tests.portal.accounts.by_sms.support import send
from tests.sending import release, send_all

pytestmark = pytest.mark.django_db

SAID = "To send an invitation again, go to the colleague's page."


@pytest.fixture
def unconfirmed(manager: Browser, shown: Any, gateway: Gateway, sandbox: Sandbox) -> Campaign:
    """An invitation of which nobody knows whether it went out."""
    send(manager)
    sandbox.settings(script=["503"])
    send_all(gateway)
    release(gateway)
    message = Campaign.objects.get()
    assert message.unconfirmed == 1
    return message


@pytest.mark.parametrize("button", ["copy", "follow-up"])
def test_no_draft_is_made_of_an_invitation(
    button: str, manager: Browser, unconfirmed: Campaign
) -> None:
    there = f"/campaigns/{unconfirmed.pk}/"
    assert "/copy/" not in manager.get(there).content.decode()
    assert SAID in words(manager.post(f"{there}{button}/", follow=True))
    assert Campaign.objects.count() == 1


def test_nothing_is_sent_again_to_who_was_refused(manager: Browser, unconfirmed: Campaign) -> None:
    signed = {"form_uuid": uuid.uuid4(), "people": 1, "cost": "0.80"}
    address = f"/campaigns/{unconfirmed.pk}/send-refused/"
    assert SAID in words(manager.post(address, signed, follow=True))


def test_who_decides_is_not_offered_to_send_it_again(
    manager: Browser, unconfirmed: Campaign
) -> None:
    decide, again = (f"/campaigns/{unconfirmed.pk}/{end}/" for end in ("decide", "send-again"))
    page = words(manager.get(decide))
    assert "They did not go out" in page
    assert "again" not in page.partition("What happened to them")[2].partition("How you know")[0]
    assert "confirm before anything is sent again" not in page

    batches = list(settlement.undecided(unconfirmed).values_list("pk", flat=True))
    typed = {"batches": batches, "verdict": "again", "why": "I asked her."}
    assert SAID in words(manager.post(f"/campaigns/{unconfirmed.pk}/settle/", typed))
    signed = {"form_uuid": uuid.uuid4(), "batches": str(batches[0]), "why": "x", "people": 1}
    for form in (signed, {**signed, "people": ""}):
        said = words(manager.post(again, form, follow=True))
        assert SAID in said
        assert "Send these messages again?" not in said
    assert Campaign.objects.count() == 1
    assert settlement.undecided(unconfirmed).exists()
