"""What the tests of invitations by SMS do on the pages, and at the telephone."""

import re
from typing import Any, Final

from django.apps import apps
from django.contrib.auth.models import User

from messaging.models import Gateway
from sandbox.server import Sandbox
from sociair_portal.roles import SENDER
from tests.conftest import Browser
from tests.portal.accounts.conftest import PASSWORD
from tests.sending import send_all

MOBILE: Final = "9801000009"
NEW: Final = "/colleagues/new/"
SITA: Final = {
    "first_name": "Sita Thapa",
    "username": "sita",
    "email": "",
    "mobile": MOBILE,
    "role": SENDER,
}
CHOSEN: Final = {"new_password1": PASSWORD, "new_password2": PASSWORD}


def page(user: User, what: str = "") -> str:
    return f"/colleagues/{user.pk}/{what}"


def add(manager: Browser, **typed: str) -> Any:
    """The page that shows the link of a new colleague."""
    return manager.post(NEW, {**SITA, **typed})


def sita() -> User:
    return User.objects.get(username="sita")


def link_on(shown: Any) -> str:
    """The path of the link that a page shows; empty if it shows none."""
    found = re.search(r'value="http://testserver(/j/\w+)"', shown.text)
    return found[1] if found else ""


def offer_on(shown: Any) -> str:
    found = re.search(r'name="offer" value="([^"]+)"', shown.text)
    assert found
    return found[1]


def send(manager: Browser, offer: str = "", *, user: User | None = None) -> Any:
    """Press the button of an offer, or the one that the colleague's page has now."""
    user = user or sita()
    offer = offer or offer_on(manager.get(page(user)))
    return manager.post(page(user, "link/sms/"), {"offer": offer}, follow=True)


def received(sandbox: Sandbox, gateway: Gateway) -> str:
    """The path of the link that came to the telephone last."""
    send_all(gateway)
    found = re.search(r"http://testserver(/j/\w+) ", sandbox.ledger()[-1].text)
    assert found
    return found[1]


def stored() -> str:
    """Everything in every table."""
    rows = (row for model in apps.get_models() for row in model._base_manager.values_list())
    return "\n".join(str(value) for row in rows for value in row)
