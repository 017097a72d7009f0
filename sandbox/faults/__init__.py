"""All faults by name: every way in which the gateway can fail.

Magic numbers, scripts and chances all choose from this one list.
"""

from dataclasses import replace
from typing import Final

from sandbox.faults.base import Fault
from sandbox.faults.connection import CONNECTION
from sandbox.faults.contents import CONTENTS
from sandbox.faults.echoes import ECHOES
from sandbox.faults.framing import FRAMING
from sandbox.faults.refusals import REFUSALS
from sandbox.faults.unreadable import UNREADABLE

FAULTS: Final[dict[str, Fault]] = {
    fault.name: fault
    for fault in (*CONNECTION, *FRAMING, *REFUSALS, *CONTENTS, *UNREADABLE, *ECHOES)
}


class UnknownFault(ValueError):
    """No fault has this name; the message is a sentence for the user."""


def fault_named(name: str) -> Fault:
    """A fault, or its sibling that bills or does not: "hang:unbilled", "503:billed"."""
    plain, _, billing = name.partition(":")
    if plain not in FAULTS or billing not in ("", "billed", "unbilled"):
        raise UnknownFault(f"There is no fault named {name}. Use one of {', '.join(FAULTS)}.")
    fault = FAULTS[plain]
    return replace(fault, name=name, bills=billing == "billed") if billing else fault
