"""Machines, backups and orders of start: nobody is texted twice in any of them.

Every story has the same four parts. Some machines know each other and send; a backup is taken; more
happens; the database is set back, with or without a machine's folder, and folders may be lost; then
the machines start in some order. A person is truthful: asked what of a campaign went out, he says
all of it that did. Sociair's side is the truth, and outlives every restore.
"""

import logging
import shutil
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import permutations, product
from pathlib import Path
from typing import Any, Final

import pytest
from django.db import transaction
from django.db.models import F
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
from messaging.services import sociair, transport
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import control, drafts, handover
from messaging.services.campaigns.review import review_of
from messaging.services.gateway import doubts, holds
from messaging.services.money import balance
from messaging.services.sending import dispatch, slots
from tests.backups import Backup, Worker
from tests.proof.world import _reply
from tests.sending import numbers

pytestmark = pytest.mark.django_db

_PRICE: Final = 0.8
_MOMENTS: Final[dict[Any, list[str]]] = {
    Gateway: ["next_slot", "active_at", "swept_at", "held_at", "era_began_at", "silent_since"],
    Machine: ["joined_at", "seen_at", "vouched_at", "retired_at"],
    BalanceReading: ["asked_at", "read_at"],
    SentMessage: ["started_at", "ended_at"],
    Batch: ["claimed_at", "deadline"],
    Campaign: ["doubted_at"],
}


@dataclass(frozen=True)
class Story:
    """`before` and `after` say who does what around the backup, a step a letter: `a` lets machine A
    send, `+` lets all that run look in, `-` lets minutes pass, `!` is a person who releases. `back`
    are the folders that go back with the database, `lost` those that are lost, `order` who starts.
    """

    before: str
    after: str
    back: str
    lost: str
    order: str
    quick: bool

    def __str__(self) -> str:
        return f"{self.before}|{self.after}|back={self.back}|lost={self.lost}|{self.order}"


def stories() -> Iterator[Story]:
    """All of them, the simple ones first."""
    for before, after in product(_BEFORE, _AFTER):
        for back, lost in product(("", "A", "B"), ("", "A", "B", "AB", "ABC")):
            if set(back) & set(lost):
                continue
            for count in (1, 2, 3):
                for order in permutations("ABC", count):
                    # Where somebody was given up, or all goes back, it takes some minutes.
                    for quick in {not back and "!" not in after, False}:
                        yield Story(before, after, back, lost, "".join(order), quick)


# Who has joined and sent before the backup.
_BEFORE: Final = ("a", "ab++++a", "ab++++ab")
# What the backup does not know: sending, joining, and a person who gave somebody up.
_AFTER: Final = (
    "a",
    "aa",
    "b++++b",
    "ab++++b",
    "ccc",
    "c++++c",
    "c++++ca",
    "c-c!+++c",
    "b-b!+++bc++++c",
)

# Told each time: where a machine asks nobody, forgets whom it knew or does not compare when it
# starts, one of these ends with somebody who was texted twice.
_ALWAYS: Final = (
    Story("a", "c++++c", "", "", "A", quick=True),
    Story("ab++++a", "aa", "", "", "B", quick=True),
    Story("a", "ccc", "", "", "A", quick=True),
)


class Far:
    """Sociair: whom it has texted, and what is left of the money."""

    def __init__(self) -> None:
        self.texted: set[str] = set()
        self.twice: set[str] = set()

    def call(
        self, method: str, path: str, call: transport.Call, payload: Any = None
    ) -> sociair._Reply:
        if method == "GET":
            rates = dict.fromkeys(("ntc_rate", "ncell_rate", "smartcell_rate"), str(_PRICE))
            left = 100_000 - _PRICE * len(self.texted)
            return _reply(200, {"balance": f"{left:.2f}", **rates})
        mobiles = set(payload["mobile"].split(","))
        self.twice |= self.texted & mobiles  # an error here would be taken for a broken line
        self.texted |= mobiles
        return _reply(200, {"message": "Success! SMS has been sent", "ntc": len(mobiles)})


class Office:
    """Three machines, of which those run that were started."""

    def __init__(self, folder: Path, far: Far) -> None:
        self.far = far
        self.folder = folder
        self.machines = {name: Worker(folder / name) for name in "ABC"}
        self.running: set[str] = set()
        self.gateway = holds.current_gateway()
        self._compose()

    def _compose(self) -> None:
        draft = drafts.save_draft(
            form_uuid=uuid.uuid4(),
            text="School is closed tomorrow.",
            audience=Audience(numbers=",".join(numbers(16))),
            gateway=self.gateway,
            by=None,
        )
        seen = review_of(draft, balance.read_balance(self.gateway))
        handover.hand_over(draft, reviewed=handover.Reviewed.of(draft, seen), by=None)

    def follow(self, steps: Iterable[str]) -> None:
        for step in steps:
            if step == "+":
                self.look_in()
            elif step == "-":
                self.minutes_pass()
            elif step == "!":
                self.person_looks()
            else:
                self.send(step.upper())

    def start(self, name: str) -> None:
        self.machines[name].start()
        self.running.add(name)

    def send(self, name: str) -> None:
        """One call, if it may; a machine that does not run is started."""
        if name not in self.running:
            self.start(name)
        with self.machines[name]:
            dispatch.send_next(self.gateway, stopping=lambda seconds: True)
        assert not self.far.twice, f"{name} texted somebody twice"

    def look_in(self) -> None:
        """Seconds in which everybody who runs looks in."""
        for name in sorted(self.running):
            with self.machines[name]:
                slots.attend(self.gateway)

    def minutes_pass(self) -> None:
        ago = timedelta(minutes=4)
        for model, names in _MOMENTS.items():
            model.objects.update(**{name: F(name) - ago for name in names})
        Gateway.objects.update(balance_asked_at=None)

    def person_looks(self) -> None:
        """What is held goes on, and of every campaign he says what went out. Pages have the
        balance read before anybody signs by it.
        """
        holds.release(self.gateway, by=None)
        balance.read_balance(self.gateway)
        for campaign in Campaign.objects.filter(state=CampaignState.PAUSED):
            doubts.say(campaign, self._went_out(campaign), by=None)
            if campaign.state == CampaignState.PAUSED:
                control.resume(campaign, by=None)

    def _went_out(self, campaign: Campaign) -> int:
        """How many of those who wait, in their turn, until the last who has got it."""
        so_far = people = 0
        for batch in campaign.batches.filter(state=BatchState.QUEUED).order_by("id"):
            so_far += batch.size
            if self.far.texted & set(batch.recipients.values_list("mobile", flat=True)):
                people = so_far
        return people

    def copy_folders(self) -> None:
        for machine in self.machines.values():
            if machine.folder.exists():
                shutil.copytree(machine.folder, self.folder / "copies" / machine.folder.name)

    def set_back(self, backup: Backup, story: Story) -> None:
        backup.restore()
        for name in story.back:
            self.machines[name].lose_its_folder()
            if (copy := self.folder / "copies" / name).exists():
                shutil.copytree(copy, self.machines[name].folder)
        for name in story.lost:
            self.machines[name].lose_its_folder()
        self.running.clear()
        if not story.quick:
            self.minutes_pass()


def _tell(story: Story, folder: Path, patch: pytest.MonkeyPatch) -> None:
    far = Far()
    patch.setattr(sociair, "_call", far.call)
    with transaction.atomic():
        office = Office(folder, far)
        office.follow(story.before)
        backup = Backup()
        office.copy_folders()
        office.follow(story.after)
        office.set_back(backup, story)
        for name in story.order:
            office.start(name)
            office.follow(name.lower() * 2)
        office.follow("+++")
        office.follow(story.order.lower())
        office.follow("-+++!+++" + story.order.lower() * 3)
        office.follow("-+++!+++" + story.order.lower() * 3)
        transaction.set_rollback(True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("every", [149, pytest.param(7, marks=pytest.mark.long)])
def test_nobody_is_texted_twice(
    every: int, monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path
) -> None:
    monkeypatch.setattr(logging.root.manager, "disable", logging.CRITICAL)
    settings.SOCIAIR_BATCH_SIZE = 2
    told = [*_ALWAYS, *list(stories())[::every]]
    assert len(told) > 30
    for story in told:
        try:
            _tell(story, tmp_path / "office", monkeypatch)
        except AssertionError as twice:
            raise AssertionError(f"{story}: {twice}") from twice
