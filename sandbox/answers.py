"""The gateway's answers, word for word as documented, or as Laravel words them."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from sandbox.account import Receipt
from sandbox.operators import Rates, SandboxOperator
from sandbox.wire import Reply, html_answer, json_answer

SUCCESS: Final = "Success! SMS has been sent"
INVALID: Final = "Sorry! SMS could not be sent. Invalid mobile number"
_COUNTED: Final = (SandboxOperator.NTC, SandboxOperator.NCELL, SandboxOperator.SMARTCELL)

UNAUTHENTICATED: Final = json_answer(401, {"message": "Unauthenticated."})
TO_LOGIN: Final = html_answer(302, "<title>Redirecting to /login</title>", {"Location": "/login"})
TOO_LARGE: Final = json_answer(413, {"message": "The POST data is too large."})
SERVER_ERROR: Final = json_answer(500, {"message": "Server Error"})


def balance_answer(balance: Decimal, rates: Rates) -> Reply:
    """The answer to a request for the balance: rupees, and rupees a part."""
    named = {f"{operator}_rate": str(rates.of(operator)) for operator in _COUNTED}
    return json_answer(200, {"balance": f"{balance:.2f}", **named})


def sms_answer(receipt: Receipt) -> Reply:
    """The answer to a request to send."""
    if receipt.short_of is not None:
        left = f"Rs {receipt.short_of:.2f}"
        return json_answer(
            200, {"message": f"Sorry! SMS could not be sent. Insufficient balance: {left}"}
        )
    counts = {operator.value: receipt.counts[operator] for operator in SandboxOperator}
    if receipt.invalid:
        return json_answer(200, {"message": INVALID, **counts, "invalid_number": receipt.invalid})
    if not counts["other"]:
        del counts["other"]
    return json_answer(200, {"message": SUCCESS, **counts})


def invalid_fields(sentences: dict[str, str]) -> Reply:
    """Laravel's answer to fields that fail its validation: the first in words, all by name."""
    first, *more = sentences.values()
    if more:
        first += f" (and {len(more)} more error{'s' if len(more) > 1 else ''})"
    return json_answer(
        422, {"message": first, "errors": {name: [said] for name, said in sentences.items()}}
    )


def no_route(path: str) -> Reply:
    return json_answer(404, {"message": f"The route {path.strip('/')} could not be found."})


def no_method(method: str, path: str, allowed: Iterable[str]) -> Reply:
    listed = ", ".join(allowed)
    message = (
        f"The {method} method is not supported for route {path.strip('/')}. "
        f"Supported methods: {listed}."
    )
    return json_answer(405, {"message": message}, {"Allow": listed})
