"""The format of a kept answer's file: one call to Sociair and its answer, as JSON."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from contacts.phone import Operator
from messaging.answers.outcomes import Answer, Outcome
from messaging.services.sociair import Sent


class Torn(Exception):
    """A file that does not say what happened to a call."""


@dataclass(frozen=True, slots=True)
class FoundAnswer:
    """What a file says: a call that was made for one claim of a batch, and its answer."""

    gateway: str
    batch: int
    attempt: int
    claimed_at: datetime
    numbers: list[str]
    answer: Answer
    started_at: datetime
    ended_at: datetime


def written(sent: Sent) -> bytes:
    """A call and its answer as a file's content, for `read`."""
    claimed_at = sent.batch.claimed_at
    said = {
        "gateway": settings.SOCIAIR_BASE_URL,
        "batch": sent.batch.pk,
        "try": sent.batch.tries,
        "claimed_at": claimed_at.isoformat() if claimed_at else "",
        "numbers": sent.numbers,
        "started_at": sent.started_at.isoformat(),
        "ended_at": sent.ended_at.isoformat(),
        "answer": asdict(sent.answer) | {"invalid": sorted(sent.answer.invalid)},
    }
    return json.dumps(said).encode()


def read(content: bytes) -> FoundAnswer:
    """What a file's content says. Raises `Torn`."""
    try:
        said: Any = json.loads(content)
        return FoundAnswer(
            gateway=said["gateway"],
            batch=int(said["batch"]),
            attempt=int(said["try"]),
            claimed_at=datetime.fromisoformat(said["claimed_at"]),
            numbers=[str(number) for number in said["numbers"]],
            answer=_answer(said["answer"]),
            started_at=datetime.fromisoformat(said["started_at"]),
            ended_at=datetime.fromisoformat(said["ended_at"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Torn from error


def _answer(said: dict[str, Any]) -> Answer:
    return Answer(
        **said
        | {
            "outcome": Outcome(said["outcome"]),
            "counts": {Operator(name): count for name, count in said["counts"].items()},
            "invalid": frozenset(said["invalid"]),
        }
    )
