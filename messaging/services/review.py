"""What a campaign will reach and cost, before anyone signs for it."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from django.conf import settings

from contacts.phone import Operator
from messaging.models import BalanceReading, Campaign
from messaging.services import balance, pricing
from messaging.services.audience import (
    Audience,
    Omission,
    Person,
    Reader,
    describe,
    read_pasted,
)
from messaging.services.estimate import count_omitted, count_people
from messaging.text import Measure, measure

# More than anyone reads on a page; the rest is counted.
MOST_SHOWN = 200


@dataclass(slots=True)
class OperatorLine:
    operator: Operator
    people: int
    rate: Decimal
    cost: Decimal


@dataclass(slots=True)
class Review:
    """The receipt before the send. Amounts in rupees."""

    measure: Measure
    reading: BalanceReading
    committed: balance.Committed
    chosen: str
    people: int = 0
    omitted: int = 0
    lines: list[OperatorLine] = field(default_factory=list)
    first_people: list[Person] = field(default_factory=list)
    first_omissions: list[Omission] = field(default_factory=list)

    @property
    def cost(self) -> Decimal:
        return sum((line.cost for line in self.lines), Decimal(0))

    @property
    def available(self) -> Decimal:
        """What the balance has, less what is committed to other campaigns."""
        return self.reading.balance - self.committed.cost

    @property
    def balance_after(self) -> Decimal:
        return self.available - self.cost

    @property
    def is_affordable(self) -> bool:
        return self.balance_after >= 0

    @property
    def is_fresh(self) -> bool:
        return balance.is_fresh(self.reading)


def review(campaign: Campaign, reading: BalanceReading) -> Review:
    """Look everything up as a send would find it now. Raises `audience.GroupGone`."""
    rates = pricing.rates_of(reading)
    audience = Audience.from_json(campaign.audience)
    committed = balance.committed(campaign.gateway)
    found = Review(measure(campaign.text), reading, committed, describe(audience))
    first = Reader(audience, rates).piece(size=settings.INLINE_RECIPIENTS)
    found.first_people = first.people[:MOST_SHOWN]
    found.first_omissions = first.omissions[:MOST_SHOWN]
    if first.is_last:
        numbers = Counter(person.operator for person in first.people)
        found.people, found.omitted = numbers.total(), len(first.omissions)
    else:
        # Nobody reads more names than these; the database counts the rest while the page waits.
        pasted = read_pasted(audience.numbers)
        counted = count_people(audience, pasted.mobiles)
        numbers = Counter({each: counted[each] for each in counted if each in rates})
        found.people = numbers.total()
        found.omitted = count_omitted(audience, pasted, found.people)
    found.lines = [
        OperatorLine(
            operator,
            numbers[operator],
            rates[operator],
            pricing.cost_of({operator: numbers[operator]}, found.measure.parts, rates),
        )
        for operator in Operator
        if numbers[operator]
    ]
    return found
