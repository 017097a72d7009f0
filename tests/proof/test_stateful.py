"""Claim, call, answer, crash, late answer, pause, cancel, hold, settle, jump of the clock, in any
order: no forbidden edge, nothing twice, nothing lost, and the counters add up."""

import itertools
import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pytest_django import Settings

from contacts.models import OptOut
from messaging.models import (
    Batch,
    BatchState,
    Campaign,
    CampaignState,
    Gateway,
    HoldKind,
    HoldReason,
    Machine,
    Recipient,
)
from messaging.services import sociair, transport
from messaging.services.campaigns import control
from messaging.services.gateway import holds, slot_record
from messaging.services.money import balance
from messaging.services.sending import claims, dispatch, record, slots
from messaging.services.sending.upkeep import sweep
from messaging.services.storage import clock
from tests.proof.outside import WHICH, PeopleAndTime
from tests.proof.watched import Flight
from tests.proof.world import ACCEPTED, HAPPENINGS, Happens, World

pytestmark = pytest.mark.django_db

_send = sociair.send
_clock = transport.now


class _Claimed(Exception):
    """A worker has claimed a batch and is about to call."""


class Portal(PeopleAndTime):
    @initialize(rejection=st.sampled_from(["ask", "none_sent", "valid_sent"]))
    def begin(self, rejection: str) -> None:
        self.settings.STATE_DIR = next(self.folders)
        self.settings.SOCIAIR_BATCH_SIZE = 2
        self.settings.SOCIAIR_PARTIAL_REJECTION = rejection
        self.world = World(rejection)
        self.patch.setattr(sociair, "_call", self.world.call)
        self.patch.setattr(transport, "now", lambda: _clock() + self.world.ahead)
        self.patch.setattr(sociair, "send", _caught)
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.gateway = holds.current_gateway()
        # The first of all machines, before anything waits: nobody needs to ask what was sent.
        assert slots.attend(self.gateway)
        self.clock_was_set = False
        self.flights = []
        self.saved = []
        self.compose(people=5, later=False)
        self.seen = self.look()

    def teardown(self) -> None:
        if not hasattr(self, "atomic"):
            return
        try:
            self.see_to_the_end()
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    @rule(include_large=st.booleans())
    def claim(self, include_large: bool) -> None:
        # A worker looks in every two seconds, however long the disk takes for this example.
        Machine.objects.update(seen_at=clock.moment())
        opted_out = set(OptOut.objects.values_list("mobile", flat=True))
        try:
            done = dispatch.send_next(
                self.gateway, include_large=include_large, stopping=lambda seconds: True
            )
        except _Claimed as claimed:
            self.flights.append(Flight(*claimed.args))
            batch = self.flights[-1].batch
            campaign = Campaign.objects.get(pk=batch.campaign_id)
            assert campaign.state == CampaignState.SENDING
            self.gateway.refresh_from_db()
            assert not self.gateway.is_held
            people = Recipient.objects.filter(batch=batch, state="sending")
            assert opted_out.isdisjoint(people.values_list("mobile", flat=True))
            return
        self.gateway.refresh_from_db()
        if done is dispatch.Round.HELD:
            assert self.gateway.is_held
        else:
            assert done is dispatch.Round.NOTHING
            sending = Campaign.objects.filter(state=CampaignState.SENDING)
            queued = Batch.objects.filter(campaign__in=sending, state=BatchState.QUEUED)
            assert not queued.exists(), "left behind"

    @precondition(lambda self: any(flight.sent is None for flight in self.flights))
    @rule(which=WHICH, happens=st.sampled_from(HAPPENINGS))
    def call(self, which: int, happens: Happens) -> None:
        waiting = [flight for flight in self.flights if flight.sent is None]
        self._call(waiting[which % len(waiting)], happens)

    def _call(self, flight: Flight, happens: Happens) -> None:
        self.world.next, self.world.calling = happens, flight.batch
        flight.sent = _send(flight.batch, flight.numbers, start_before=flight.start_before)

    @precondition(lambda self: any(flight.sent for flight in self.flights))
    @rule(which=WHICH, claims_along=st.booleans())
    def save(self, which: int, claims_along: bool) -> None:
        called = [flight for flight in self.flights if flight.sent]
        self._save(called[which % len(called)], claims_along=claims_along)

    def _save(self, flight: Flight, *, claims_along: bool = False) -> None:
        self.flights.remove(flight)
        if flight.sent is None:
            return
        Machine.objects.update(seen_at=clock.moment())
        leave = slots.glance(self.gateway) if claims_along else None
        along = partial(claims.claim_on, leave, include_large=True) if leave else None
        claim = record.record(flight.sent, along)
        self.saved.append(flight.sent)
        if claim is not None:
            slot_record.raise_to(self.gateway, claim.slot)
            self.flights.append(Flight(claim.batch, claim.numbers, claim.start_before))

    @rule(happens=st.sampled_from(HAPPENINGS), is_saved=st.booleans())
    def claim_call_save(self, happens: Happens, is_saved: bool) -> None:
        """As it mostly goes, with nothing in between."""
        self.one_round(happens, is_saved=is_saved)

    def one_round(self, happens: Happens, *, is_saved: bool) -> bool:
        before = len(self.flights)
        self.claim(include_large=True)
        if len(self.flights) == before:
            return False
        self.holds_true()
        flight = self.flights[-1]
        self._call(flight, happens)
        if is_saved:
            self._save(flight)
        return True

    @precondition(lambda self: self.saved)
    @rule()
    def save_once_more(self) -> None:
        """The commit went well, and its confirmation was lost."""
        before = self.look()
        record.record(self.saved[-1])
        assert before == self.look()

    @precondition(lambda self: self.flights)
    @rule(which=WHICH)
    def crash(self, which: int) -> None:
        del self.flights[which % len(self.flights)]

    @rule()
    def sweep(self) -> None:
        late = Batch.objects.filter(state=BatchState.SENDING, deadline__lt=timezone.now())
        lost = set(late.values_list("pk", flat=True))
        before = self.what_a_reading_ends()
        sweep(Gateway.objects.get(pk=self.gateway.pk))
        states = Batch.objects.filter(pk__in=lost).values_list("state", flat=True)
        assert set(states) <= {BatchState.UNCONFIRMED}
        if self.world.token_works:
            self._may_have_ended(before)

    @rule(works=st.booleans())
    def read_balance(self, works: bool) -> None:
        self.world.token_works = works
        throttled = holds.is_throttled(self.gateway)
        before = self.what_a_reading_ends()
        try:
            balance.read_balance(self.gateway)
        except sociair.BalanceUnknown:
            assert throttled or not self.world.token_works
        else:
            self._may_have_ended(before)

    def what_a_reading_ends(self) -> bool:
        """Whether a balance that can be read ends the hold: nothing of it is in doubt then."""
        self.gateway.refresh_from_db()
        return (
            self.gateway.hold_kind == HoldKind.TOKEN
            or self.gateway.hold_reason == HoldReason.UNREACHABLE
            or (
                self.gateway.hold_reason == HoldReason.UNCONFIRMED
                and not Batch.objects.filter(state=BatchState.UNCONFIRMED).exists()
            )
        )

    def _may_have_ended(self, ends: bool) -> None:
        if ends:
            self.seen.hold = None

    def see_to_the_end(self) -> None:
        """Whatever happened, time and a person bring everything to an end."""
        self.flights.clear()
        self.world.token_works = True  # what is due starts only when the balance can be read
        self.jump(60 + (13 * 3600 if self.clock_was_set else 0))
        for _time in range(20):
            self.sweep()
            self.holds_true()
            self.release()
            self.read_balance(works=True)
            for campaign in Campaign.objects.filter(state__in=["paused", "overdue"]):
                control.resume(campaign, by=None)
            self.holds_true()
            calls = len(self.saved)
            while self.one_round(ACCEPTED, is_saved=True):
                self.holds_true()
            if len(self.saved) == calls:
                break
        ends = {CampaignState.DRAFT, CampaignState.CANCELLED, CampaignState.DONE}
        self.holds_true()
        assert set(self.seen.campaigns.values()) <= ends
        assert not {BatchState.QUEUED, BatchState.SENDING} & set(self.seen.batches.values())


def _caught(batch: Batch, numbers: list[str], *, start_before: float) -> sociair.Sent:
    raise _Claimed(batch, numbers, start_before)


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[Path]:
    """A new machine for every example: what one sent must not hold the next."""
    return (tmp_path / str(number) for number in itertools.count())


@pytest.mark.parametrize(
    ("examples", "steps"), [(40, 40), pytest.param(600, 60, marks=pytest.mark.long)]
)
def test_any_order_of_events_loses_and_repeats_nothing(
    examples: int,
    steps: int,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    folders: Iterator[Path],
) -> None:
    monkeypatch.setattr(logging.root.manager, "disable", logging.CRITICAL)
    Portal.patch, Portal.settings, Portal.folders = monkeypatch, settings, folders
    run_state_machine_as_test(
        Portal,
        settings=hypothesis_settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
