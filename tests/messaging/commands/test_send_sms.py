"""`manage.py send_sms`: one JSON object, three exit codes, and never twice under one key."""

import uuid
from functools import partial
from pathlib import Path

import pytest
from huey.contrib.djhuey import HUEY
from pytest_django import Settings

from messaging.models import Campaign, CampaignState, Gateway
from sandbox.magic import INVALID
from sandbox.server import Sandbox
from tests.at_once import at_once
from tests.command_line import Run, run, run_process
from tests.factories import ContactFactory, GroupFactory, OptOutFactory
from tests.sending import check_books, hand_over, numbers, send_all

pytestmark = pytest.mark.django_db
TEXT = "School is closed."
PARTS = ["campaign", "state", "recipients", "left_out", "parts", "cost"]


def _send(*options: str, message: str = TEXT) -> Run:
    return run("send_sms", f"--message={message}", *options)


def _billed(sandbox: Sandbox) -> list[str]:
    return [entry.mobile for entry in sandbox.ledger()]


def test_send_sms_queues_and_says_what(gateway: Gateway, sandbox: Sandbox) -> None:
    ended = _send("--to", "9841234567, +977 980-1234567")
    campaign = Campaign.objects.get()
    assert (ended.code, ended.err) == (0, "")
    assert ended.json() == {
        "campaign": campaign.pk,
        "state": "sending",
        "recipients": {"queued": 2},
        "left_out": [],
        "parts": 1,
        "cost": "1.60",
    }
    assert list(ended.json()) == PARTS
    assert not sandbox.requests()  # sending is the worker's
    send_all(gateway)
    check_books(campaign, _billed(sandbox))
    assert sorted(_billed(sandbox)) == ["9801234567", "9841234567"]
    assert (campaign.created_by, campaign.text) == (None, TEXT)


def test_send_sms_takes_groups_and_numbers_and_names_omissions(gateway: Gateway) -> None:
    people = ContactFactory.create_batch(3)
    OptOutFactory.create(mobile=people[2].mobile)
    GroupFactory.create(name="Class 5", members=people[:2])
    GroupFactory.create(name="Class 6", members=people[1:])
    to = f"{people[0].mobile}\n9841234567\n12\n०१"
    ended = _send("--group", "Class 5", "--group", "Class 6", "--to", to)
    assert ended.code == 0
    said = ended.json()
    assert said["recipients"] == {"queued": 3}
    assert said["cost"] == "2.40"
    # Nothing that was typed is lost: each entry has its reason.
    assert [out["entry"] for out in said["left_out"]][:2] == ["12", "०१"]
    assert [out["reason"].split(".")[0] for out in said["left_out"]][2:3] == [
        f"The number of {people[0].name}, already chosen",
    ]
    assert said["left_out"][3]["reason"].startswith("Opted out on ")
    assert {frozenset(out) for out in said["left_out"]} == {frozenset({"entry", "reason"})}


def test_send_sms_says_parts_of_a_long_text(gateway: Gateway) -> None:
    said = _send("--to", "9841234567", message="नमस्ते " * 20).json()
    assert (said["parts"], said["cost"]) == (3, "2.40")


@pytest.mark.django_db(transaction=True)
def test_send_sms_wakes_the_worker(gateway: Gateway) -> None:
    HUEY.flush()
    _send("--to", "9841234567")
    assert {type(task).__name__ for task in HUEY.pending()} == {"send"}
    HUEY.flush()


@pytest.mark.django_db(transaction=True)
def test_send_sms_to_many_wakes_the_preparation(gateway: Gateway, settings: Settings) -> None:
    settings.INLINE_RECIPIENTS = 1
    HUEY.flush()
    said = _send("--to", "9841234567 9841234568").json()
    assert (said["state"], said["recipients"]) == ("preparing", {})
    assert [type(task).__name__ for task in HUEY.pending()] == ["prepare"]
    HUEY.flush()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("sandbox", "worker")
def test_send_sms_waits_until_all_are_accepted() -> None:
    ended = _send("--to", ",".join(numbers(3)), "--wait")
    assert ended.code == 0
    assert ended.json()["state"] == "done"
    assert ended.json()["recipients"] == {"accepted": 3}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("worker")
def test_send_sms_waits_and_tells_of_refused_numbers(sandbox: Sandbox, settings: Settings) -> None:
    settings.SOCIAIR_BATCH_SIZE = 1
    ended = _send("--to", f"9841234567,{INVALID}", "--wait")
    assert ended.code == 1
    assert ended.json()["recipients"] == {"accepted": 1, "refused": 1}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("fault", "state", "recipients"),
    [("500", "done", {"unconfirmed": 2}), ("scam", "done", {"refused": 2})],
)
def test_send_sms_waits_and_fails_if_nothing_is_accepted(
    fault: str, state: str, recipients: dict[str, int], sandbox: Sandbox
) -> None:
    sandbox.settings(script=[fault])
    ended = _send("--to", "9841234567,9841234568", "--wait")
    assert ended.code == 1
    assert (ended.json()["state"], ended.json()["recipients"]) == (state, recipients)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("worker")
def test_send_sms_stops_waiting_when_a_person_must_decide(
    sandbox: Sandbox, settings: Settings
) -> None:
    """The first of two batches is refused in words: the campaign pauses."""
    settings.SOCIAIR_BATCH_SIZE = 1
    settings.SOCIAIR_REQUESTS_PER_MINUTE = 60  # the second is not called meanwhile
    sandbox.settings(script=["scam"])
    ended = _send("--to", "9841234567,9841234568", "--wait")
    assert ended.code == 1
    assert ended.json()["state"] == "paused"
    assert ended.json()["recipients"] == {"queued": 1, "refused": 1}


def test_the_same_key_sends_once(gateway: Gateway, sandbox: Sandbox) -> None:
    key = str(uuid.uuid4())
    first = _send("--to", "9841234567", "--key", key)
    send_all(gateway)
    again = _send("--to", "9841234567", "--key", key)
    assert (first.code, again.code) == (0, 0)
    assert again.json() == {**first.json(), "state": "done", "recipients": {"accepted": 1}}
    assert send_all(gateway)[0].name == "NOTHING"
    assert _billed(sandbox) == ["9841234567"]


def test_a_known_key_needs_no_balance_or_answer(gateway: Gateway, sandbox: Sandbox) -> None:
    """It was sent, so it needs neither balance nor answer."""
    key = str(uuid.uuid4())
    _send("--to", "9841234567", "--key", key)
    sandbox.stop()
    assert _send("--to", "9841234567", "--key", key).code == 0


def test_the_same_key_waits_for_the_first(gateway: Gateway) -> None:
    key = str(uuid.uuid4())
    _send("--to", "9841234567", "--key", key)
    send_all(gateway)
    assert _send("--to", "9841234567", "--key", key, "--wait").code == 0


@pytest.mark.django_db(transaction=True)
def test_scripts_side_by_side_send_once(gateway: Gateway, sandbox: Sandbox) -> None:
    key = str(uuid.uuid4())
    runs = at_once([partial(_send, "--to", "9841234567", "--key", key)] * 4)
    assert [ended.code for ended in runs] == [0, 0, 0, 0]
    assert len({ended.json()["campaign"] for ended in runs}) == 1
    send_all(gateway)
    assert _billed(sandbox) == ["9841234567"]
    HUEY.flush()


@pytest.mark.parametrize("other", [{"message": "Other words."}, {"to": "9841234568"}])
def test_a_known_key_takes_no_other_content(other: dict[str, str], gateway: Gateway) -> None:
    key = str(uuid.uuid4())
    _send("--to", "9841234567", "--key", key)
    ended = _send(
        "--to", other.get("to", "9841234567"), "--key", key, message=other.get("message", TEXT)
    )
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("This message was already sent with a different text or")
    assert Campaign.objects.get().total == 1


def test_after_a_refusal_the_key_is_still_good(gateway: Gateway, sandbox: Sandbox) -> None:
    key = str(uuid.uuid4())
    sandbox.settings(balance_script=["503"])
    assert _send("--to", "9841234567", "--key", key).code == 2
    assert _send("--to", "9841234567", "--key", key).code == 0
    assert Campaign.objects.get().state == CampaignState.SENDING


@pytest.mark.parametrize("to", ["", " , ", "\n"])
def test_send_sms_to_nobody_is_refused(to: str, gateway: Gateway) -> None:
    ended = _send("--to", to)
    assert (ended.code, ended.err) == (2, "There is no one to send to.\n")


def test_send_sms_to_invalid_numbers_only_is_refused(gateway: Gateway, sandbox: Sandbox) -> None:
    ended = _send("--to", "12, 0144123456, 98412345678")
    assert (ended.code, ended.err) == (2, "There is no one to send to.\n")
    said = ended.json()
    assert list(said) == PARTS
    assert [out["entry"] for out in said["left_out"]] == ["12", "0144123456", "98412345678"]
    assert all(out["reason"].endswith(".") for out in said["left_out"])
    assert (said["recipients"], said["cost"]) == ({}, "0.00")
    assert send_all(gateway)[0].name == "NOTHING"
    assert not sandbox.requests()


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ("", "Write a message."),
        (" \n ", "Write a message."),
        ("a" * 2000, "The most that can be sent is 10"),
    ],
)
def test_send_sms_refuses_a_text_that_cannot_be_sent(
    message: str, why: str, gateway: Gateway
) -> None:
    ended = _send("--to", "9841234567", message=message)
    assert (ended.code, ended.out) == (2, "")
    assert why in ended.err
    assert not Campaign.objects.exists()


def test_send_sms_refuses_a_group_that_does_not_exist(gateway: Gateway) -> None:
    ended = _send("--to", "9841234567", "--group", "Class 7")
    assert (ended.code, ended.out, ended.err) == (2, "", "There is no group Class 7.\n")
    assert not Campaign.objects.exists()


def test_send_sms_fails_when_the_gateway_is_down(gateway: Gateway, sandbox: Sandbox) -> None:
    sandbox.stop()
    ended = _send("--to", "9841234567")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "Sociair cannot be reached.\n"
    assert Campaign.objects.get().state == CampaignState.DRAFT


def test_send_sms_fails_when_the_token_is_refused(gateway: Gateway, sandbox: Sandbox) -> None:
    sandbox.settings(token="another")
    ended = _send("--to", "9841234567")
    assert (ended.code, ended.out, ended.err) == (2, "", "Sociair refused the token.\n")


def test_send_sms_fails_when_the_balance_is_too_low(gateway: Gateway, sandbox: Sandbox) -> None:
    sandbox.settings(balance="1.59")
    ended = _send("--to", "9841234567,9841234568,12")
    assert ended.code == 2
    assert ended.err == "There is not enough balance for this message.\n"
    assert [out["entry"] for out in ended.json()["left_out"]] == ["12"]
    assert Campaign.objects.get().state == CampaignState.DRAFT


def test_send_sms_leaves_the_balance_of_other_campaigns(gateway: Gateway, sandbox: Sandbox) -> None:
    hand_over(gateway, numbers(2))
    sandbox.settings(balance="2.00")
    assert _send("--to", "9841234567").code == 2


def test_send_sms_refuses_wrong_options(gateway: Gateway) -> None:
    assert "is not a UUID" in _send("--to", "9841234567", "--key", "monday").err
    done = run("send_sms", "--to", "9841234567")
    assert done.code != 0
    assert "--message" in done.err


@pytest.mark.django_db(transaction=True)
def test_send_sms_runs_as_a_process(gateway: Gateway, sandbox: Sandbox, tmp_path: Path) -> None:
    command = ["send_sms", "--message", TEXT, "--to", "9841234567, 12", "--key", str(uuid.uuid4())]
    first = run_process(*command, folder=tmp_path)
    assert (first.code, first.json()["recipients"]) == (0, {"queued": 1})
    send_all(gateway)
    again = run_process(*command, "--wait", folder=tmp_path)
    assert (again.code, again.json()["recipients"]) == (0, {"accepted": 1})
    assert again.json()["left_out"] == first.json()["left_out"]
    assert _billed(sandbox) == ["9841234567"]


@pytest.mark.django_db(transaction=True)
def test_send_sms_as_a_process_exits_with_two_when_refused(
    gateway: Gateway, tmp_path: Path
) -> None:
    refused = run_process("send_sms", "--message", TEXT, "--to", "12", folder=tmp_path)
    assert refused.code == 2
    assert refused.json()["left_out"][0]["entry"] == "12"


def test_send_sms_repeats_a_text_only_where_told(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SAME_TEXT_HOURS = 24
    [mobile] = numbers(1)
    hand_over(gateway, [mobile], text=TEXT)
    key = str(uuid.uuid4())
    sandbox.settings(balance="0")
    assert _send("--to", mobile, "--key", key, "--again").code == 2
    sandbox.settings(balance="100")
    refused = _send("--to", mobile, "--key", key)
    assert (refused.code, "no one to send to" in refused.err) == (2, True)
    assert _send("--to", mobile, "--key", key, "--again").code == 0
