"""Machines, backups and starts in any order: nobody is texted twice.

A person is truthful: asked what of a campaign went out, he says all of it that did. Sociair's side
is the truth, and outlives every restore.
"""

import itertools
import logging
import shutil
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pytest_django import Settings

from messaging.models import (
    BalanceReading,
    Batch,
    BatchState,
    Campaign,
    CampaignState,
    Gateway,
    Machine,
    SentMessage,
)
from messaging.services import (
    balance,
    campaigns,
    dispatch,
    doubts,
    holds,
    slots,
    sociair,
    transport,
)
from messaging.services.audience import Audience
from messaging.services.review import review
from tests.backups import Backup, Worker
from tests.proof.world import _reply
from tests.sending import numbers

pytestmark = pytest.mark.django_db

_MACHINES = 3
_PRICE = 0.8
_MOMENTS: dict[Any, list[str]] = {
    Gateway: ["next_slot", "active_at", "swept_at", "held_at", "era_began_at", "silent_since"],
    Machine: ["joined_at", "seen_at", "vouched_at", "retired_at"],
    BalanceReading: ["asked_at", "read_at"],
    SentMessage: ["started_at", "ended_at"],
    Batch: ["claimed_at", "deadline"],
    Campaign: ["sent_at", "doubted_at"],
}
_which = st.integers(0, _MACHINES - 1)


class Far:
    """Sociair: whom it has texted, and what is left of the money."""

    def __init__(self) -> None:
        self.texted: set[str] = set()

    def call(
        self, method: str, path: str, call: transport.Call, payload: Any = None
    ) -> sociair._Reply:
        if method == "GET":
            rates = dict.fromkeys(("ntc_rate", "ncell_rate", "smartcell_rate"), str(_PRICE))
            left = 100_000 - _PRICE * len(self.texted)
            return _reply(200, {"balance": f"{left:.2f}", **rates})
        mobiles = set(payload["mobile"].split(","))
        assert self.texted.isdisjoint(mobiles), "texted twice"
        self.texted |= mobiles
        return _reply(200, {"message": "Success! SMS has been sent", "ntc": len(mobiles)})


class Saved:
    """A backup of the database, and copies of the folders of that moment."""

    def __init__(self, workers: list[Worker], copies: Path) -> None:
        self.database = Backup()
        self.copies = copies
        self.was_retired = False
        for worker in workers:
            if worker.folder.exists():
                shutil.copytree(worker.folder, copies / worker.folder.name)

    def set_back(self, worker: Worker) -> None:
        worker.lose_its_folder()
        if (before := self.copies / worker.folder.name).exists():
            shutil.copytree(before, worker.folder)


class Machines(RuleBasedStateMachine):
    patch: pytest.MonkeyPatch
    folders: Iterator[Path]

    @initialize()
    def begin(self) -> None:
        self.folder = next(self.folders)
        self.far = Far()
        self.patch.setattr(sociair, "_call", self.far.call)
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.workers = [Worker(self.folder / f"m{n}") for n in range(_MACHINES)]
        self.gateway = holds.current_gateway()
        self.saved: list[Saved] = []
        self.copies = (self.folder / f"copy{n}" for n in itertools.count())
        self.people = itertools.count(1000, 10)
        self.compose(people=6)

    def teardown(self) -> None:
        if hasattr(self, "atomic"):
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    # -- What people do ----------------------------------------------------------------------

    @precondition(lambda self: Campaign.objects.count() < 4)
    @rule(people=st.integers(1, 8))
    def compose(self, people: int) -> None:
        mobiles = numbers(people, first=next(self.people))
        draft = campaigns.save_draft(
            form_uuid=uuid.uuid4(),
            text="School is closed tomorrow.",
            audience=Audience(numbers=",".join(mobiles)),
            gateway=self.gateway,
            by=None,
        )
        seen = review(draft, balance.read_balance(self.gateway))
        campaigns.hand_over(draft, reviewed=campaigns.Reviewed.of(draft, seen), by=None)

    @rule()
    def release(self) -> None:
        before = Machine.objects.filter(retired_at__isnull=False).count()
        holds.release(self.gateway, by=None)
        if Machine.objects.filter(retired_at__isnull=False).count() > before:
            for saved in self.saved:
                saved.was_retired = True

    @rule()
    def say_what_went_out_and_resume(self) -> None:
        for campaign in Campaign.objects.filter(state=CampaignState.PAUSED):
            queued = campaign.batches.filter(state=BatchState.QUEUED).order_by("id")
            so_far = people = 0
            for batch in queued:
                so_far += batch.size
                if self.far.texted & set(batch.recipients.values_list("mobile", flat=True)):
                    people = so_far
            doubts.say(campaign, people, by=None)
            if campaign.state == CampaignState.PAUSED:
                campaigns.resume(campaign, by=None)

    # -- What machines do --------------------------------------------------------------------

    @rule(which=_which)
    def start(self, which: int) -> None:
        self.workers[which].start()

    @rule(which=_which)
    def attend(self, which: int) -> None:
        with self.workers[which]:
            slots.attend(self.gateway)

    @rule(which=_which)
    def all_attend(self, which: int) -> None:
        """Some seconds in which all workers run."""
        for worker in (self.workers * 3)[which:]:
            with worker:
                slots.attend(self.gateway)

    @rule(which=_which, calls=st.integers(1, 3))
    def send(self, which: int, calls: int) -> None:
        with self.workers[which]:
            for _call in range(calls):
                dispatch.send_next(self.gateway, stopping=lambda seconds: True)

    @rule(minutes=st.sampled_from([1, 4]))
    def time_passes(self, minutes: int) -> None:
        ago = timedelta(minutes=minutes)
        for model, names in _MOMENTS.items():
            model.objects.update(**{name: F(name) - ago for name in names})
        Gateway.objects.update(balance_asked_at=None)

    # -- What goes wrong ---------------------------------------------------------------------

    @rule(which=_which)
    def lose_a_folder(self, which: int) -> None:
        self.workers[which].lose_its_folder()

    @precondition(lambda self: len(self.saved) < 3)
    @rule()
    def back_up(self) -> None:
        self.saved.append(Saved(self.workers, next(self.copies)))

    @precondition(lambda self: self.saved)
    @rule(which=st.integers(0, 2), is_quick=st.booleans())
    def restore(self, which: int, is_quick: bool) -> None:
        """The database alone. Where somebody was given up since, it takes some minutes."""
        saved = self.saved[which % len(self.saved)]
        saved.database.restore()
        if saved.was_retired or not is_quick:
            self.time_passes(4)
        self._all_start()

    @precondition(lambda self: self.saved)
    @rule(which=st.integers(0, 2), machine=_which)
    def set_back_as_a_whole(self, which: int, machine: int) -> None:
        """The database, and the folder of the machine that it is on."""
        saved = self.saved[which % len(self.saved)]
        saved.database.restore()
        saved.set_back(self.workers[machine])
        self.time_passes(4)
        self._all_start()

    def _all_start(self) -> None:
        for worker in self.workers:
            worker.start()


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[Path]:
    return (tmp_path / str(number) for number in itertools.count())


@pytest.mark.parametrize(
    ("examples", "steps"), [(40, 40), pytest.param(500, 50, marks=pytest.mark.long)]
)
def test_nobody_is_texted_twice(
    examples: int,
    steps: int,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    folders: Iterator[Path],
) -> None:
    monkeypatch.setattr(logging.root.manager, "disable", logging.CRITICAL)
    settings.SOCIAIR_BATCH_SIZE = 2
    Machines.patch, Machines.folders = monkeypatch, folders
    run_state_machine_as_test(
        Machines,
        settings=hypothesis_settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
