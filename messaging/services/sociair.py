"""The one door to the Sociair API: every call, its verdict, and the row it leaves behind.

The contract is in docs/sociair-api.md. Nothing else in the project makes a request to Sociair.
"""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cache, lru_cache
from ssl import SSLCertVerificationError
from typing import Any, Final

import requests
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from requests.adapters import HTTPAdapter
from urllib3 import PoolManager

from contacts.phone import Operator
from messaging.answers.amounts import amounts_of
from messaging.answers.classification import MOST_BYTES, classify, read_json
from messaging.answers.echoes import holds_secret
from messaging.answers.outcomes import Answer, Outcome
from messaging.models import BalanceReading, Batch, Gateway, SentMessage
from messaging.services import transport
from messaging.services.storage import statements
from sociair_portal.common.sentences import noted

logger = logging.getLogger(__name__)

_POOL_SIZE: Final = 128
_HEADERS: Final = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",  # a compressed answer could be a bomb
    "Content-Type": "application/json",
}


class BalanceUnknown(Exception):
    """The balance could not be read; the message is a sentence for the staff."""

    def __init__(self, reason: str, answer: Answer | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.answer = answer

    @property
    def token_refused(self) -> bool:
        return self.answer is not None and self.answer.outcome is Outcome.TOKEN_REFUSED

    @property
    def throttled(self) -> bool:
        return self.answer is not None and self.answer.outcome is Outcome.THROTTLED


@dataclass(frozen=True, slots=True)
class Sent:
    """One call of `POST /sms` that was made, or tried; `kept` saves it."""

    batch: Batch
    numbers: list[str]
    answer: Answer
    started_at: datetime
    ended_at: datetime


class NoToken(Exception):
    """This process was given no token; the message is a sentence for whoever started it."""


def check_token() -> None:
    """For a program that calls Sociair, before it does anything. Raises `NoToken`."""
    if not settings.SOCIAIR_TOKEN:
        raise NoToken(
            _(
                "SOCIAIR_TOKEN is not set. Put the token of your Sociair account into the "
                "environment or into .env. To try the portal in the sandbox, use `make run` "
                "without a token."
            )
        )


class _Adapter(HTTPAdapter):
    """Connections that know whether a request has begun, in the place of urllib3's."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = {
            "http": transport.WatchedHTTPPool,
            "https": transport.WatchedHTTPSPool,
        }


@cache
def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # no proxy, and no .netrc in place of the token
    adapter = _Adapter(pool_maxsize=_POOL_SIZE)  # never retries by itself
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


@lru_cache(maxsize=8)
def _prepared(method: str, url: str) -> requests.PreparedRequest:
    """A request without token and body, made once: it takes longer than to send it."""
    return _session().prepare_request(requests.Request(method, url, headers=_HEADERS))


@dataclass(frozen=True, slots=True)
class _Reply:
    """`doubtful`: more than one answer came, or one without a known end, so it proves nothing."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    doubtful: bool = False


def _call(method: str, path: str, call: transport.Call, payload: Any = None) -> _Reply:
    """One request, one answer of at most MOST_BYTES (or some more, if there was more)."""
    session = _session()
    request = _prepared(method, f"{settings.SOCIAIR_BASE_URL}{path}").copy()
    if payload is not None:
        request.prepare_body(None, None, json=payload)
    _authorise(request)
    # Of the session only what sends once: it would follow redirects, and keep cookies, by which a
    # call of one thread would colour another's.
    with session.get_adapter(str(request.url)).send(
        request,
        stream=True,
        timeout=(settings.SOCIAIR_CONNECT_TIMEOUT, call.total),
        verify=session.verify or True,
    ) as response:
        body = response.raw.read(decode_content=False)
        return _Reply(response.status_code, response.headers, body, call.doubtful)


def _authorise(request: requests.PreparedRequest) -> None:
    """Add the token at the last moment, so that nothing else ever holds it."""
    check_token()
    request.headers["Authorization"] = f"Bearer {settings.SOCIAIR_TOKEN}"


def send(batch: Batch, numbers: list[str], *, start_before: float | None = None) -> Sent:
    """Make the one call that a claimed batch stands for. Never raises for what Sociair does.

    `start_before` is a moment of `transport.now()`: later than that nothing is sent, because the
    batch may have been taken away. Call it outside any transaction.
    """
    started_at = timezone.now()
    total = settings.SOCIAIR_TOTAL_TIMEOUT
    limit = transport.now() + total if start_before is None else start_before
    payload = {"message": batch.letter, "mobile": ",".join(numbers)}
    with transport.watched(start_before=limit, total=total) as call:
        try:
            reply = _call("POST", "/sms", call, payload)
        except Exception as error:  # noqa: BLE001  # whatever it is, the batch gets its verdict
            answer = _without_answer(call, error)
        else:
            answer = _verdict(reply, numbers, batch.secrets)
    return Sent(batch, numbers, answer, started_at, timezone.now())


def _verdict(reply: _Reply, posted: Collection[str], secrets: tuple[str, ...] = ()) -> Answer:
    """What an answer proves, with as much of it as may be kept, shown and logged.

    Of one that repeats the token, or one of the letter's secrets, that is its status and its
    length; what it proves is what it would prove without. Of its headers nothing is kept anyway.
    """
    answer = classify(status=reply.status, headers=reply.headers, body=reply.body, posted=posted)
    if reply.doubtful:  # its words are for people to read, and decide nothing
        answer = Answer(Outcome.UNREADABLE, answer.status, words=answer.words, raw=answer.raw)
    # The sandbox's token is no secret, and a word of its own answers.
    token = () if settings.SANDBOX else (settings.SOCIAIR_TOKEN,)
    if not holds_secret(reply.body, *token, *secrets):
        return answer
    length = len(reply.body)
    logger.warning("An answer held a secret: HTTP %d, %d bytes, not kept.", reply.status, length)
    return replace(answer, words="", raw="", counts={}, withheld=length)


def _without_answer(call: transport.Call, error: BaseException) -> Answer:
    """Whether a failed call may have gone out: only what had not begun certainly did not."""
    if call.begun:
        outcome = Outcome.NO_ANSWER
    elif _is_certificate(error):
        outcome = Outcome.CERTIFICATE
    else:
        outcome = Outcome.UNREACHABLE
    return Answer(outcome=outcome, error=_name(error))


def _chain(error: BaseException) -> list[BaseException]:
    """An error and everything wrapped in it; libraries hide the first cause at every depth."""
    found: list[BaseException] = []
    waiting: list[Any] = [error]
    while waiting and len(found) < 20:
        current = waiting.pop(0)
        if isinstance(current, BaseException) and current not in found:
            found.append(current)
            waiting += [
                current.__cause__,
                current.__context__,
                getattr(current, "reason", None),
                *current.args,
            ]
    return found


def _is_certificate(error: BaseException) -> bool:
    return any(isinstance(cause, SSLCertVerificationError) for cause in _chain(error))


def _name(error: BaseException) -> str:
    """The kinds of error, outermost first, without their words, which may quote the request."""
    names = dict.fromkeys(type(cause).__name__ for cause in _chain(error))
    return " < ".join(names)[:200]


def cost_of(sent: Sent) -> Decimal:
    """Rupees that Sociair takes for a call by its answer, as far as that tells by itself."""
    return sent.batch.cost if sent.answer.outcome is Outcome.ACCEPTED else Decimal(0)


def kept(sent: Sent, *, gateway_id: int) -> statements.Statement:
    """What saves the row for one call, within the transaction that records its batch."""
    answer = sent.answer
    row = {
        "batch_id": sent.batch.pk,
        "attempt": sent.batch.tries,
        "gateway_id": gateway_id,
        "numbers": sent.numbers,
        "outcome": answer.outcome.value,
        "words": answer.words,
        "status": answer.status,
        "error": answer.error,
        "raw": answer.raw,
        "withheld": answer.withheld,
        "cost": cost_of(sent),
        "started_at": sent.started_at,
        "ended_at": sent.ended_at,
        **{operator.value: answer.counts.get(operator) for operator in Operator},
    }
    return statements.inserting(SentMessage, row)


def balance(gateway: Gateway) -> BalanceReading:
    """Ask for the balance (rupees) and the rates (rupees per part), and save them.

    Raises `BalanceUnknown` with a sentence when Sociair does not say.
    """
    total, asked_at = settings.SOCIAIR_TOTAL_TIMEOUT, timezone.now()
    with transport.watched(start_before=transport.now() + total, total=total) as call:
        try:
            reply = _call("GET", "/balance", call)
        except Exception as error:  # noqa: BLE001  # libraries' errors share no other ancestor
            logger.info("The balance could not be asked for: %s.", _name(error))
            if not call.begun and _is_certificate(error):
                why = noted("Sociair's security certificate is not trusted.")
            else:
                why = noted("Sociair cannot be reached.")
            # Not chained: a library may quote the header that it refuses to send.
            raise BalanceUnknown(why) from None
    is_whole = len(reply.body) <= MOST_BYTES and not reply.doubtful
    found = read_json(reply.body) if is_whole else None
    amounts = amounts_of(found or {})
    if reply.status >= 300 or amounts is None:
        raise _refused(reply, found or {})
    return BalanceReading.objects.create(gateway=gateway, asked_at=asked_at, **amounts)


def _refused(reply: _Reply, found: Mapping[str, Any]) -> BalanceUnknown:
    """Why the balance is unknown, in a sentence."""
    verdict = _verdict(reply, ())
    if verdict.outcome is Outcome.TOKEN_REFUSED:
        return BalanceUnknown(noted("Sociair refused the token."), verdict)
    if verdict.outcome is Outcome.THROTTLED:
        return BalanceUnknown(noted("Sociair asked the portal to slow down."), verdict)
    if verdict.words:
        return BalanceUnknown(
            noted("Sociair did not give the balance: %(words)s", words=verdict.words)
        )
    return BalanceUnknown(
        noted("Sociair did not give the balance (HTTP %(status)d).", status=reply.status)
    )
