"""Claim, call, answer, crash, late answer, pause, cancel, hold, settle, jump of the clock, in any
order: no forbidden edge, nothing twice, nothing lost, and the counters add up."""

import itertools
import logging
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pytest_django import Settings

from contacts.models import OptOut
from messaging.models import (
    BalanceReading,
    Batch,
    BatchState,
    Campaign,
    CampaignState,
    Gateway,
    HoldKind,
    HoldReason,
    Machine,
    Recipient,
    Verdict,
)
from messaging.services import sociair, transport
from messaging.services.campaigns import control
from messaging.services.decisions import second_try, settlement
from messaging.services.gateway import holds
from messaging.services.money import affordability, balance
from messaging.services.sending import dispatch, record, slots
from messaging.services.sending.upkeep import sweep
from messaging.services.storage import clock
from tests.proof import edges
from tests.proof.world import ACCEPTED, HAPPENINGS, Happens, World
from tests.sending import hand_over, numbers, reading

pytestmark = pytest.mark.django_db

_POOL = numbers(6)
_MOST = 4  # campaigns
_JUMPS = [1, 4, 6, 9, 70, 16 * 60, 3 * 3600]  # seconds; a call takes 3, a deadline is 8 away
_RANKS = list(HoldKind)
_which = st.integers(0, 9)
_send = sociair.send
_clock = transport.now


class _Claimed(Exception):
    """A worker has claimed a batch and is about to call."""


@dataclass
class Flight:
    """One try of a batch in the hands of a worker. `sent` once it has called."""

    batch: Batch
    start_before: float
    sent: sociair.Sent | None = None


class Portal(RuleBasedStateMachine):
    patch: pytest.MonkeyPatch
    settings: Settings
    folders: Iterator[Path]

    # -- The world ---------------------------------------------------------------------------

    @initialize(partial=st.sampled_from(["ask", "none_sent", "valid_sent"]))
    def begin(self, partial: str) -> None:
        self.settings.STATE_DIR = next(self.folders)
        self.settings.SOCIAIR_BATCH_SIZE = 2
        self.settings.SOCIAIR_PARTIAL_REJECTION = partial
        self.world = World(partial)
        self.patch.setattr(sociair, "_call", self.world.call)
        self.patch.setattr(transport, "now", lambda: _clock() + self.world.ahead)
        self.patch.setattr(sociair, "send", _caught)
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.gateway = holds.current_gateway()
        # The first of all machines, before anything waits: nobody needs to ask what was sent.
        assert slots.attend(self.gateway)
        self.clock_was_set = False
        self.flights: list[Flight] = []
        self.saved: list[sociair.Sent] = []
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

    def campaign(self, which: int) -> Campaign:
        found = list(Campaign.objects.order_by("id"))
        return found[which % len(found)]

    # -- What people do ----------------------------------------------------------------------

    @precondition(lambda self: Campaign.objects.count() < _MOST)
    @rule(people=st.integers(1, len(_POOL)), later=st.booleans())
    def compose(self, people: int, later: bool) -> None:
        at = timezone.now() + timedelta(seconds=60) if later else None
        opted_out = set(OptOut.objects.values_list("mobile", flat=True))
        try:
            hand_over(self.gateway, _POOL[:people], at=at)
        except affordability.SendRefused:
            assert opted_out.issuperset(_POOL[:people])

    @rule(which=_which, do=st.sampled_from([control.pause, control.resume, control.cancel]))
    def control(self, which: int, do: Callable[..., bool]) -> None:
        try:
            do(self.campaign(which), by=None)
        except affordability.SendRefused:  # the balance is too old to sign by
            assert do is control.resume
            assert not balance.is_fresh(balance.latest(self.gateway))

    @rule(mobile=st.sampled_from(_POOL[:3]))
    def opt_out(self, mobile: str) -> None:
        OptOut.objects.get_or_create(mobile=mobile)

    @rule(which=_which, verdict=st.sampled_from(Verdict), some=st.integers(1, 3))
    def settle(self, which: int, verdict: Verdict, some: int) -> None:
        campaign = self.campaign(which)
        batches = _undecided(campaign)[:some]
        before = campaign.unconfirmed
        people = settlement.settle(campaign, batches, verdict, by=None, why="They told us.")
        assert campaign.unconfirmed == before - people

    @precondition(lambda self: Campaign.objects.count() < _MOST)
    @rule(which=_which)
    def send_again(self, which: int) -> None:
        campaign = self.campaign(which)
        if batches := _undecided(campaign):
            people = second_try.unconfirmed_of(campaign, batches).count()
            reading(self.gateway)
            form = uuid.uuid4()
            same = [
                second_try.send_again(
                    campaign, batches, form_uuid=form, people=people, by=None, why="Again."
                )
                for _click in range(2)
            ]
            assert same[0] == same[1]
            assert same[0].total == people

    @rule()
    def release(self) -> None:
        self.gateway.refresh_from_db()
        may = self.gateway.hold_kind in (HoldKind.PERSON, HoldKind.TIMED)
        assert holds.release(self.gateway, by=None) == may
        self.seen.hold = None

    # -- What the far side does --------------------------------------------------------------

    @rule(kind=st.sampled_from([HoldKind.TIMED, HoldKind.TOKEN, HoldKind.PERSON]))
    def hold(self, kind: HoldKind) -> None:
        self.world.token_works = kind is not HoldKind.TOKEN
        until = timezone.now() + timedelta(seconds=7) if kind is HoldKind.TIMED else None
        holds.hold(self.gateway, kind, HoldReason.MISCONFIGURED, until=until)

    @rule(seconds=st.sampled_from(_JUMPS))
    def jump(self, seconds: int) -> None:
        """Time passes: what is written down is so much longer ago."""
        self.world.ahead += seconds
        ago = timedelta(seconds=seconds)
        self._move_claims(-ago)
        for model, names in _MOMENTS.items():
            model.objects.update(**{name: F(name) - ago for name in names})
        if self.seen.hold is not None and self.seen.hold[1] is not None:
            self.seen.hold = (self.seen.hold[0], self.seen.hold[1] - ago)

    def _move_claims(self, by: timedelta) -> None:
        """Those in workers' hands are of the same moment as those that are written down."""
        hands = [flight.batch for flight in self.flights] + [sent.batch for sent in self.saved]
        for batch in {id(batch): batch for batch in hands}.values():
            if batch.claimed_at is not None:
                batch.claimed_at += by

    @precondition(lambda self: not self.clock_was_set)
    @rule(hours=st.sampled_from([-12, 12]))
    def set_the_clock(self, hours: int) -> None:
        """It was wrong, or is from now on; what is written down is so much nearer, or farther."""
        self.clock_was_set = True
        by = timedelta(hours=hours)
        self._move_claims(by)
        for model, names in _MOMENTS.items():
            model.objects.update(**{name: F(name) + by for name in names})
        if self.seen.hold is not None and self.seen.hold[1] is not None:
            self.seen.hold = None  # not believed, or over

    # -- What workers do ---------------------------------------------------------------------

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
    @rule(which=_which, happens=st.sampled_from(HAPPENINGS))
    def call(self, which: int, happens: Happens) -> None:
        waiting = [flight for flight in self.flights if flight.sent is None]
        self._call(waiting[which % len(waiting)], happens)

    def _call(self, flight: Flight, happens: Happens) -> None:
        self.world.next, self.world.calling = happens, flight.batch
        flight.sent = _send(flight.batch, start_before=flight.start_before)

    @precondition(lambda self: any(flight.sent for flight in self.flights))
    @rule(which=_which)
    def save(self, which: int) -> None:
        called = [flight for flight in self.flights if flight.sent]
        self._save(called[which % len(called)])

    def _save(self, flight: Flight) -> None:
        self.flights.remove(flight)
        if flight.sent is not None:
            record.record(flight.sent)
            self.saved.append(flight.sent)

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
    @rule(which=_which)
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

    # -- What must be true at every moment ---------------------------------------------------

    def look(self) -> "Sight":
        return Sight.now(self.gateway)

    @invariant()
    def holds_true(self) -> None:
        if not hasattr(self, "seen"):
            return
        before, now = self.seen, self.look()
        self.seen = now
        assert not edges.forbidden(edges.BATCH, before.batches, now.batches)
        assert not edges.forbidden(edges.CAMPAIGN, before.campaigns, now.campaigns)
        assert not edges.forbidden(edges.RECIPIENT, before.recipients, now.recipients)
        assert _is_no_weaker(before.hold, now.hold)
        self._check_people(now)
        self._check_counters(now)

    def _check_people(self, now: "Sight") -> None:
        for campaign, mobile, state, batch in now.people:
            went_out = mobile in self.world.went_out[campaign]
            if state == "accepted" and now.batches[batch] != BatchState.SETTLED:
                assert went_out, "accepted, and it did not go out"
            if state in ("queued", "refused", "cancelled", "opted_out"):
                assert not went_out, f"{state}, and it went out"
            is_in_flight = now.batches[batch] == BatchState.SENDING and state != "opted_out"
            assert (state == "sending") == is_in_flight

    @staticmethod
    def _check_counters(now: "Sight") -> None:
        counted = Counter((campaign, state) for campaign, _mobile, state, _batch in now.people)
        for counters in now.counters:
            pk, state = counters["pk"], counters["state"]
            pending = counted[pk, "queued"] + counted[pk, "sending"]
            assert counters["pending"] == pending
            assert all(counters[name] == counted[pk, name] for name in _COUNTED)
            if state == CampaignState.DONE:
                assert not pending
            elif state == CampaignState.CANCELLED:
                assert not counted[pk, "queued"], "cancelled, and would still go out"
            elif state != CampaignState.DRAFT:
                assert pending, "over, and not done"
        whole = {BatchState.QUEUED, BatchState.SENDING, BatchState.ACCEPTED, BatchState.UNCONFIRMED}
        sizes = Counter(
            batch for _campaign, _mobile, state, batch in now.people if state != "opted_out"
        )
        for batch, size in now.sizes.items():
            if now.batches[batch] in whole:
                assert size == sizes[batch]

    # -- The end -----------------------------------------------------------------------------

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


_COUNTED = ["accepted", "refused", "unconfirmed", "not_sent", "cancelled", "opted_out"]
_MOMENTS: dict[Any, list[str]] = {
    Gateway: ["next_slot", "active_at", "swept_at", "wake_at", "held_at", "held_until"],
    Campaign: ["created_at", "scheduled_for", "sent_at", "resumed_at"],
    Batch: ["claimed_at", "deadline"],
    BalanceReading: ["asked_at", "read_at"],
}


def _caught(batch: Batch, *, start_before: float) -> sociair.Sent:
    raise _Claimed(batch, start_before)


def _undecided(campaign: Campaign) -> list[int]:
    return list(settlement.undecided(campaign).order_by("pk").values_list("pk", flat=True))


@dataclass
class Sight:
    """What can be seen of everything at one moment."""

    batches: dict[int, str]
    sizes: dict[int, int]
    campaigns: dict[int, str]
    recipients: dict[int, str]
    people: list[tuple[int, str, str, int]]  # campaign, number, state, batch
    counters: list[dict[str, Any]]
    hold: Any

    @classmethod
    def now(cls, gateway: Gateway) -> "Sight":
        gateway.refresh_from_db()
        batches = list(Batch.objects.values_list("pk", "state", "size"))
        counters = list(Campaign.objects.order_by("pk").values("pk", "state", "pending", *_COUNTED))
        people = list(
            Recipient.objects.order_by("pk").values_list(
                "pk", "campaign_id", "mobile", "state", "batch_id"
            )
        )
        return cls(
            batches={pk: state for pk, state, _size in batches},
            sizes={pk: size for pk, _state, size in batches},
            campaigns={row["pk"]: row["state"] for row in counters},
            recipients={pk: state for pk, _campaign, _mobile, state, _batch in people},
            people=[row[1:] for row in people],
            counters=counters,
            hold=(HoldKind(gateway.hold_kind), gateway.held_until) if gateway.is_held else None,
        )


def _is_no_weaker(before: Any, now: Any) -> bool:
    """A hold that was not released, and whose time is not over, is still there."""
    if before is None or (before[0] is HoldKind.TIMED and before[1] <= timezone.now()):
        return True
    if now is None:
        return False
    if before[0] is now[0] is HoldKind.TIMED:
        return bool(now[1] >= before[1])
    return _RANKS.index(now[0]) >= _RANKS.index(before[0])


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
