"""The steps of a worker at which tests stop it, and how they say so."""

from dataclasses import dataclass
from enum import StrEnum
from signal import SIGKILL, SIGSTOP, Signals
from typing import Self


class Step(StrEnum):
    """Where a worker can be struck. Each is a moment between two lines of the worker's own."""

    PREPARING = "preparing"  # in the middle of the transaction that freezes a piece
    BEFORE_CLAIM = "before-claim"
    CLAIMED = "claimed"  # committed, and no byte of the call is written
    CLAIMING_ALONG = "claiming-along"  # with the answer before it, and neither is committed
    CLAIMED_ALONG = "claimed-along"  # both are committed, and no byte of the call is written
    CALLING = "calling"  # the request is written, and no byte of the answer read
    ANSWERED = "answered"  # the answer is read, and nothing of it saved
    LOADING = "loading"  # in the middle of the transaction that loads a piece of an import
    SAVING = "saving"  # in the middle of the transaction that saves it


@dataclass(frozen=True)
class Strike:
    """A signal that a worker sends itself when it comes to a step for the n-th time."""

    step: Step
    nth: int = 1
    signal: Signals = SIGKILL

    def __str__(self) -> str:
        return f"{self.step}:{self.nth}:{self.signal.name}"

    @classmethod
    def read(cls, text: str) -> Self:
        step, nth, name = text.split(":")
        return cls(Step(step), int(nth), Signals[name])


def suspended_at(step: Step) -> Strike:
    return Strike(step, signal=SIGSTOP)
