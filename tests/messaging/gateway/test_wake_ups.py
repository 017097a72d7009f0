"""At the end of a hold one sender is woken, once."""

from functools import partial

import pytest
from huey.contrib.djhuey import HUEY

from messaging import tasks
from messaging.models import Campaign, Gateway, HoldKind
from messaging.services.gateway import holds
from tests.at_once import at_once
from tests.messaging.gateway.holds_support import PERSON, TIMED, TOKEN, hold
from tests.sending import hand_over, numbers

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_one_of_many_senders_reserves_the_wake_up(gateway: Gateway) -> None:
    hold(gateway, TIMED)
    woken = at_once([partial(_reserve, gateway.pk)] * 6)
    gateway.refresh_from_db()
    assert [at for at in woken if at is not None] == [gateway.held_until]
    assert holds.reserve_wake_up(gateway) is None


def _reserve(gateway_id: int) -> object:
    return holds.reserve_wake_up(Gateway.objects.get(pk=gateway_id))


def test_a_hold_that_grew_is_waited_for_anew(gateway: Gateway) -> None:
    holds.hold_throttled(gateway, retry_after=10)
    assert holds.reserve_wake_up(gateway) is not None
    holds.hold_throttled(gateway, retry_after=60)
    gateway.refresh_from_db()
    assert holds.reserve_wake_up(gateway) == gateway.held_until


def test_a_shorter_hold_after_a_release_is_waited_for(gateway: Gateway) -> None:
    holds.hold_throttled(gateway, retry_after=600)
    assert holds.reserve_wake_up(gateway) is not None
    holds.release(gateway, by=None)
    holds.hold_unreachable(gateway)
    gateway.refresh_from_db()
    assert holds.reserve_wake_up(gateway) == gateway.held_until


@pytest.mark.parametrize("kind", [TOKEN, PERSON])
def test_no_wake_up_for_a_hold_without_an_end(kind: HoldKind, gateway: Gateway) -> None:
    hold(gateway, kind)
    assert holds.reserve_wake_up(gateway) is None


def test_a_sender_that_meets_a_timed_hold_leaves_one_wake_up_behind(gateway: Gateway) -> None:
    HUEY.flush()
    campaign = hand_over(gateway, numbers(1))
    holds.hold_throttled(gateway, retry_after=60)
    for _sender in range(3):
        tasks.send.call_local()
    gateway.refresh_from_db()
    [woken] = HUEY.pending()
    assert gateway.held_until is not None
    # Huey's times are in UTC without saying so.
    assert woken.eta == gateway.held_until.replace(tzinfo=None)
    assert Campaign.objects.get(pk=campaign.pk).pending == 1
    HUEY.flush()
