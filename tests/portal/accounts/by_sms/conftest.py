"""A colleague who was added with a number, while the price of a text is known."""

from typing import Any

import pytest

from messaging.models import Gateway
from tests.conftest import Browser
from tests.portal.accounts.by_sms.support import add
from tests.sending import reading


@pytest.fixture
def shown(manager: Browser, gateway: Gateway) -> Any:
    """The page with the new colleague's link."""
    reading(gateway)
    return add(manager)
