"""A sender who has entered a number."""

import pytest

from messaging.models import (
    Gateway,
    Profile,
)
from tests.conftest import Browser
from tests.messaging.campaigns.own_number.support import (
    MINE,
    PAGE,
)
from tests.sending import reading


@pytest.fixture
def entered(sender: Browser, gateway: Gateway) -> Profile:
    """A sender who has just entered a number, with a balance that tells the price."""
    reading(gateway)
    sender.post(PAGE, {"mobile": MINE})
    return Profile.objects.get(user=sender.user)
