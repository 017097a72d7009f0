"""Answers in the words of Sociair, and the verdict on them."""

import json
from datetime import UTC, datetime
from typing import Any

from requests.structures import CaseInsensitiveDict

from messaging.answers.classification import classify
from messaging.answers.outcomes import Answer

A, B, C = "9841234567", "9801234567", "9611234567"
POSTED = (A, B, C)
NOW = datetime(2026, 11, 22, 8, 20, tzinfo=UTC)
SUCCESS = {"message": "Success! SMS has been sent", "ntc": 1, "ncell": 1, "smartcell": 1}
SORRY = "Sorry! SMS could not be sent. Invalid mobile number"
NO_COUNTS = {"ntc": 0, "ncell": 0, "smartcell": 0, "other": 0}
UNAUTHENTICATED = {"message": "Unauthenticated"}


def verdict(
    content: Any,
    status: int = 200,
    headers: dict[str, str] | None = None,
    posted: tuple[str, ...] = POSTED,
) -> Answer:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return classify(
        status=status, headers=CaseInsensitiveDict(headers), body=body, posted=posted, now=NOW
    )


def named(numbers: object) -> dict[str, object]:
    return {"message": SORRY, "ntc": 1, "other": 1, "invalid_number": numbers}
