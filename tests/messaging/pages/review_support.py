"""The receipt's address, and how somebody signs and sends it."""

import uuid
from collections.abc import Callable
from typing import Any

from django.urls import reverse

from messaging.models import Campaign, Gateway
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import drafts
from tests.conftest import Browser

Draft = Callable[..., Campaign]


def drafts_of(sender: Browser, gateway: Gateway) -> Draft:
    """What writes drafts of the sender's."""

    def written(*entries: str, text: str = "School is closed.", **audience: Any) -> Campaign:
        return drafts.save_draft(
            form_uuid=uuid.uuid4(),
            text=text,
            audience=Audience(numbers=", ".join(entries), **audience),
            gateway=gateway,
            by=sender.user,
        )

    return written


def url(campaign: Campaign) -> str:
    return reverse("messaging:review", args=[campaign.pk])


def signed(browser: Browser, campaign: Campaign) -> str:
    return str(browser.get(url(campaign)).context["signed"])


def send(browser: Browser, campaign: Campaign) -> Any:
    data = {"signed": signed(browser, campaign)}
    return browser.post(url(campaign), data, follow=True)
