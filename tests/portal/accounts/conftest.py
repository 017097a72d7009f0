"""Someone with a password, and a portal that is not the sandbox."""

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from tests.factories import UserFactory

PASSWORD = "monsoon-and-marigold-7"


@pytest.fixture
def meera(roles: None) -> User:
    user = UserFactory.create(username="meera", email="meera@example.com", role="Sender")
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def real(settings: Settings) -> None:
    """Outside of the sandbox, where second steps and confirming are asked for."""
    settings.SANDBOX = False
    settings.SECOND_STEP = "managers"
