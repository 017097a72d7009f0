"""Answers as a server writes them, and a worker that asks for them."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from pytest_django import Settings

from messaging.answers.outcomes import Outcome
from messaging.models import SentMessage
from messaging.services.gateway import holds
from messaging.services.sending import dispatch
from tests.raw_server import RawServer
from tests.sending import gateway_of_a_worker, hand_over, numbers


def answer_of(content: object, *headers: str, status: str = "HTTP/1.1 200 OK") -> bytes:
    body = json.dumps(content).encode()
    return "\r\n".join([status, f"Content-Length: {len(body)}", *headers, "", ""]).encode() + body


SUCCESS = {"message": "Success! SMS has been sent", "ntc": 1, "ncell": 0, "smartcell": 0}
YES = answer_of(SUCCESS)
NO = answer_of({"message": "Sorry! SMS could not be sent. Not enough balance"})
EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
PROCESSING = b"HTTP/1.1 102 Processing\r\n\r\n"
ACCEPTED, REFUSED = Outcome.ACCEPTED, Outcome.REFUSED
NO_ANSWER, UNREADABLE = Outcome.NO_ANSWER, Outcome.UNREADABLE


@dataclass
class Sender:
    """A worker that sends one batch after the other, with a clock that can be put forward."""

    settings: Settings
    ahead: float = 0.0

    def wait(self, seconds: float) -> None:
        self.ahead += seconds

    def send(
        self, server: RawServer, *pauses: float, between: Callable[[], None] | None = None
    ) -> list[str]:
        """A batch, and another one after each of the pauses; their outcomes."""
        self.settings.SOCIAIR_BASE_URL = server.url
        self.settings.SOCIAIR_BATCH_SIZE = 1
        gateway = gateway_of_a_worker()
        hand_over(gateway, numbers(len(pauses) + 1))
        for pause in (0, *pauses):
            self.wait(pause)
            holds.release(gateway, by=None)
            assert dispatch.send_next(gateway) is dispatch.Round.CALLED
            if between is not None:
                between()
        return list(SentMessage.objects.order_by("pk").values_list("outcome", flat=True))
