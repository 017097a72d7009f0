"""What the database knows of a call before its answer is saved, and what of a late answer it may
still be told: nothing that was removed meanwhile.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

from contacts.services import forgotten
from messaging.models import Batch
from messaging.services.privacy import hers
from messaging.services.privacy.traces import Traces
from messaging.services.sociair import Sent
from messaging.services.storage import clock, statements


@dataclass(frozen=True, slots=True)
class Known:
    """Whether an answer is saved already; whether its try was given up, so that people of its batch
    may have been anonymised since; whether the batch's text was removed, and its campaign
    cancelled; and the gateway, with its failures of any kind before this answer.
    """

    is_saved: bool
    is_late: bool
    is_emptied: bool
    is_cancelled: bool
    gateway_id: int
    failures: int


_CLAIM_AND_ANSWER: Final = """
SELECT batch.state = 'sending', batch.text = '', campaign.state = 'cancelled', gateway.id,
    gateway.failures + gateway.unconfirmed + gateway.token_refusals, tries, claimed_at, (
        SELECT started_at FROM messaging_sentmessage
        WHERE batch_id = batch.id AND attempt = %s
    )
FROM messaging_batch AS batch
JOIN messaging_campaign AS campaign ON campaign.id = batch.campaign_id
JOIN messaging_gateway AS gateway ON gateway.id = campaign.gateway_id
WHERE batch.id = %s
"""


def look_up(sent: Sent, *before: statements.Statement) -> Known:
    """What is known once the statements `before` it are through.

    Raises `Batch.DoesNotExist` if the database does not know of the call: it was set back
    meanwhile, and the batch's number may be another's by now.
    """
    batch = sent.batch
    found = statements.together(*before, (_CLAIM_AND_ANSWER, [batch.tries, batch.pk]))[-1].rows
    if not found:
        raise Batch.DoesNotExist
    is_sending, is_emptied, is_cancelled, gateway_id, failures, tries, *moments = found[0]
    claimed_at, saved = (moment and clock.read(moment) for moment in moments)
    is_claim = tries > batch.tries or (tries, claimed_at) == (batch.tries, batch.claimed_at)
    if not is_claim or saved not in (None, sent.started_at):
        raise Batch.DoesNotExist
    is_late = tries != batch.tries or not is_sending
    return Known(
        saved is not None, is_late, bool(is_emptied), bool(is_cancelled), gateway_id, failures
    )


def without_removed(sent: Sent, known: Known) -> Sent:
    """A late answer without numbers that are forgotten, as an erasure leaves those that came in
    time. Until a call is over, an erasure waits for it.
    """
    answer = sent.answer
    row: dict[str, Any] = {"numbers": sent.numbers, "words": answer.words, "raw": answer.raw}
    for mobile in _gone(sent.numbers):
        row = hers.call(row, Traces(mobile))
    raw = "" if known.is_emptied else row["raw"]
    return replace(
        sent, numbers=row["numbers"], answer=replace(answer, words=row["words"], raw=raw)
    )


def _gone(numbers: list[str]) -> set[str]:
    """Those who are forgotten; all of them if nobody can be recognised."""
    try:
        return forgotten.among(numbers)
    except forgotten.AnotherKey:
        return set(numbers)
