"""The plan of faults: which comes next, by script, by chance, or by a magic number."""

from collections import deque
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Final

from sandbox.faults import fault_named
from sandbox.faults.base import Fault
from sandbox.magic import Spells

# In a script: this request goes well, whatever the chances say.
NO_FAULT: Final = "ok"


class Plan:
    """Scripts are used up, one name a request; chances stay until they are changed."""

    def __init__(self) -> None:
        self._random = Random()
        self._spells = Spells()
        self.clear()

    def clear(self) -> None:
        self._script: deque[str] = deque()
        self._balance_script: deque[str] = deque()
        self._chances: Mapping[str, float] = {}
        self._spells.forget()

    def change(self, read: Mapping[str, Any]) -> None:
        """Take over the settings that belong to the plan."""
        if "script" in read:
            self._script = deque(read["script"])
        if "balance_script" in read:
            self._balance_script = deque(read["balance_script"])
        if "chances" in read:
            self._chances = read["chances"]
        if "seed" in read:
            self._random = Random(read["seed"])

    def for_sms(self) -> Fault | None:
        """The fault of the next request to send, before its numbers are known."""
        if self._script:
            return _fault(self._script.popleft())
        return self._by_chance() if self._chances else None

    def for_numbers(self, mobiles: Sequence[str]) -> Fault | None:
        """The fault that a magic number among these brings."""
        return self._spells.fault_for(mobiles)

    def for_balance(self) -> Fault | None:
        """The fault of the next request for the balance."""
        return _fault(self._balance_script.popleft()) if self._balance_script else None

    def as_json(self) -> dict[str, object]:
        return {
            "script": list(self._script),
            "balance_script": list(self._balance_script),
            "chances": dict(self._chances),
        }

    def _by_chance(self) -> Fault | None:
        left = self._random.random()
        for name, chance in self._chances.items():
            left -= chance
            if left < 0:
                return _fault(name)
        return None


def _fault(name: str) -> Fault | None:
    return None if name == NO_FAULT else fault_named(name)
