"""A portal that is looked at after every step: what must be true at every moment."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db.models import Sum
from hypothesis.stateful import RuleBasedStateMachine, invariant
from pytest_django import Settings

from messaging.models import Batch, BatchState, Campaign, CampaignState, Gateway, SentMessage
from messaging.services import sociair
from tests.proof import edges
from tests.proof.sight import COUNTED, Sight, is_no_weaker
from tests.proof.world import World


@dataclass
class Flight:
    """One try of a batch in the hands of a worker. `sent` once it has called."""

    batch: Batch
    numbers: list[str]
    start_before: float
    sent: sociair.Sent | None = None


class Watched(RuleBasedStateMachine):
    patch: pytest.MonkeyPatch
    settings: Settings
    folders: Iterator[Path]
    world: World
    gateway: Gateway
    clock_was_set: bool
    flights: list[Flight]
    saved: list[sociair.Sent]
    seen: Sight

    def campaign(self, which: int) -> Campaign:
        found = list(Campaign.objects.order_by("id"))
        return found[which % len(found)]

    def look(self) -> Sight:
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
        assert is_no_weaker(before.hold, now.hold)
        self._check_people(now)
        self._check_counters(now)
        self._check_money()

    def _check_people(self, now: Sight) -> None:
        for campaign, mobile, state, batch in now.people:
            went_out = mobile in self.world.went_out[campaign]
            if state == "accepted" and now.batches[batch] != BatchState.SETTLED:
                assert went_out, "accepted, and it did not go out"
            if state in ("queued", "refused", "cancelled", "opted_out"):
                assert not went_out, f"{state}, and it went out"
            is_in_flight = now.batches[batch] == BatchState.SENDING and state != "opted_out"
            assert (state == "sending") == is_in_flight

    @staticmethod
    def _check_counters(now: Sight) -> None:
        counted = Counter((campaign, state) for campaign, _mobile, state, _batch in now.people)
        for counters in now.counters:
            pk, state = counters["pk"], counters["state"]
            pending = counted[pk, "queued"] + counted[pk, "sending"]
            assert counters["pending"] == pending
            assert all(counters[name] == counted[pk, name] for name in COUNTED)
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

    @staticmethod
    def _check_money() -> None:
        calls = SentMessage.objects.values_list("batch__campaign").annotate(Sum("cost"))
        cost = dict(calls.order_by())
        for pk, spent in Campaign.objects.values_list("pk", "spent"):
            assert spent == cost.get(pk, 0)
