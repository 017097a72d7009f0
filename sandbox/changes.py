"""Reading the sandbox's settings as people and programs write them; a sentence for wrong ones."""

import math
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from sandbox.account import Partial
from sandbox.faults import UnknownFault, fault_named
from sandbox.operators import SandboxOperator, same_rate
from sandbox.plan import NO_FAULT
from sandbox.settings import Settings

_MOST_RUPEES: Final = Decimal(10) ** 12


class BadSetting(ValueError):
    """A setting cannot be used; the message is a sentence for the user."""


def read_changes(changes: Mapping[str, object]) -> dict[str, Any]:
    """The values of settings by name, each of its type. Raises `BadSetting` if any is wrong."""
    read = {}
    for name, raw in changes.items():
        if name not in _READERS:
            raise BadSetting(f"There is no setting named {name}. Use one of {', '.join(_READERS)}.")
        try:
            read[name] = _READERS[name](raw)
        except UnknownFault as error:
            raise BadSetting(str(error)) from error
        except (ValueError, TypeError, InvalidOperation) as error:
            raise BadSetting(f"{name} cannot be {raw}: {_WANTED[_READERS[name]]}.") from error
    return read


def changed(settings: Settings, read: Mapping[str, Any]) -> Settings:
    """Settings with the values that were read; those of other objects are left out."""
    rates = same_rate(read["rate"]) if "rate" in read else settings.rates
    own = {
        operator: read[f"{operator}_rate"]
        for operator in SandboxOperator
        if f"{operator}_rate" in read
    }
    plain = {field.name: read[field.name] for field in fields(settings) if field.name in read}
    return replace(settings, **plain, rates=rates._replace(**own))


def _words(raw: object) -> str:
    if not isinstance(raw, str) or not raw or not raw.isascii() or not raw.isprintable():
        raise ValueError
    return raw


def _number(raw: object) -> float:
    if isinstance(raw, bool) or not isinstance(raw, (str, int, float)):
        raise TypeError
    value = float(raw)
    if not (math.isfinite(value) and 0 <= value <= 86_400):
        raise ValueError
    return value


def _whole(raw: object) -> int:
    if isinstance(raw, bool) or not isinstance(raw, (str, int)):
        raise TypeError
    value = int(raw)
    if not 0 <= value < 10**9:
        raise ValueError
    return value


def _rupees(raw: object) -> Decimal:
    if isinstance(raw, bool) or not isinstance(raw, (str, int, float, Decimal)):
        raise TypeError
    value = Decimal(str(raw))
    paisa = value.quantize(Decimal("0.01"))
    if not 0 <= value < _MOST_RUPEES or value != paisa:
        raise ValueError
    return paisa


def _partial(raw: object) -> Partial:
    return Partial(str(raw))


def _script(raw: object) -> list[str]:
    """Names of faults: a list, or a text with commas between."""
    names = (
        [name.strip() for name in raw.split(",") if name.strip()] if isinstance(raw, str) else raw
    )
    if not isinstance(names, (list, tuple)):
        raise TypeError
    for name in names:
        if name != NO_FAULT:
            fault_named(str(name))
    return [str(name) for name in names]


def _chances(raw: object) -> dict[str, float]:
    """Probabilities by fault: a mapping, or a text like "500=0.1, hang=0.05"."""
    if isinstance(raw, str):
        pairs = [piece.split("=") for piece in raw.split(",") if piece.strip()]
        raw = {name.strip(): chance for name, chance in pairs}
    if not isinstance(raw, Mapping):
        raise TypeError
    chances = {fault_named(str(name)).name: _number(chance) for name, chance in raw.items()}
    if sum(chances.values()) > 1:
        raise ValueError
    return chances


_READERS: Final[dict[str, Callable[[object], Any]]] = {
    "token": _words,
    "latency": _number,
    "balance": _rupees,
    "rate": _rupees,
    **{f"{operator}_rate": _rupees for operator in SandboxOperator},
    "partial": _partial,
    "max_numbers": _whole,
    "hang": _number,
    "slow": _number,
    "drip": _number,
    "retry_after": _whole,
    "idle": _number,
    "keep_alive": _whole,
    "script": _script,
    "balance_script": _script,
    "chances": _chances,
    "seed": _whole,
}
_WANTED: Final[dict[Callable[[object], Any], str]] = {
    _words: "use a word in plain letters",
    _number: "use a number of seconds, from 0 to 86400",
    _rupees: "use rupees with at most two decimals, 0 or more",
    _partial: f"use {' or '.join(Partial)}",
    _whole: "use a whole number, 0 or more",
    _script: "use a list of names of faults",
    _chances: "use a probability for each fault, together at most 1",
}
