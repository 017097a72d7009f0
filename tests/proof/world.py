"""A gateway without a network, and the truth about it, for the stateful test."""

import json
import socket
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from messaging.models import Batch, BatchState
from messaging.services import sociair, transport


@dataclass(frozen=True)
class Happens:
    """What a call comes to: did the messages go out, and does its answer prove that they did not?

    Without a status there is no answer. `names` of the numbers are called invalid.
    """

    name: str
    sent: bool = False
    certain: bool = False
    status: int | None = 200
    says: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    names: int = 0

    def __repr__(self) -> str:
        return self.name


def _refusal(name: str, status: int, message: str, **headers: str) -> Happens:
    return Happens(name, certain=True, status=status, says={"message": message}, headers=headers)


ACCEPTED: Final = Happens("accepted", sent=True)
NOT_REACHED: Final = Happens("not reached", certain=True)
_INVALID: Final = "Sorry! SMS could not be sent. Invalid mobile number"
HAPPENINGS: Final = [
    *[ACCEPTED] * 4,
    NOT_REACHED,
    Happens("some invalid, others sent", sent=True, names=1),
    Happens("some invalid, none sent", names=1),
    Happens("all invalid", names=99),
    Happens("cut off, sent", sent=True, status=None),
    Happens("cut off, not sent", status=None),
    Happens("failed, sent", sent=True, status=500, says={"message": "Server Error"}),
    Happens("failed, not sent", status=503, says={"message": "Service Unavailable"}),
    Happens("miscounted", sent=True, says={"message": "Success!", "ntc": 77}),
    Happens("foreign", sent=True, says={"message": _INVALID, "invalid_number": ["9899999999"]}),
    _refusal("scam", 200, "Sorry! SMS could not be sent."),
    _refusal("token refused", 401, "Unauthenticated."),
    _refusal("throttled", 429, "Too Many Attempts.", **{"Retry-After": "5"}),
    _refusal("too large", 413, "The POST data is too large."),
    _refusal("forbidden", 403, "This action is unauthorized."),
]
_BALANCE: Final = {
    "balance": "10000.00",
    **dict.fromkeys(("ntc_rate", "ncell_rate", "smartcell_rate"), "0.80"),
}


class World:
    """The far side: what went out, what may have, and what time it is."""

    def __init__(self, partial: str) -> None:
        self.partial = partial  # what the account's owner found out, and it is true
        self.token_works = True
        self.ahead = 0.0  # seconds that clocks have jumped
        self.next = ACCEPTED
        self.calling: Batch | None = None
        self.went_out: dict[int, set[str]] = defaultdict(set)
        self.may_have_gone_out: dict[int, set[str]] = defaultdict(set)

    def call(
        self, method: str, path: str, call: transport.Call, payload: Any = None
    ) -> sociair._Reply:
        """In place of the one request that `sociair` makes."""
        if method == "GET":
            found = (200, _BALANCE) if self.token_works else (401, {"message": "Unauthenticated."})
            return _reply(*found)
        if self.next is NOT_REACHED:
            raise ConnectionRefusedError
        with socket.socket() as unconnected:
            call.begin(unconnected)
        numbers = payload["mobile"].split(",")
        self._post(numbers)
        if self.next.status is None:
            raise ConnectionResetError
        return _reply(self.next.status, self._says(numbers), self.next.headers)

    def _post(self, numbers: list[str]) -> None:
        batch = self.calling
        assert batch is not None
        owned = Batch.objects.filter(pk=batch.pk, state=BatchState.SENDING, tries=batch.tries)
        assert owned.exists(), "posted what it no longer owns"
        gone = self.may_have_gone_out[batch.campaign_id]
        assert gone.isdisjoint(numbers), "posted again, though it may have gone out"
        others = set(numbers[self.next.names :])
        sent = self.next.sent if not self.next.names or self.partial == "ask" else self._valid_sent
        if sent:
            self.went_out[batch.campaign_id] |= others
        if sent or not (self.next.certain or (self.next.names and self.partial == "none_sent")):
            gone |= others

    @property
    def _valid_sent(self) -> bool:
        return self.partial == "valid_sent"

    def _says(self, numbers: list[str]) -> Mapping[str, Any]:
        if self.next.names:
            return {"message": _INVALID, "invalid_number": numbers[: self.next.names]}
        return self.next.says or {"message": "Success! SMS has been sent", "ntc": len(numbers)}


def _reply(
    status: int, says: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> sociair._Reply:
    return sociair._Reply(status, headers or {}, json.dumps(says).encode())
