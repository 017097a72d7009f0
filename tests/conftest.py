"""The real parts that tests talk to: the sandbox over a socket, roles, people who are signed in."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from pytest_django import Settings

from messaging.models import Gateway
from messaging.services import holds
from sandbox.server import Sandbox
from sociair_portal.roles import MANAGER, SENDER, create_roles
from tests.factories import UserFactory


@pytest.fixture(autouse=True)
def state_dir(settings: Settings, tmp_path: Path) -> Path:
    """Ports come back, and with them the address of another test's gateway."""
    settings.STATE_DIR = tmp_path
    return tmp_path


@pytest.fixture
def sandbox(settings: Settings) -> Iterator[Sandbox]:
    """A gateway over a real socket that the portal is configured for."""
    with Sandbox(latency=0) as running:
        settings.SOCIAIR_BASE_URL = running.url
        yield running


@pytest.fixture
def gateway(sandbox: Sandbox, db: None) -> Gateway:
    return holds.current_gateway()


class Browser(Client):
    """A client with somebody signed in."""

    user: User


def signed_in(role: str) -> Browser:
    browser = Browser()
    browser.user = UserFactory.create(role=role)
    browser.force_login(browser.user)
    return browser


@pytest.fixture
def sender(roles: None) -> Browser:
    return signed_in(SENDER)


@pytest.fixture
def manager(roles: None) -> Browser:
    return signed_in(MANAGER)


@pytest.fixture
def roles(db: None) -> None:
    """The roles that a migration made; a test that flushes the database takes them away."""
    create_roles(Group, Permission)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate that nobody has signed but itself, and its key."""
    where = tmp_path_factory.mktemp("certificate")
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_and_cert_chain_pem.write_to_path(str(where / "both.pem"))
    return where / "both.pem", where / "both.pem"
