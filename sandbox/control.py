"""The pages under `/_sandbox/`, where the gateway is seen and changed."""

import json
from collections.abc import Awaitable, Callable
from itertools import islice
from typing import Final
from urllib.parse import parse_qs

from sandbox.account import Totals
from sandbox.answers import no_method, no_route
from sandbox.changes import BadSetting, read_changes
from sandbox.gateway import SandboxGateway
from sandbox.ledger import entries_of
from sandbox.page import front_page
from sandbox.wire import Exchange, html_answer, json_answer

# Entries that are sent in one piece; between pieces the gateway answers others.
_PIECE: Final = 500

_Action = Callable[[Exchange], Awaitable[None]]


class Control:
    """Answers requests under `/_sandbox/`."""

    def __init__(self, gateway: SandboxGateway) -> None:
        self._gateway = gateway
        self._actions: dict[str, dict[str, _Action]] = {
            "/_sandbox/": {"GET": self._page},
            "/_sandbox/ledger": {"GET": self._ledger},
            "/_sandbox/requests": {"GET": self._requests},
            "/_sandbox/reset": {"POST": self._reset},
            "/_sandbox/settings": {"GET": self._settings, "POST": self._change},
        }

    async def answer(self, exchange: Exchange) -> None:
        request = exchange.request
        actions = self._actions.get(request.path)
        if actions is None:
            await exchange.send(no_route(request.path))
        elif request.method not in actions:
            await exchange.send(no_method(request.method, request.path, actions))
        else:
            await actions[request.method](exchange)

    async def _page(self, exchange: Exchange) -> None:
        totals = self._gateway.account.totals()
        await exchange.send(html_answer(200, front_page(totals, self._gateway.settings.rates)))

    async def _ledger(self, exchange: Exchange) -> None:
        totals = self._gateway.account.totals()
        summary = self._summary(totals)
        if parse_qs(exchange.request.query).get("summary") == ["1"]:
            await exchange.send(json_answer(200, summary))
        else:
            await _stream_entries(exchange, summary, totals)

    def _summary(self, totals: Totals) -> dict[str, object]:
        return {
            "billed": totals.billed,
            "spent": f"{totals.spent:.2f}",
            "balance": f"{totals.balance:.2f}",
            "requests": self._gateway.requests.count(),
            "balance_requests": self._gateway.balance_requests,
        }

    async def _requests(self, exchange: Exchange) -> None:
        seen = [request.as_json() for request in self._gateway.requests.recent()]
        await exchange.send(json_answer(200, {"requests": seen}))

    async def _reset(self, exchange: Exchange) -> None:
        self._gateway.reset()
        if "text/html" in exchange.request.header("accept"):
            await exchange.send(html_answer(303, "", {"Location": "/_sandbox/"}))
        else:
            await exchange.send(json_answer(200, self._summary(self._gateway.account.totals())))

    async def _settings(self, exchange: Exchange) -> None:
        await exchange.send(json_answer(200, self._gateway.as_json()))

    async def _change(self, exchange: Exchange) -> None:
        try:
            changes = json.loads(await exchange.body())
            if not isinstance(changes, dict):
                raise BadSetting("Send the settings as one JSON object.")
            self._gateway.change(read_changes(changes))
        except BadSetting as error:
            await exchange.send(json_answer(422, {"message": str(error)}))
        except (ValueError, RecursionError):
            await exchange.send(
                json_answer(422, {"message": "Send the settings as one JSON object."})
            )
        else:
            await self._settings(exchange)


async def _stream_entries(exchange: Exchange, summary: dict[str, object], totals: Totals) -> None:
    """Send the summary and all entries as one object, piece by piece, without a length."""
    exchange.status = 200
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
    start = json.dumps(summary)[:-1].encode() + b', "entries": ['
    await exchange.send_bytes(head + start)
    entries = entries_of(totals.records)
    separator = b"\n"
    while piece := [json.dumps(entry.as_json()) for entry in islice(entries, _PIECE)]:
        await exchange.send_bytes(separator + ",\n".join(piece).encode())
        separator = b",\n"
    await exchange.send_bytes(b"\n]}\n")
    exchange.close()
