"""Magic numbers: they choose the fault of the request that they are in.

They lie in a range in use, so that a portal lets them through, and end in the HTTP status that they
bring about, or in a small number where there is none. They are magic here only: at the real gateway
they are someone's phone numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sandbox.faults import FAULTS
from sandbox.faults.base import Fault


@dataclass(frozen=True, slots=True)
class Magic:
    """A magic number. `once`: its next request works; `only_lists`: alone it does nothing."""

    mobile: str
    fault: Fault
    once: bool = False
    only_lists: bool = False

    def says(self) -> str:
        """What it does, as the end of "The sandbox …"."""
        what = self.fault.says
        if self.only_lists:
            what += ", unless the request has a single number"
        if self.once:
            what += "; the next try works"
        return what


# Called invalid, alone or among others: a fault of one number, so not in the table of faults.
INVALID: Final = "9800000001"
INVALID_SAYS: Final = "calls this number invalid, alone or among others (200)"

_ALWAYS: Final = {
    "9800000002": "invalid-foreign",
    "9800000003": "success-invalid",
    "9800000004": "counts-short",
    "9800000005": "unknown-words",
    "9800000006": "sorry-counted",
    "9800000007": "scam",
    "9800000008": "trailing-commas",
    "9800000009": "success-400",
    "9800000010": "413",
    "9800000020": "hang",
    "9800000021": "slow",
    "9800000022": "drip",
    "9800000023": "close",
    "9800000024": "reset",
    "9800000025": "reset-unread",
    "9800000026": "reset-within",
    "9800000027": "cut",
    "9800000028": "cut-headers",
    "9800000030": "html",
    "9800000031": "empty",
    "9800000032": "huge",
    "9800000033": "not-utf8",
    "9800000034": "utf-16",
    "9800000035": "list",
    "9800000036": "half",
    "9800000037": "echo-plain",
    "9800000307": "redirect",
    "9800000400": "400",
    "9800000402": "402",
    "9800000408": "408",
    "9800000422": "422",
    "9800000500": "500",
    "9800000502": "502",
    "9800000503": "503",
}
# Faults after which a portal waits, or a person fixes something, and the message is retried.
_ONCE: Final = {
    "9800000040": "429-date",
    "9800000041": "429-bare",
    "9800000042": "invalid-token",
    "9800000043": "unauthenticated-200",
    "9800000302": "login",
    "9800000401": "401",
    "9800000403": "403",
    "9800000404": "404",
    "9800000405": "405",
    "9800000419": "419",
    "9800000429": "429",
}
_LISTS: Final = {"9800000413": "413"}

MAGIC: Final[dict[str, Magic]] = {
    magic.mobile: magic
    for magic in sorted(
        [
            *(Magic(mobile, FAULTS[name]) for mobile, name in _ALWAYS.items()),
            *(Magic(mobile, FAULTS[name], once=True) for mobile, name in _ONCE.items()),
            *(Magic(mobile, FAULTS[name], only_lists=True) for mobile, name in _LISTS.items()),
        ],
        key=lambda magic: magic.mobile,
    )
}


class Spells:
    """The faults that magic numbers bring, and which numbers must let the next request pass."""

    def __init__(self) -> None:
        self._spent: set[str] = set()

    def fault_for(self, mobiles: Sequence[str]) -> Fault | None:
        """The fault of the first magic number in a request that has one."""
        if MAGIC.keys().isdisjoint(mobiles):
            return None
        found = (MAGIC[mobile] for mobile in mobiles if mobile in MAGIC)
        return next((m.fault for m in found if self._works(m, len(mobiles))), None)

    def forget(self) -> None:
        self._spent.clear()

    def _works(self, magic: Magic, numbers: int) -> bool:
        if magic.only_lists:
            return numbers > 1
        if magic.mobile in self._spent:
            self._spent.remove(magic.mobile)
            return False
        if magic.once:
            self._spent.add(magic.mobile)
        return True
