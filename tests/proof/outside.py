"""What people and the far side do to a portal: compose, decide, opt out; hold it, and pass time."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from contacts.models import OptOut
from messaging.models import BalanceReading, Batch, Campaign, Gateway, HoldKind, HoldReason, Verdict
from messaging.services.campaigns import control
from messaging.services.decisions import second_try, settlement
from messaging.services.gateway import holds
from messaging.services.money import affordability, balance
from tests.proof.watched import Watched
from tests.sending import hand_over, numbers, reading

_POOL = numbers(6)
_MOST = 4  # campaigns
_JUMPS = [1, 4, 6, 9, 70, 16 * 60, 3 * 3600]  # seconds; a call takes 3, a deadline is 8 away
WHICH = st.integers(0, 9)
_MOMENTS: dict[Any, list[str]] = {
    Gateway: ["next_slot", "active_at", "swept_at", "wake_at", "held_at", "held_until"],
    Campaign: ["created_at", "scheduled_for", "sent_at", "resumed_at"],
    Batch: ["claimed_at", "deadline"],
    BalanceReading: ["asked_at", "read_at"],
}


class PeopleAndTime(Watched):
    @precondition(lambda self: Campaign.objects.count() < _MOST)
    @rule(people=st.integers(1, len(_POOL)), later=st.booleans())
    def compose(self, people: int, later: bool) -> None:
        at = timezone.now() + timedelta(seconds=60) if later else None
        opted_out = set(OptOut.objects.values_list("mobile", flat=True))
        try:
            hand_over(self.gateway, _POOL[:people], at=at)
        except affordability.SendRefused:
            assert opted_out.issuperset(_POOL[:people])

    @rule(which=WHICH, do=st.sampled_from([control.pause, control.resume, control.cancel]))
    def control(self, which: int, do: Callable[..., bool]) -> None:
        try:
            do(self.campaign(which), by=None)
        except affordability.SendRefused:  # the balance is too old to sign by
            assert do is control.resume
            assert not balance.is_fresh(balance.latest(self.gateway))

    @rule(mobile=st.sampled_from(_POOL[:3]))
    def opt_out(self, mobile: str) -> None:
        OptOut.objects.get_or_create(mobile=mobile)

    @rule(which=WHICH, verdict=st.sampled_from(Verdict), some=st.integers(1, 3))
    def settle(self, which: int, verdict: Verdict, some: int) -> None:
        campaign = self.campaign(which)
        batches = _undecided(campaign)[:some]
        before = campaign.unconfirmed
        people = settlement.settle(campaign, batches, verdict, by=None, why="They told us.")
        assert campaign.unconfirmed == before - people

    @precondition(lambda self: Campaign.objects.count() < _MOST)
    @rule(which=WHICH)
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


def _undecided(campaign: Campaign) -> list[int]:
    return list(settlement.undecided(campaign).order_by("pk").values_list("pk", flat=True))
