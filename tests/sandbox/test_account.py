"""The sandbox's account and ledger: exact, never below zero, and kept over restarts."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.ledger import DamagedLedger
from sandbox.server import Sandbox
from tests.sandbox.support import NCELL, NTC, SMARTCELL, SUCCESS, billed
from tests.sandbox_support import send


def test_parallel_requests_are_billed_exactly(sandbox: Sandbox) -> None:
    mobiles = [f"98410{number:05d}" for number in range(400)]
    sandbox.settings(balance="400", rate="1.00")
    with ThreadPoolExecutor(8) as threads:
        replies = list(threads.map(lambda mobile: send(sandbox.url, mobile), mobiles))

    assert {reply.json()["message"] for reply in replies} == {SUCCESS}
    assert sorted(billed(sandbox)) == sorted(mobiles)
    assert [entry.sequence for entry in sandbox.ledger()] == list(range(1, 401))
    assert sandbox.balance == 0


def test_the_balance_never_goes_below_zero(sandbox: Sandbox) -> None:
    sandbox.settings(balance="30.50", rate="1.00")
    with ThreadPoolExecutor(8) as threads:
        replies = list(threads.map(lambda _: send(sandbox.url, NTC, NCELL), range(40)))

    assert sum(reply.json()["message"] == SUCCESS for reply in replies) == 15
    assert sandbox.balance == Decimal("0.50")


def test_the_ledger_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    with Sandbox(ledger=path, balance=50, ncell_rate="1.10") as sandbox:
        send(sandbox.url, NTC, NCELL, text="नमस्ते, \ud800")
        sandbox.settings(rate="2")
        send(sandbox.url, SMARTCELL)
        before = sandbox.ledger()
        assert sandbox.balance == Decimal("46.10")

    with Sandbox(ledger=path, balance=7) as sandbox:
        assert sandbox.ledger() == before
        assert sandbox.balance == Decimal("46.10")
        send(sandbox.url, NTC)
        assert [entry.sequence for entry in sandbox.ledger()] == [1, 2, 3, 4]
        assert [entry.request for entry in sandbox.ledger()] == [1, 1, 2, 3]


def test_a_balance_set_by_hand_and_a_reset_survive_too(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    with Sandbox(ledger=path, balance=50) as sandbox:
        send(sandbox.url, NTC)
        sandbox.settings(balance="20")
        send(sandbox.url, NTC)
    with Sandbox(ledger=path) as sandbox:
        assert sandbox.balance == Decimal("19.20")
        sandbox.reset()
    with Sandbox(ledger=path) as sandbox:
        assert sandbox.ledger() == []
        assert sandbox.balance == Decimal("10000.00")


def test_a_record_cut_by_a_crash_was_never_billed(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    with Sandbox(ledger=path) as sandbox:
        send(sandbox.url, NTC)
    whole = path.read_bytes()
    path.write_bytes(whole + whole.splitlines()[-1][:40])

    with Sandbox(ledger=path) as sandbox:
        assert billed(sandbox) == [NTC]
        send(sandbox.url, NCELL)
    with Sandbox(ledger=path) as sandbox:
        assert billed(sandbox) == [NTC, NCELL]


@pytest.mark.parametrize("line", ["nonsense", "[]", '{"first": 1}', '{"balance": "many"}'])
def test_a_damaged_ledger_is_not_guessed_at(tmp_path: Path, line: str) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_text(f'{{"balance": "50.00"}}\n{line}\n')

    with pytest.raises(DamagedLedger, match=r"Line 2 of the ledger .* cannot be read"):
        Sandbox(ledger=path)


def test_the_sandbox_stays_the_same_over_a_restart() -> None:
    with Sandbox() as sandbox:
        send(sandbox.url, NTC)
        sandbox.stop()
        with pytest.raises(ConnectionRefusedError):
            send(sandbox.url, NCELL)
        sandbox.start()
        send(sandbox.url, SMARTCELL)
        assert billed(sandbox) == [NTC, SMARTCELL]
