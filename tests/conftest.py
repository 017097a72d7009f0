"""The real parts that tests talk to: the sandbox over a socket, roles, people who are signed in."""

import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

import hypothesis
import pytest
import trustme
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations
from django.test import Client
from django.utils import translation
from huey.contrib.djhuey import HUEY
from pytest_django import DjangoDbBlocker, Settings

import tests.sessions  # noqa: F401  # teaches the client
from messaging import tasks
from messaging.models import Gateway
from messaging.services.sending import persistence
from sandbox.server import Sandbox
from sociair_portal.common.shutdown import stopping
from sociair_portal.roles import MANAGER, SENDER, create_roles
from tests.databases import check_list, runs_here
from tests.factories import UserFactory
from tests.sending import gateway_of_a_worker


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also what takes long: `make test-long`")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    check_list()
    is_long = config.getoption("--long")
    selected: list[pytest.Item] = []
    deselected: list[pytest.Item] = []
    for item in items:
        runs = runs_here(item) and (is_long or not item.get_closest_marker("long"))
        (selected if runs else deselected).append(item)
    config.hook.pytest_deselected(items=deselected)
    items[:] = selected


@pytest.fixture(scope="session", autouse=True)
def emptied_row_by_row() -> Iterator[None]:
    """After a test that commits: TRUNCATE makes the files of every table and index anew, which
    takes PostgreSQL longer than most tests, while few rows are gone at once.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(connection.ops), "sql_flush", _sql_flush)
        yield


# What Django makes again at once, as it was, after it has emptied a database.
_MADE_AGAIN = {"django_content_type", "auth_permission"}
# What lets nobody empty the record.
_RECORD = import_module("sociair_portal.audit.migrations.0002_append_only")


def _sql_flush(
    _operations: BaseDatabaseOperations, _style: object, tables: Sequence[str], **_options: bool
) -> list[str]:
    """Whoever still writes is waited for, as by TRUNCATE."""
    names = [f'"{table}"' for table in tables if table not in _MADE_AGAIN]
    locks = f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE"
    return [
        *([locks] if connection.vendor == "postgresql" else []),
        *_RECORD.UNGUARD[connection.vendor],
        *(f"DELETE FROM {name}" for name in names),
        *_RECORD.GUARD[connection.vendor],
    ]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Tests run on holidays too: a migration enters some, and every test its own."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM messaging_quietday")  # not one by one, which is recorded


@pytest.fixture(autouse=True)
def state_dir(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ports come back, and with them the address of another test's gateway. What a worker knows of
    its own troubles is another test's too.
    """
    settings.STATE_DIR = tmp_path
    for name in ("_failing", "_left"):
        monkeypatch.setattr(persistence, name, {})
    return tmp_path


@pytest.fixture(autouse=True)
def office_language() -> Iterator[None]:
    """A page that a test reads leaves its language behind, in the thread that ran it."""
    yield
    translation.deactivate()


@pytest.fixture
def durable(settings: Settings) -> Iterator[None]:
    """In a test that commits, SQLite waits for the disk as it does when installed."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        options = connection.settings_dict["OPTIONS"]
        patch.setitem(options, "init_command", settings.AS_INSTALLED)
        connection.close()
        yield
        connection.close()


@pytest.fixture
def sandbox(settings: Settings) -> Iterator[Sandbox]:
    """A gateway over a real socket that the portal is configured for."""
    with Sandbox(latency=0) as running:
        settings.SOCIAIR_BASE_URL = running.url
        yield running


@pytest.fixture
def gateway(sandbox: Sandbox, db: None) -> Gateway:
    """A portal that has a worker, before anything is handed over."""
    return gateway_of_a_worker()


# A machine that is busy with other tests is no reason to fail; what is slow belongs to benchmarks/.
hypothesis.settings.register_profile(
    "portal", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("portal")


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
    """A certificate that nobody knows the signer of, and its key; beside it `authority.pem`."""
    where = tmp_path_factory.mktemp("certificate")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(where / "authority.pem"))
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_and_cert_chain_pem.write_to_path(str(where / "both.pem"))
    return where / "both.pem", where / "both.pem"


@pytest.fixture
def worker(transactional_db: None) -> Iterator[None]:
    """A worker's threads in this process: what is queued is run, as `manage.py worker` would."""
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            for task in HUEY.read_schedule():
                HUEY.enqueue(task)
            if (task := HUEY.dequeue()) is None:
                over.wait(0.05)
            else:
                HUEY.execute(task)
        connection.close()

    HUEY.storage.flush_all()
    stopping.clear()
    tasks.sweep()
    threads = [threading.Thread(target=work) for _thread in range(2)]
    for thread in threads:
        thread.start()
    yield
    over.set()
    stopping.set()
    for thread in threads:
        thread.join()
    stopping.clear()


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    """The machine's own Chromium; it is told not to look for the network."""
    quiet = ["--no-first-run", "--disable-background-networking", "--disable-component-update"]
    return {
        "executable_path": os.environ.get("CHROMIUM") or shutil.which("chromium"),
        "args": ["--no-sandbox", "--disable-gpu", "--disable-sync", *quiet],
    }
