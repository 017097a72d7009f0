"""Which fault comes next: by script, by chance, or by a magic number."""

import http.client
from contextlib import suppress

import pytest

from contacts import phone
from sandbox.magic import INVALID, MAGIC
from sandbox.server import Sandbox
from tests.sandbox.support import NTC, SUCCESS, billed
from tests.sandbox_support import call, send


def test_a_script_is_used_up_in_order(sandbox: Sandbox) -> None:
    sandbox.settings(script="503, ok,403")

    assert [send(sandbox.url, NTC).status for _ in range(4)] == [503, 200, 403, 200]


def test_the_balance_has_a_script_of_its_own(sandbox: Sandbox) -> None:
    sandbox.settings(balance_script=["500", "ok", "trailing-commas"])

    replies = [call(f"{sandbox.url}/balance") for _ in range(3)]

    assert [reply.status for reply in replies] == [500, 200, 200]
    assert replies[2].body.endswith(b'"smartcell_rate":"0.80",\n}')
    assert send(sandbox.url, NTC).status == 200


def test_chances_repeat_with_their_seed(sandbox: Sandbox) -> None:
    def statuses() -> list[int]:
        sandbox.settings(chances={"503": 0.3, "403": 0.2}, seed=7)
        return [send(sandbox.url, NTC).status for _ in range(40)]

    first = statuses()

    assert set(first) == {200, 403, 503}
    assert statuses() == first


def test_ok_in_a_script_outranks_chances(sandbox: Sandbox) -> None:
    sandbox.settings(chances="503=1", script=["ok"])

    assert [send(sandbox.url, NTC).status for _ in range(2)] == [200, 503]


@pytest.mark.parametrize("mobile", MAGIC)
def test_a_magic_number_does_what_its_line_says(sandbox: Sandbox, mobile: str) -> None:
    fault = MAGIC[mobile].fault
    sandbox.settings(hang=0)

    # What each fault looks like is shown above; here it is only brought about.
    with suppress(OSError, http.client.HTTPException):
        send(sandbox.url, NTC, mobile)

    assert [request.fault for request in sandbox.requests()] == [fault.name]
    assert billed(sandbox) == ([NTC, mobile] if fault.bills else [])


def test_magic_numbers_pass_for_numbers() -> None:
    assert all(phone.parse_mobile(mobile) == mobile for mobile in (INVALID, *MAGIC))


def test_what_a_portal_waits_out_passes_the_next_time(sandbox: Sandbox) -> None:
    for mobile in (mobile for mobile, magic in MAGIC.items() if magic.once):
        first, second, third = (send(sandbox.url, NTC, mobile) for _ in range(3))
        assert second.json()["message"] == SUCCESS
        assert (first.status, first.body) == (third.status, third.body) != (200, second.body)
    assert len(billed(sandbox)) == 2 * sum(magic.once for magic in MAGIC.values())


def test_a_list_that_is_too_large_can_be_split(sandbox: Sandbox) -> None:
    assert send(sandbox.url, NTC, "9800000413").status == 413
    assert send(sandbox.url, "9800000413").status == 200
    assert send(sandbox.url, "9800000010").status == 413
    assert billed(sandbox) == ["9800000413"]


def test_magic_numbers_work_on_their_own_under_an_ok_script(sandbox: Sandbox) -> None:
    sandbox.settings(script=["ok"])

    assert send(sandbox.url, "9800000500").status == 500
