"""The outcomes of a call to Sociair, a closed set, and the sentence that each says to the staff."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts.phone import Operator


class Outcome(StrEnum):
    """What became of one call."""

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
        """Whether messages may have gone out, without anybody knowing which."""
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
        "Sociair could not be reached. Nothing was sent; it will be tried again."
    ),
    Outcome.CERTIFICATE: _("Sociair's certificate could not be trusted. Nothing was sent."),
    Outcome.NO_ANSWER: _(
        "Sociair did not answer. The messages may have gone out; they were not sent again."
    ),
    Outcome.WORKER_LOST: _(
        "The worker stopped before the answer was saved. The messages may have gone out; "
        "they were not sent again."
    ),
    Outcome.UNREADABLE: _(
        "Sociair's answer could not be read. The messages may have gone out; "
        "they were not sent again."
    ),
    Outcome.TOKEN_REFUSED: _("Sociair refused the token. Nothing was sent."),
    Outcome.THROTTLED: _("Sociair asked us to wait. Nothing was sent; it will be tried again."),
    Outcome.TOO_LARGE: _("Sociair found the request too large. Nothing was sent."),
    Outcome.MISCONFIGURED: _("Sociair does not allow this request. Nothing was sent."),
    Outcome.SERVER_ERROR: _(
        "Sociair had an error of its own. The messages may have gone out; they were not sent again."
    ),
    Outcome.ACCEPTED: _("Sociair accepted the messages."),
    Outcome.MISCOUNTED: _(
        "Sociair accepted the request, but counted other numbers than were sent. Some messages may "
        "not have gone out; they were not sent again."
    ),
    Outcome.CONTRACT_CHANGED: _(
        "Sociair named a number that was not in the request: its interface may have changed. "
        "The messages may have gone out; they were not sent again."
    ),
    Outcome.ALL_INVALID: _("Sociair calls every one of these numbers invalid. Nothing was sent."),
    Outcome.SOME_INVALID: _(
        "Sociair calls some of these numbers invalid. Nobody knows whether the others were sent; "
        "they were not sent again."
    ),
    Outcome.REFUSED: _("Sociair refused the message. Nothing was sent."),
    Outcome.UNKNOWN: _(
        "Sociair gave an answer that its documentation does not know. The messages may have gone "
        "out; they were not sent again."
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
