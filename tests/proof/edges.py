"""The only ways from one state to the next (docs/architecture.md), for whoever watches."""

from collections.abc import Mapping
from typing import Final

BATCH: Final[Mapping[str, set[str]]] = {
    "queued": {"sending", "cancelled", "unconfirmed"},  # the last by a word after a restore
    "sending": {
        *("accepted", "refused", "partly_refused", "unconfirmed"),
        *("queued", "split", "cancelled"),  # it is certain that nothing left
    },
    "unconfirmed": {
        *("accepted", "refused", "partly_refused"),  # by a late answer
        "settled",
    },
    "partly_refused": {"settled"},
}
CAMPAIGN: Final[Mapping[str, set[str]]] = {
    "draft": {"preparing", "cancelled"},
    "preparing": {"scheduled", "sending", "paused", "done", "cancelled"},
    "scheduled": {"sending", "paused", "overdue", "cancelled"},
    "sending": {"paused", "overdue", "done", "cancelled"},
    # Calls that were in flight may be the last ones.
    "paused": {"preparing", "scheduled", "sending", "done", "cancelled"},
    "overdue": {"sending", "done", "cancelled"},
}
RECIPIENT: Final[Mapping[str, set[str]]] = {
    "queued": {"sending", "cancelled", "opted_out", "unconfirmed"},
    "sending": {"queued", "accepted", "refused", "unconfirmed", "cancelled"},
    "unconfirmed": {"accepted", "refused", "not_sent"},
}


def forbidden(
    edges: Mapping[str, set[str]], before: Mapping[int, str], after: Mapping[int, str]
) -> list[str]:
    """What moved where it may not. States without a way out are ends; rows are never deleted."""
    wrong = [f"{key} is gone" for key in before.keys() - after.keys()]
    for key in before.keys() & after.keys():
        old, new = before[key], after[key]
        if old != new and new not in edges.get(old, set()):
            wrong.append(f"{key}: {old} → {new}")
    return wrong
