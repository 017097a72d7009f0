"""The token and people's numbers stay where they belong, whatever Sociair answers."""

import json
import logging
import threading
import traceback
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import pytest
from django.apps import apps
from django.db import DatabaseError, connection
from django.urls import reverse
from pytest_django import Settings

from messaging.answers.classification import MOST_BYTES, classify
from messaging.answers.echoes import holds_secret
from messaging.answers.outcomes import Outcome
from messaging.models import Gateway, SentMessage
from messaging.services import sociair
from messaging.services.campaigns import control
from messaging.services.money import balance
from messaging.services.sending import dispatch, persistence, record, upkeep
from sandbox.faults.echoes import ECHOES
from sandbox.server import Sandbox
from sociair_portal.common.request_ids import on_behalf_of
from tests.command_line import run
from tests.conftest import Browser
from tests.sending import gateway_of_a_worker, hand_over, numbers, send_all

pytestmark = pytest.mark.django_db

TOKEN: Final = "Zq7XkW93bTnV51LmPd80"
MOBILE: Final = "9841357924"
TEXT: Final = "The exam is on Asar 12."


@dataclass
class Parrot:
    """A gateway that repeats whatever it was told, the token above all."""

    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    headers_heard: set[str] = field(default_factory=set)
    url: str = ""


@pytest.fixture
def parrot(settings: Settings) -> Iterator[Parrot]:
    parrot = Parrot()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parrot.heard.append(self.headers["Authorization"])
            parrot.headers_heard.update(name.lower() for name in self.headers)
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            body = parrot.body.encode()
            self.send_response(parrot.status)
            self.send_header("Content-Length", str(len(body)))
            for name, value in parrot.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *args: object) -> None:
            """Its own log is none of ours."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        parrot.url = f"http://127.0.0.1:{server.server_port}/api"
        settings.SOCIAIR_BASE_URL = parrot.url
        yield parrot
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def a_real_token(settings: Settings) -> None:
    settings.SANDBOX = False
    settings.SOCIAIR_TOKEN = TOKEN


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Everything that anyone logs, libraries included, but for what templates lack."""
    caplog.set_level(logging.DEBUG)
    for name in ("urllib3", "requests", "huey", "messaging", "django"):
        caplog.set_level(logging.DEBUG, logger=name)
    caplog.set_level(logging.INFO, logger="django.template")
    return caplog


def _logged(log: pytest.LogCaptureFixture) -> str:
    """Messages with their arguments and tracebacks."""
    formatter = logging.Formatter("%(name)s %(message)s")
    return "\n".join(formatter.format(record) + repr(record.args) for record in log.records)


def _stored() -> str:
    """Every column of every row of the portal's own."""
    models = [model for model in apps.get_models() if model._meta.app_label == "messaging"]
    return "\n".join(repr(row) for model in models for row in model._default_manager.values_list())


def _assert_quiet(log: pytest.LogCaptureFixture) -> None:
    logged = _logged(log)
    assert TOKEN not in logged
    assert MOBILE not in logged
    assert TEXT not in logged
    assert TOKEN not in _stored()


# What a gateway may say, with the token in it: status, body, headers.
ANSWERS: Final[list[tuple[int, object, dict[str, str]]]] = [
    (200, {"message": f"Success! SMS has been sent for {TOKEN}", "ntc": 1}, {}),
    (200, {"message": f"Sorry! No account has {TOKEN}"}, {}),
    (200, {"message": f"Thank you {TOKEN}"}, {}),
    (200, {"message": f"Sorry {TOKEN}", "invalid_number": [MOBILE]}, {}),
    (200, {"message": f"Sorry {TOKEN}", "invalid_number": [TOKEN]}, {}),
    (200, {"error": f"Invalid token {TOKEN}"}, {}),
    (200, f"<h1>Bearer {TOKEN}</h1>", {}),
    (302, f"Bearer {TOKEN}", {"Location": f"/login?token={TOKEN}"}),
    (302, f"Bearer {TOKEN}", {"Location": f"/elsewhere?token={TOKEN}"}),
    (401, {"message": f"Unauthenticated: {TOKEN}"}, {}),
    (403, {"message": f"{TOKEN} may not do this"}, {}),
    (413, {"message": f"Too large for {TOKEN}"}, {}),
    (422, {"message": f"The token {TOKEN} has no sender name"}, {}),
    (429, {"message": f"{TOKEN} asks too often"}, {"Retry-After": TOKEN}),
    (500, {"message": f"Error in line {TOKEN}", "trace": [f"Bearer {TOKEN}"]}, {}),
    (500, TOKEN * 4000, {}),
]


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: f"{answer[0]}-{str(answer[1])[:30]}")
def test_a_token_quoted_by_an_answer_is_shown_nowhere(
    answer: tuple[int, object, dict[str, str]],
    parrot: Parrot,
    log: pytest.LogCaptureFixture,
    manager: Browser,
) -> None:
    gateway = gateway_of_a_worker()
    campaign = hand_over(gateway, [MOBILE], text=TEXT)
    parrot.status, body, parrot.headers = answer
    parrot.body = body if isinstance(body, str) else json.dumps(body)
    assert dispatch.send_next(gateway) is dispatch.Round.CALLED
    assert parrot.heard == [f"Bearer {TOKEN}"]  # it goes to Sociair, and nowhere else
    with pytest.raises(sociair.BalanceUnknown) as unknown:
        balance.read_balance(gateway)
    assert TOKEN not in "".join(traceback.format_exception(unknown.value))
    upkeep.sweep(gateway)
    _assert_quiet(log)
    call = SentMessage.objects.get()
    whole = parrot.body.encode()
    proved = classify(status=parrot.status, headers=parrot.headers, body=whole, posted=[MOBILE])
    assert (call.outcome, call.status) == (proved.outcome, parrot.status)
    assert (call.raw, call.words) == ("", "")
    assert call.withheld == min(len(whole), MOST_BYTES + 1)
    for page in (campaign.get_absolute_url(), reverse("messaging:dashboard")):
        shown = manager.get(page)
        assert shown.status_code == 200
        assert TOKEN not in shown.content.decode()
    for what in ("balance", "status"):
        assert TOKEN not in run("sociair", what).out


def test_no_page_shows_a_token_that_an_answer_quoted(parrot: Parrot, manager: Browser) -> None:
    gateway = gateway_of_a_worker()
    campaign = hand_over(gateway, [MOBILE], text=TEXT)
    parrot.status, parrot.body = 500, json.dumps({"message": f"Error: Bearer {TOKEN}"})
    dispatch.send_next(gateway)
    of_campaign = ("campaign", "campaign_batches", "campaign_recipients", "decide")
    pages = [reverse(f"messaging:{name}", args=[campaign.pk]) for name in of_campaign]
    pages += [reverse(f"messaging:{name}") for name in ("dashboard", "undecided", "history")]
    shown = [manager.get(page) for page in pages]
    assert {page.status_code for page in shown} == {200}
    words = [page.content.decode() for page in shown]
    assert TOKEN not in "".join(words)
    assert "The answer repeated a secret (the portal&#x27;s token, or the code" in words[1]


def everything_stored(folder: Path) -> str:
    """Every column of every row of every table, and every file of the worker."""
    said = [file.read_text() for file in folder.rglob("*") if file.is_file()]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            said += [repr(row) for row in cursor.fetchall()]
    return "\n".join(said)


@pytest.mark.parametrize("name", [fault.name for fault in ECHOES])
def test_a_gateway_that_repeats_the_token_leaves_it_nowhere(
    name: str,
    settings: Settings,
    log: pytest.LogCaptureFixture,
    manager: Browser,
    state_dir: Path,
    gateway_that_knows_the_token: Sandbox,
) -> None:
    gateway = gateway_of_a_worker()
    campaign = hand_over(gateway, [MOBILE], text=TEXT)
    gateway_that_knows_the_token.settings(script=[name], balance_script=[name])
    assert dispatch.send_next(gateway) is dispatch.Round.CALLED
    with suppress(sociair.BalanceUnknown):
        balance.read_balance(gateway)
    upkeep.sweep(gateway)

    call = SentMessage.objects.get()
    is_clear = name not in ("echo-500", "echo-utf-16", "echo-no-header")
    assert (call.outcome == Outcome.ACCEPTED) is is_clear  # as it would be without the token
    assert (call.withheld is None) is name.endswith("-header")
    pages = [campaign.get_absolute_url(), *map(reverse, ("messaging:dashboard", _OF_CALLS))]
    pages += [
        reverse("messaging:campaign_batches", args=[campaign.pk]),
        reverse("admin:messaging_sentmessage_change", args=[call.pk]),
    ]
    shown = "\n".join(manager.get(page).content.decode() for page in pages)
    for where in (everything_stored(state_dir), _logged(log), shown):
        assert TOKEN not in where
        # What is around it, such as the numbers of a session, is not half of a token either.
        assert not holds_secret(where.encode(), TOKEN)


_OF_CALLS: Final = "admin:messaging_sentmessage_changelist"


@pytest.fixture
def gateway_that_knows_the_token(settings: Settings) -> Iterator[Sandbox]:
    with Sandbox(token=TOKEN, latency=0) as running:
        settings.SOCIAIR_BASE_URL = running.url
        yield running


def test_a_refusal_that_quotes_the_token_pauses_and_says_why_it_is_silent(
    parrot: Parrot, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 1
    gateway = gateway_of_a_worker()
    campaign = hand_over(gateway, numbers(2), text=TEXT)
    parrot.body = json.dumps({"message": f"Sorry! SMS could not be sent with {TOKEN}"})
    dispatch.send_next(gateway)
    campaign.refresh_from_db()
    assert (campaign.refused, campaign.pending) == (1, 1)
    assert campaign.pause_reason == (
        "Sociair refused a message. Its reason repeated a secret, so it was not kept (HTTP 200)."
    )


def test_sociair_is_told_nothing_of_the_requests_of_people(parrot: Parrot) -> None:
    gateway = gateway_of_a_worker()
    with on_behalf_of("0a1b2c3d4e5f"):
        hand_over(gateway, [MOBILE], text=TEXT)
        dispatch.send_next(gateway)
        with pytest.raises(sociair.BalanceUnknown):
            balance.read_balance(gateway)
    documented = {"authorization", "content-type", "accept"}
    of_http = {"host", "connection", "content-length", "accept-encoding", "user-agent"}
    assert parrot.headers_heard == documented | of_http


@pytest.mark.parametrize(
    "fault", ["hang", "close", "reset", "reset-unread", "cut", "cut-headers", "half", "down"]
)
def test_a_failed_call_tells_no_token_or_number(
    fault: str, settings: Settings, log: pytest.LogCaptureFixture, manager: Browser
) -> None:
    settings.SOCIAIR_TOTAL_TIMEOUT = 0.5
    with Sandbox(token=TOKEN) as sandbox:
        settings.SOCIAIR_BASE_URL = sandbox.url
        gateway = gateway_of_a_worker()
        campaign = hand_over(gateway, [MOBILE], text=TEXT)
        if fault == "down":
            sandbox.stop()
        else:
            sandbox.settings(script=[fault], balance_script=[fault])
        assert dispatch.send_next(gateway) is dispatch.Round.CALLED
        with pytest.raises(sociair.BalanceUnknown) as unknown:
            balance.read_balance(gateway)
        raised = "".join(traceback.format_exception(unknown.value))
        assert TOKEN not in raised
        assert MOBILE not in raised
        _assert_quiet(log)
        assert TOKEN not in manager.get(campaign.get_absolute_url()).content.decode()
        ended = run("send_sms", "--message", TEXT, "--to", MOBILE)
        assert TOKEN not in ended.out + ended.err


def test_a_good_day_logs_no_token_or_number(
    settings: Settings, log: pytest.LogCaptureFixture
) -> None:
    with Sandbox(token=TOKEN) as sandbox:
        settings.SOCIAIR_BASE_URL = sandbox.url
        gateway = gateway_of_a_worker()
        hand_over(gateway, [MOBILE, *numbers(3)], text=TEXT)
        send_all(gateway)
        balance.read_balance(gateway)
        upkeep.sweep(gateway)
        control.cancel(hand_over(gateway, [MOBILE]), by=None)
        assert len(sandbox.ledger()) == 4
    _assert_quiet(log)


@pytest.mark.parametrize("token", [f"{TOKEN}\nHost: x", f"{TOKEN}\u0928"])
def test_a_malformed_token_is_neither_sent_nor_logged(
    token: str, parrot: Parrot, settings: Settings, log: pytest.LogCaptureFixture
) -> None:
    """Libraries quote a header that they refuse to send."""
    settings.SOCIAIR_TOKEN = token
    gateway = gateway_of_a_worker()
    hand_over(gateway, [MOBILE], text=TEXT)
    dispatch.send_next(gateway)
    with pytest.raises(sociair.BalanceUnknown) as unknown:
        balance.read_balance(gateway)
    assert TOKEN not in "".join(traceback.format_exception(unknown.value))
    assert not parrot.heard
    _assert_quiet(log)


def test_an_unsaved_answer_logs_no_number_or_text(
    gateway: Gateway,
    sandbox: Sandbox,
    settings: Settings,
    log: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A database quotes the row that it refuses."""
    sandbox.settings(token=TOKEN)
    hand_over(gateway, [MOBILE], text=TEXT)

    def failing(sent: sociair.Sent, _then: object = None) -> None:
        raise DatabaseError(f"DETAIL: Failing row contains (1, {sent.numbers}, {TEXT})")

    monkeypatch.setattr(persistence, "record", failing)
    monkeypatch.setattr(persistence, "reconnect", lambda: None)  # the test's transaction stays
    monkeypatch.setattr(persistence, "_SAVE_FOR", 0)
    assert dispatch.send_next(gateway) is dispatch.Round.CALLED
    assert "could not be saved: DatabaseError" in _logged(log)
    _assert_quiet(log)
    assert not SentMessage.objects.exists()
    assert record.give_up_lost(gateway) == 0  # until its deadline is over
