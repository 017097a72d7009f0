"""Under /_sandbox/: the ledger, requests, settings, and the page for people."""

import http.client
from decimal import Decimal

import pytest

from sandbox.changes import BadSetting
from sandbox.magic import INVALID, MAGIC
from sandbox.page import rupees
from sandbox.server import Sandbox
from tests.sandbox.support import NCELL, NTC
from tests.sandbox_support import HEADERS, call, post, send


def test_the_ledger_can_be_read_over_http(sandbox: Sandbox) -> None:
    call(f"{sandbox.url}/balance")
    send(sandbox.url, *[f"98410{number:05d}" for number in range(700)], text='"Hi"\n')
    send(sandbox.url, INVALID)

    read = call(f"{sandbox.root}/_sandbox/ledger").json()

    assert read.pop("entries") == [entry.as_json() for entry in sandbox.ledger()]
    assert read == {
        "billed": 700,
        "spent": "560.00",
        "balance": "9440.00",
        "requests": 2,
        "balance_requests": 1,
    }
    assert call(f"{sandbox.root}/_sandbox/ledger?summary=1").json() == read


def test_an_empty_ledger_is_json_too(sandbox: Sandbox) -> None:
    assert call(f"{sandbox.root}/_sandbox/ledger").json()["entries"] == []


def test_requests_are_remembered_with_their_answers(sandbox: Sandbox) -> None:
    sandbox.settings(script=["ok", "close"])
    send(sandbox.url, NTC, NCELL)
    with pytest.raises(http.client.RemoteDisconnected):
        send(sandbox.url, NTC)

    first, second = call(f"{sandbox.root}/_sandbox/requests").json()["requests"]

    assert first["arrived"] <= second["arrived"]
    assert first["at"] <= second["at"]
    facts = ("number", "numbers", "billed", "fault", "status")
    assert [first[fact] for fact in facts] == [1, 2, 2, "", 200]
    assert [second[fact] for fact in facts] == [2, 1, 1, "close", 0]


def test_settings_change_while_it_runs(sandbox: Sandbox) -> None:
    changes = {"balance": "5", "rate": 2, "ntc_rate": "1.5", "token": "new", "script": ["503"]}

    reply = post(f"{sandbox.root}/_sandbox/settings", changes)

    assert reply.status == 200
    assert "new" not in reply.body.decode()
    assert (reply.json()["balance"], reply.json()["script"]) == ("5.00", ["503"])
    assert send(sandbox.url, NTC).status == 401
    told = call(f"{sandbox.url}/balance", headers={**HEADERS, "Authorization": "Bearer new"})
    assert told.json() == {
        "balance": "5.00",
        "ntc_rate": "1.50",
        "ncell_rate": "2.00",
        "smartcell_rate": "2.00",
    }


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"nonsense": 1}, "There is no setting named nonsense"),
        ({"script": ["nonsense"]}, "There is no fault named nonsense"),
        ({"script": 5}, "a list of names of faults"),
        ({"chances": {"500": 0.6, "503": 0.5}}, "together at most 1"),
        ({"chances": "500"}, "a probability for each fault"),
        ({"chances": {"nonsense": 0.1}}, "There is no fault named nonsense"),
        ({"balance": "-1"}, "use rupees"),
        ({"balance": "NaN"}, "use rupees"),
        ({"balance": True}, "use rupees"),
        ({"rate": "0.805"}, "at most two decimals"),
        ({"latency": -1}, "a number of seconds"),
        ({"latency": "inf"}, "a number of seconds"),
        ({"latency": [1]}, "a number of seconds"),
        ({"max_numbers": 1.5}, "a whole number"),
        ({"max_numbers": -1}, "a whole number"),
        ({"partial": "some"}, "none_sent or valid_sent"),
        ({"token": ""}, "a word in plain letters"),
        ([], "one JSON object"),
    ],
)
def test_a_wrong_setting_of_the_sandbox_changes_nothing(
    sandbox: Sandbox, changes: object, why: str
) -> None:
    if isinstance(changes, dict):
        changes = {"latency": 9, **changes}
    before = call(f"{sandbox.root}/_sandbox/settings").json()

    reply = post(f"{sandbox.root}/_sandbox/settings", changes)

    assert reply.status == 422
    assert why in reply.json()["message"]
    assert call(f"{sandbox.root}/_sandbox/settings").json() == before


def test_settings_that_are_no_json_change_nothing(sandbox: Sandbox) -> None:
    assert call(f"{sandbox.root}/_sandbox/settings", "POST", b"rate=1").status == 422
    with pytest.raises(BadSetting):
        sandbox.settings(rate="free")


def test_a_reset_forgets_everything_but_the_settings(sandbox: Sandbox) -> None:
    sandbox.settings(balance="5", rate="1", script=["ok", "503"], chances={"403": 1})
    send(sandbox.url, NTC)

    reply = post(f"{sandbox.root}/_sandbox/reset", {})

    assert reply.json()["billed"] == 0
    assert (sandbox.ledger(), sandbox.requests()) == ([], [])
    assert sandbox.balance == Decimal("10000.00")
    assert send(sandbox.url, NTC).status == 200
    assert sandbox.balance == Decimal("9999.00")


def test_the_page_lists_magic_numbers_and_what_was_billed(sandbox: Sandbox) -> None:
    send(sandbox.url, *[f"98410000{number:02d}" for number in range(60)], text="<b>Hi & bye</b>")

    reply = call(f"{sandbox.root}/_sandbox/")
    page = reply.body.decode()

    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    for mobile in (INVALID, *MAGIC):
        assert f"{mobile[:3]}-{mobile[3:]}" in page
    assert page.count("&lt;b&gt;Hi &amp; bye&lt;/b&gt;") == 50
    assert "984-1000059" in page
    assert "984-1000009" not in page
    assert "Rs 9,952.00" in page


def test_the_page_of_the_sandbox_can_start_afresh(sandbox: Sandbox) -> None:
    send(sandbox.url, NTC)

    reply = call(f"{sandbox.root}/_sandbox/reset", "POST", b"", {"Accept": "text/html"})

    assert (reply.status, reply.headers["Location"]) == (303, "/_sandbox/")
    assert "Nothing yet" in call(f"{sandbox.root}/_sandbox/").body.decode()
    assert call(f"{sandbox.root}/").headers["Location"] == "/_sandbox/"


def test_rupees_are_grouped_as_in_nepal() -> None:
    amounts = {"0": "0.00", "999.5": "999.50", "1000": "1,000.00", "123456.8": "1,23,456.80"}
    amounts["1234567890"] = "1,23,45,67,890.00"
    assert {amount: rupees(Decimal(amount)) for amount in amounts} == {
        amount: f"Rs {shown}" for amount, shown in amounts.items()
    }
