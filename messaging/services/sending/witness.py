"""Sociair's balance as a witness: did anything go out while no machine was there to note it?

When a whole machine is set back, its record goes back with its database, and only the account
tells. If money left it for no known message, the gateway is held and every campaign that is under
way is in doubt.
"""

from decimal import Decimal
from typing import Final

from django.conf import settings

from messaging.models import BalanceReading, Campaign, Gateway, HoldKind, HoldReason
from messaging.services import sociair
from messaging.services.decisions import evidence
from messaging.services.gateway import doubts, holds
from messaging.services.money import balance
from sociair_portal.common.sentences import noted, noted_label

_READINGS: Final = 500  # how many are searched for a quiet one before a person is asked


def ask_sociair(gateway: Gateway) -> bool:
    """Whether the balance shows no unknown call since the machines fell silent.

    False while Sociair does not tell, and after a hold.
    """
    gateway.refresh_from_db()
    if gateway.silent_since is None:
        return True
    if settings.SOCIAIR_SHARED_ACCOUNT or not _something_waits(gateway):
        return _let_go_on(gateway)
    before = evidence.quiet_before(gateway, gateway.silent_since, most=_READINGS)
    if before is None and not gateway.calls:
        return _let_go_on(gateway)  # nothing was ever handed over by a balance that was read
    if evidence.is_in_flight(gateway):
        return False  # in a minute no call is on its way, and the figures are exact
    if (now := _new_reading(gateway)) is None:
        return False
    if before is None:
        return _hold(gateway, noted("No earlier balance is known."))
    missing = before.balance - evidence.known(gateway, before.read_at) - now.balance
    undecided = evidence.undecided_cost(gateway, before.read_at)
    if _is_explained(missing, undecided, now):
        return _let_go_on(gateway)
    words = noted(
        "The balance is Rs %(balance)s instead of Rs %(expected)s.",
        balance=now.balance,
        expected=now.balance + missing,
    )
    return _hold(gateway, words)


def _is_explained(missing: Decimal, undecided: Decimal, now: BalanceReading) -> bool:
    """Whether exactly nothing left the account, or exactly what is undecided. Anything else leaves
    room for a message; so does a top-up, which hides what left.
    """
    message = min((rate for rate in now.rates.values() if rate), default=Decimal(1))
    return any(abs(missing - sum_) < message for sum_ in (Decimal(0), undecided))


def _hold(gateway: Gateway, words: str) -> bool:
    # Whatever else holds the gateway: no campaign goes on before someone has said what went out.
    doubts.doubt_all(gateway, why=noted_label(HoldReason.UNEXPLAINED.label))
    holds.hold(gateway, HoldKind.PERSON, HoldReason.UNEXPLAINED, words=words)
    _let_go_on(gateway)
    return False


def _something_waits(gateway: Gateway) -> bool:
    """Whether anything could be sent twice."""
    return Campaign.objects.under_way().filter(gateway=gateway).exists()


def _let_go_on(gateway: Gateway) -> bool:
    Gateway.objects.filter(pk=gateway.pk).update(silent_since=None)
    return True


def _new_reading(gateway: Gateway) -> BalanceReading | None:
    if not balance.may_ask(gateway):
        return None
    try:
        return balance.read_balance(gateway)
    except sociair.BalanceUnknown as unknown:
        # Sociair is asked again; meanwhile the pages say why nothing is sent.
        holds.hold_unreachable(gateway, words=unknown.reason)
        return None
