"""Refusals for lack of balance, told by their words."""

import re
from typing import Final

_MONEY: Final = r"(?:balance|credit|fund)s?"
_TOO_LITTLE: Final = (
    r"(?:insufficient|inadequate|not (?:have )?(?:enough|sufficient)|low|lack(?:s|ing)?(?: of)?"
    r"|out of|exhausted|zero)"
)
_LEFT: Final = r"(?:left|available|remaining)"
_FEW_WORDS: Final = r"\W+(?:\w+\W+){0,2}?"
_LACKS_BALANCE: Final = re.compile(
    rf"\b{_TOO_LITTLE}{_FEW_WORDS}{_MONEY}\b|\b{_MONEY}{_FEW_WORDS}{_TOO_LITTLE}\b"
    rf"|\bno {_MONEY} {_LEFT}\b",
    re.IGNORECASE,
)
_PAYMENT_REQUIRED: Final = 402  # HTTP


def lacks_balance(words: str, status: int | None) -> bool:
    """Whether a message was refused because the account had too little money, so that it may be
    sent when the account was topped up.
    """
    return status == _PAYMENT_REQUIRED or _LACKS_BALANCE.search(words) is not None
