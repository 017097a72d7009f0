"""The outcomes of a call to Sociair, a closed set, and the sentence that each says to the staff."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts.phone import Operator


class Outcome(StrEnum):
    """What happened to one call."""

    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"
    NO_ANSWER = "no_answer"
    WORKER_LOST = "worker_lost"
    UNREADABLE = "unreadable"
    TOKEN_REFUSED = "token_refused"
    THROTTLED = "throttled"
    TOO_LARGE = "too_large"
    MISCONFIGURED = "misconfigured"
    SERVER_ERROR = "server_error"
    ACCEPTED = "accepted"
    MISCOUNTED = "miscounted"
    CONTRACT_CHANGED = "contract_changed"
    ALL_INVALID = "all_invalid"
    SOME_INVALID = "some_invalid"
    REFUSED = "refused"
    UNKNOWN = "unknown"

    @property
    def is_unclear(self) -> bool:
        """Whether messages may have gone out, without anyone knowing which."""
        return self in _UNCLEAR

    @property
    def label(self) -> str | Promise:
        """One plain sentence for the staff."""
        return SENTENCES[self]


_UNCLEAR: Final = {
    Outcome.NO_ANSWER,
    Outcome.UNREADABLE,
    Outcome.SERVER_ERROR,
    Outcome.MISCOUNTED,
    Outcome.CONTRACT_CHANGED,
    Outcome.UNKNOWN,
}


SENTENCES: Final[dict[Outcome, str | Promise]] = {
    Outcome.UNREACHABLE: _(
        "Sociair could not be reached. Nothing was sent. The portal will try again."
    ),
    Outcome.CERTIFICATE: _("Sociair's security certificate is not trusted. Nothing was sent."),
    Outcome.NO_ANSWER: _(
        "Sociair did not answer. The messages may have gone out, so they were not sent again."
    ),
    Outcome.WORKER_LOST: _(
        "The worker stopped before it saved the answer. The messages may have gone out, so "
        "they were not sent again."
    ),
    Outcome.UNREADABLE: _(
        "Sociair's answer could not be read. The messages may have gone out, so they were not "
        "sent again."
    ),
    Outcome.TOKEN_REFUSED: _("Sociair refused the token. Nothing was sent."),
    Outcome.THROTTLED: _(
        "Sociair asked the portal to wait. Nothing was sent. The portal will try again."
    ),
    Outcome.TOO_LARGE: _("Sociair said the request is too large. Nothing was sent."),
    Outcome.MISCONFIGURED: _("Sociair does not allow this request. Nothing was sent."),
    Outcome.SERVER_ERROR: _(
        "Sociair had an error. The messages may have gone out, so they were not sent again."
    ),
    Outcome.ACCEPTED: _("Sociair accepted the messages."),
    Outcome.MISCOUNTED: _(
        "Sociair accepted the request, but its count differs from the portal's. Some messages "
        "may not have gone out. None were sent again."
    ),
    Outcome.CONTRACT_CHANGED: _(
        "Sociair's answer names a number that was not in the request. Its interface may have "
        "changed. The messages may have gone out, so they were not sent again."
    ),
    Outcome.ALL_INVALID: _("Sociair said all these numbers are invalid. Nothing was sent."),
    Outcome.SOME_INVALID: _(
        "Sociair said some of these numbers are invalid. It is not known whether the message "
        "went to the others, so nothing was sent again."
    ),
    Outcome.REFUSED: _("Sociair refused the message. Nothing was sent."),
    Outcome.UNKNOWN: _(
        "Sociair gave an answer that is not in its documentation. The messages may have gone "
        "out, so they were not sent again."
    ),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One call and what came back. `invalid` are the posted numbers named invalid, `retry_after`
    are seconds. `withheld` is how many bytes an answer had that is not kept, because the token was
    in it.
    """

    outcome: Outcome
    status: int | None = None
    error: str = ""
    words: str = ""
    raw: str = ""
    counts: Mapping[Operator, int] = field(default_factory=dict)
    invalid: frozenset[str] = frozenset()
    retry_after: float | None = None
    withheld: int | None = None
