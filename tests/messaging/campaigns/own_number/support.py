"""What the tests of own numbers do on the page, and at the phone."""

import re
from datetime import timedelta
from typing import Any, Final

from django.contrib.auth.models import User

from messaging.models import (
    Gateway,
    NumberCode,
    Profile,
)
from messaging.services.campaigns import number_codes
from messaging.services.campaigns.number_codes import CodeRefused
from sandbox.server import Sandbox
from tests.conftest import Browser
from tests.sending import send_all

MINE: Final = "9801000009"
PAGE: Final = "/my-number/"


def ask(browser: Browser, offer: str | None = None) -> Any:
    shown = browser.get(PAGE).context if offer is None else {}
    return browser.post(f"{PAGE}code/", {"offer": offer or shown["offer"]}, follow=True)


def received(sandbox: Sandbox, gateway: Gateway) -> str:
    """The code that was sent to the phone last."""
    send_all(gateway)
    found = re.search(r"\d{6}", sandbox.ledger()[-1].text)
    assert found
    return found.group()


def prove(browser: Browser, typed: str) -> Any:
    return browser.post(f"{PAGE}prove/", {"code": typed}, follow=True)


def is_proved(browser: Browser) -> bool:
    return Profile.objects.get(user=browser.user).is_proved


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def age(minutes: float) -> None:
    """As if every code had been asked for so much earlier."""
    for code in NumberCode.objects.all():
        earlier = code.sent_at - timedelta(minutes=minutes)
        NumberCode.objects.filter(pk=code.pk).update(sent_at=earlier)


def outcome(user: User, typed: str) -> str:
    try:
        number_codes.prove(user, typed)
    except CodeRefused as refused:
        return str(refused)
    return "proved"
