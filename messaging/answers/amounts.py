"""The money in an answer: the balance, and what a part costs with each operator."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final


def amounts_of(found: Mapping[str, Any]) -> dict[str, Decimal] | None:
    """`balance` in rupees and the rates in rupees a part; None if one of them cannot be read."""
    try:
        amounts = {name: _rupees(found[name]) for name in ("balance", *_RATES)}
    except (KeyError, ValueError):
        return None
    return amounts if all(0 <= amounts[name] < 10**6 for name in _RATES) else None


_RATES: Final = ("ntc_rate", "ncell_rate", "smartcell_rate")


def _rupees(value: Any) -> Decimal:
    """An amount as Sociair writes it: a decimal string, or a JSON number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("not an amount")
    try:
        amount = Decimal(str(value).strip().replace(",", ""))
    except InvalidOperation as error:
        raise ValueError("not an amount") from error
    if not amount.is_finite() or abs(amount) >= 10**10:
        raise ValueError("not an amount")
    return amount.quantize(Decimal("0.0001"))
