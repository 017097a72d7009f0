"""The sandbox as Sociair documents itself: what it answers, to whom, and what it bills."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts import phone
from messaging.text.length import measure
from sandbox.magic import INVALID
from sandbox.operators import is_known, operator_of
from sandbox.parts import parts_of
from sandbox.server import Sandbox
from tests.sandbox.support import NCELL, NTC, OTHER, SMARTCELL, SORRY, SUCCESS, billed
from tests.sandbox_support import HEADERS, call, send


def test_one_number_is_sent_and_billed(sandbox: Sandbox) -> None:
    reply = send(sandbox.url, NTC, text="Hello")

    assert reply.status == 200
    assert reply.body == b'{"message":"Success! SMS has been sent","ntc":1,"ncell":0,"smartcell":0}'
    (entry,) = sandbox.ledger()
    assert (entry.sequence, entry.request, entry.mobile) == (1, 1, NTC)
    assert (entry.operator, entry.text, entry.parts) == ("ntc", "Hello", 1)
    assert entry.cost == Decimal("0.80")
    assert sandbox.balance == Decimal("9999.20")


def test_several_numbers_are_counted_by_operator(sandbox: Sandbox) -> None:
    reply = send(sandbox.url, NTC, "9851000002", NCELL, SMARTCELL)

    assert reply.json() == {"message": SUCCESS, "ntc": 2, "ncell": 1, "smartcell": 1}
    assert [entry.sequence for entry in sandbox.ledger()] == [1, 2, 3, 4]


def test_an_operator_without_a_name_is_counted_as_other(sandbox: Sandbox) -> None:
    assert send(sandbox.url, OTHER).json() == {
        "message": SUCCESS, "ntc": 0, "ncell": 0, "smartcell": 0, "other": 1
    }  # fmt: skip


def test_the_balance_is_told_with_the_rates() -> None:
    with Sandbox(balance="19.2", rate="0.8", ncell_rate="1.25") as sandbox:
        reply = call(f"{sandbox.url}/balance")

    assert reply.status == 200
    assert reply.body == (
        b'{"balance":"19.20","ntc_rate":"0.80","ncell_rate":"1.25","smartcell_rate":"0.80"}'
    )


def test_each_part_and_operator_costs_its_rate() -> None:
    with Sandbox(
        balance=100, ntc_rate="1", ncell_rate="0.5", smartcell_rate=2, other_rate=0.25
    ) as sandbox:
        send(sandbox.url, NTC, NCELL, SMARTCELL, OTHER, text="x" * 161)

        assert [entry.parts for entry in sandbox.ledger()] == [2, 2, 2, 2]
        assert [str(entry.cost) for entry in sandbox.ledger()] == ["2.00", "1.00", "4.00", "0.50"]
        assert sandbox.balance == Decimal("92.50")


def test_an_invalid_number_is_refused(sandbox: Sandbox) -> None:
    reply = send(sandbox.url, "984956362")

    assert reply.status == 200
    assert reply.body == (
        b'{"message":"Sorry! SMS could not be sent. Invalid mobile number",'
        b'"ntc":0,"ncell":0,"smartcell":0,"other":1,"invalid_number":["984956362"]}'
    )
    assert billed(sandbox) == []


@pytest.mark.parametrize(("partial", "sent"), [("none_sent", []), ("valid_sent", [NTC])])
def test_valid_numbers_beside_an_invalid_one_are_treated_as_set(
    sandbox: Sandbox, partial: str, sent: list[str]
) -> None:
    sandbox.settings(partial=partial)

    reply = send(sandbox.url, NTC, INVALID, "+9779841000001", "")

    assert reply.json() == {
        "message": SORRY,
        "ntc": 1,
        "ncell": 0,
        "smartcell": 0,
        "other": 3,
        "invalid_number": [INVALID, "+9779841000001", ""],
    }
    assert billed(sandbox) == sent


@pytest.mark.parametrize("mobiles", [(NTC, NCELL), (NTC, NCELL, INVALID)])
def test_a_balance_that_is_too_small_pays_for_nobody(
    sandbox: Sandbox, mobiles: tuple[str, ...]
) -> None:
    sandbox.settings(balance="1.59", partial="valid_sent")

    reply = send(sandbox.url, *mobiles)

    assert reply.status == 200
    assert reply.json() == {
        "message": "Sorry! SMS could not be sent. Insufficient balance: Rs 1.59"
    }
    assert sandbox.balance == Decimal("1.59")


def test_the_sandbox_knows_the_portals_ranges_of_operators() -> None:
    for prefix in range(1000):
        number = f"{prefix:03d}1234567"
        if is_known(number):
            assert phone.parse_mobile(number) == number
            assert operator_of(number) == phone.operator_of(number).value, number
        else:
            with pytest.raises(phone.InvalidMobile):
                phone.parse_mobile(number)


@given(st.text(st.sampled_from("a€~é\nनम😀"), min_size=1, max_size=500))
def test_the_sandbox_counts_parts_like_the_portal(text: str) -> None:
    assert parts_of(text) == measure(text).parts


@given(st.text("a€", min_size=300, max_size=330))
def test_the_sandbox_cuts_parts_like_the_portal(text: str) -> None:
    assert parts_of(text) == measure(text).parts


def test_only_ten_plain_digits_are_a_number() -> None:
    for written in ("984100000", "98410000011", "984100000१", " 9841000001", "9841000001\n"):
        assert not is_known(written)


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer other", "sandbox", "Basic sandbox"])
@pytest.mark.parametrize(("method", "path"), [("GET", "balance"), ("POST", "sms")])
def test_a_wrong_token_is_refused(sandbox: Sandbox, token: str, method: str, path: str) -> None:
    body = json.dumps({"message": "Hello", "mobile": NTC}).encode()

    reply = call(f"{sandbox.url}/{path}", method, body, {**HEADERS, "Authorization": token})

    assert (reply.status, reply.json()) == (401, {"message": "Unauthenticated."})
    assert billed(sandbox) == []


def test_a_wrong_token_from_a_browser_leads_to_the_login_page(sandbox: Sandbox) -> None:
    reply = call(f"{sandbox.url}/balance", headers={"Accept": "text/html"})

    assert (reply.status, reply.headers["Location"]) == (302, "/login")
    assert call(f"{sandbox.root}/login").headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"message": "Hello"}', "The mobile field is required."),
        (b'{"mobile": "9841000001", "message": " "}', "The message field is required."),
        (b'{"mobile": 9841000001, "message": "Hello"}', "The mobile field must be a string."),
        (b'{"mobile": null}', "The message field is required. (and 1 more error)"),
        (b"message=Hello", "The message field is required. (and 1 more error)"),
        (b"[]", "The message field is required. (and 1 more error)"),
        (b"", "The message field is required. (and 1 more error)"),
        (b"\xff", "The message field is required. (and 1 more error)"),
        (b"[" * 100_000, "The message field is required. (and 1 more error)"),
    ],
)
def test_fields_that_are_missing_are_named(sandbox: Sandbox, body: bytes, message: str) -> None:
    reply = call(f"{sandbox.url}/sms", "POST", body)

    assert (reply.status, reply.json()["message"]) == (422, message)
    assert set(reply.json()["errors"]) <= {"message", "mobile"}


def test_a_list_that_is_too_long_is_refused(sandbox: Sandbox) -> None:
    sandbox.settings(max_numbers=2)

    assert send(sandbox.url, NTC, NCELL, SMARTCELL).status == 413
    assert send(sandbox.url, NTC, NCELL).status == 200
    assert billed(sandbox) == [NTC, NCELL]


def test_other_addresses_and_methods_are_unknown(sandbox: Sandbox) -> None:
    assert call(f"{sandbox.url}/nothing").status == 404
    assert call(f"{sandbox.root}/_sandbox/nothing").status == 404
    assert call(f"{sandbox.root}/_sandbox/reset").status == 405
    reply = call(f"{sandbox.url}/sms")
    assert (reply.status, reply.headers["Allow"]) == (405, "POST")
