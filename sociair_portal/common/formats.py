"""Writing amounts, counts and days, in pages and in sentences alike."""

from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import pgettext


def rupees(amount: Decimal | float | str) -> str:
    """Rs 1,23,456.80: lakh grouping, two decimals."""
    value = Decimal(str(amount)).quantize(Decimal("0.01"))
    sign = "−" if value < 0 else ""
    mark = pgettext("rupees", "Rs")
    return f"{sign}{mark}\u00a0{exact(abs(value))}"


def exact(amount: Decimal) -> str:
    """1,23,456.80, within a sentence: at least two decimals, and up to four if there are more."""
    whole, _point, places = f"{abs(amount):.4f}".partition(".")
    return f"{'−' if amount < 0 else ''}{lakhs(whole)}.{places.rstrip('0').ljust(2, '0')}"


def count(number: int) -> str:
    """1,23,456: lakh grouping for people and messages."""
    return lakhs(str(number))


def day(on: date) -> str:
    """22 Nov 2026."""
    return f"{on.day} {on:%b} {on.year:04}"


def moment(local: datetime) -> str:
    """22 Nov 2026, 14:05: a moment that is local already."""
    return f"{day(local)}, {local:%H:%M}"


def lakhs(digits: str) -> str:
    """1,23,456: digits in groups."""
    head, tail = digits[:-3], digits[-3:]
    pairs = [head[max(end - 2, 0) : end] for end in range(len(head), 0, -2)]
    return ",".join([*reversed(pairs), tail])
