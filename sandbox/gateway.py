"""The documented API of the sandbox: who may ask, what is billed, and what is answered."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from sandbox.account import Account, Order
from sandbox.answers import (
    TO_LOGIN,
    TOO_LARGE,
    UNAUTHENTICATED,
    balance_answer,
    invalid_fields,
    no_method,
    no_route,
    sms_answer,
)
from sandbox.changes import changed
from sandbox.faults.base import Fault, Received
from sandbox.magic import INVALID
from sandbox.plan import Plan
from sandbox.request_log import RequestLog, SeenRequest
from sandbox.settings import Settings
from sandbox.wire import Exchange, Reply, Request

_METHODS: Final = {"/api/balance": ("GET", "HEAD"), "/api/sms": ("POST",)}
_NOTHING: Final = Reply(200)


@dataclass(frozen=True, slots=True)
class _Message:
    text: str
    mobiles: list[str]


class SandboxGateway:
    """The account, the rules and the plan of faults behind one address."""

    def __init__(self, account: Account, settings: Settings, plan: Plan) -> None:
        self.account = account
        self.settings = settings
        self.plan = plan
        self.requests = RequestLog(account.last_request())
        self.balance_requests = 0

    def change(self, read: Mapping[str, Any]) -> None:
        """Take over settings that `read_changes` has read."""
        self.settings = changed(self.settings, read)
        if "balance" in read:
            self.account.set_balance(read["balance"])
        self.plan.change(read)

    def reset(self) -> None:
        """Forget what was billed, asked and planned; the settings stay."""
        self.account.reset()
        self.requests.clear()
        self.plan.clear()
        self.balance_requests = 0

    def as_json(self) -> dict[str, object]:
        """Settings, balance and plan. The token stays out: it may be someone's real one."""
        plain = asdict(self.settings)
        del plain["token"]
        rates = self.settings.rates.as_strings()
        balance = f"{self.account.balance():.2f}"
        return {**plain, "rates": rates, "balance": balance, **self.plan.as_json()}

    async def answer(self, exchange: Exchange) -> None:
        request = exchange.request
        methods = _METHODS.get(request.path)
        if methods is None:
            await self._send(exchange, no_route(request.path))
        elif request.method not in methods:
            await self._send(exchange, no_method(request.method, request.path, methods))
        elif request.path == "/api/sms":
            await self._answer_sms(exchange)
        else:
            await self._answer_balance(exchange)

    async def _answer_balance(self, exchange: Exchange) -> None:
        self.balance_requests += 1
        if not self._is_authentic(exchange.request):
            await self._send(exchange, _refusal(exchange.request))
            return
        regular = balance_answer(self.account.balance(), self.settings.rates)
        await self._perform(self.plan.for_balance(), Received(exchange, regular, (), self.settings))

    async def _answer_sms(self, exchange: Exchange) -> None:
        seen = self.requests.add()
        exchange.on_status = seen.answered_with
        if self._is_authentic(exchange.request):
            await self._take(exchange, seen)
        else:
            await exchange.body()
            await self._send(exchange, _refusal(exchange.request))

    async def _take(self, exchange: Exchange, seen: SeenRequest) -> None:
        """Read a message, bill it, and answer or fail."""
        fault = self.plan.for_sms()
        if fault is not None and not fault.reads:
            seen.fault = fault.name
            await fault.perform(Received(exchange, _NOTHING, (), self.settings))
            return
        message = _read(await exchange.body())
        if isinstance(message, Reply):
            await self._send(exchange, message)
            return
        seen.numbers = len(message.mobiles)
        if len(message.mobiles) > self.settings.max_numbers:
            await self._send(exchange, TOO_LARGE)
            return
        fault = fault or self.plan.for_numbers(message.mobiles)
        seen.fault = fault.name if fault else ""
        regular = self._charge(message, fault, seen)
        await self._perform(fault, Received(exchange, regular, message.mobiles, self.settings))

    def _charge(self, message: _Message, fault: Fault | None, seen: SeenRequest) -> Reply:
        unknown = fault.invalid(message.mobiles) if fault else frozenset()
        receipt = self.account.charge(
            Order(seen.number, message.text, message.mobiles, unknown | {INVALID}),
            self.settings.rates,
            self.settings.partial,
            bill=fault is None or fault.bills,
        )
        seen.billed = receipt.billed
        return sms_answer(receipt)

    async def _perform(self, fault: Fault | None, call: Received) -> None:
        if fault is None:
            await self._send(call.exchange, call.regular)
        else:
            await self._wait()
            await fault.perform(call)

    async def _send(self, exchange: Exchange, answer: Reply) -> None:
        await self._wait()
        await exchange.send(answer)

    async def _wait(self) -> None:
        if self.settings.latency:
            await asyncio.sleep(self.settings.latency)

    def _is_authentic(self, request: Request) -> bool:
        return request.header("authorization") == f"Bearer {self.settings.token}"


def _refusal(request: Request) -> Reply:
    """The answer to a wrong token: Laravel sends who does not ask for JSON to its login page."""
    return UNAUTHENTICATED if "/json" in request.header("accept") else TO_LOGIN


def _read(body: bytes) -> _Message | Reply:
    """The message in a body, or the answer to a body without one. What is no JSON has no fields."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        fields = {}
    sentences = {}
    for name in ("message", "mobile"):
        value = fields.get(name) if isinstance(fields, dict) else None
        if value is None or (isinstance(value, str) and not value.strip()):
            sentences[name] = f"The {name} field is required."
        elif not isinstance(value, str):
            sentences[name] = f"The {name} field must be a string."
    if sentences:
        return invalid_fields(sentences)
    return _Message(fields["message"], fields["mobile"].split(","))
