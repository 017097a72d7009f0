"""What a message being written would reach and cost, quick enough for every pause in typing.

Nothing is kept, and nobody signs for it: the review counts person by person.
"""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef
from django.db.models.functions import Substr

from contacts.models import OptOut
from contacts.phone import Operator, operator_of
from messaging.models import BalanceReading, Gateway, LeftOutReason
from messaging.script import Advice, advise
from messaging.services import balance, pricing
from messaging.services.audience import Audience, Pasted, chosen_contacts, read_pasted
from messaging.text import Measure, measure


@dataclass(frozen=True, slots=True)
class Estimate:
    """Amounts in rupees; None while no balance was ever read. `unreadable` are pasted entries."""

    measure: Measure
    people: Counter[Operator]
    unreadable: int
    reading: BalanceReading | None
    committed: balance.Committed
    advice: Advice | None = None

    @property
    def reached(self) -> int:
        return sum(self.people.values())

    @property
    def lines(self) -> list[tuple[Operator, int]]:
        return [(operator, self.people[operator]) for operator in Operator if self.people[operator]]

    @property
    def cost(self) -> Decimal | None:
        return self._cost_of(self.measure.parts)

    @property
    def plain_cost(self) -> Decimal | None:
        """What it would cost with the advice taken."""
        return None if self.advice is None else self._cost_of(self.advice.then.parts)

    def _cost_of(self, parts: int) -> Decimal | None:
        if self.reading is None:
            return None
        return pricing.cost_of(self.people, parts, pricing.rates_of(self.reading))

    @property
    def balance_after(self) -> Decimal | None:
        if self.reading is None or self.cost is None:
            return None
        return self.reading.balance - self.committed.cost - self.cost


def estimate(text: str, audience: Audience, gateway: Gateway) -> Estimate:
    """Raises `audience.GroupGone` if a chosen group is missing."""
    reading = balance.latest(gateway)
    pasted = read_pasted(audience.numbers)
    people = count_people(audience, pasted.mobiles)
    if reading is not None:
        rates = pricing.rates_of(reading)
        people = Counter({operator: people[operator] for operator in people if operator in rates})
    return Estimate(
        measure=measure(text),
        people=people,
        unreadable=sum(out.reason is LeftOutReason.INVALID for out in pasted.omissions),
        reading=reading,
        committed=balance.committed(gateway),
        advice=advise(text),
    )


def count_omitted(audience: Audience, pasted: Pasted, reached: int) -> int:
    """How many entries get no message of their own, when so many numbers are reached."""
    entries = chosen_contacts(audience).count() + len(pasted.mobiles) + len(pasted.omissions)
    return max(entries - reached, 0)


def count_people(audience: Audience, pasted: list[str]) -> Counter[Operator]:
    """Different numbers by operator, without those who opted out: four queries, whatever its size.

    The operator follows from the first three digits, so the database counts by those.
    """
    chosen = chosen_contacts(audience)
    opted_out = OptOut.objects.filter(mobile=OuterRef("mobile"))
    ranges = (
        chosen.filter(~Exists(opted_out))
        .values_list(Substr("mobile", 1, 3))
        .annotate(people=Count("mobile", distinct=True))
        .order_by()
    )
    people: Counter[Operator] = Counter()
    for prefix, count in ranges:
        people[operator_of(prefix)] += count
    known = set(chosen.filter(mobile__in=pasted).values_list("mobile", flat=True))
    known.update(OptOut.objects.filter(mobile__in=pasted).values_list("mobile", flat=True))
    people.update(operator_of(mobile) for mobile in pasted if mobile not in known)
    return people
