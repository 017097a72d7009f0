"""What a message being written would reach and cost, quick enough for every pause in typing.

Nothing is kept, and nobody signs for it: the review counts person by person.
"""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.db.models.functions import Substr

from contacts.models import OptOut
from contacts.phone import Operator, operator_of
from messaging.models import BalanceReading, Gateway, LeftOutReason
from messaging.script import Advice, advise, on_the_phone
from messaging.script import Piece as Sign
from messaging.services import balance, placeholders, pricing, tables
from messaging.services.audience import (
    Audience,
    Pasted,
    Person,
    Piece,
    Reader,
    chosen_rows,
    read_pasted,
    unreadable_rows,
)
from messaging.text import InvalidText, Measure, measure
from messaging.wording import parse

_SAMPLE: Final = 300  # recipients whose letters are written while somebody types


@dataclass(frozen=True, slots=True)
class Estimate:
    """Amounts in rupees; None while no balance was ever read. `unreadable` are pasted entries.

    A personal text is written for the first recipients, `sample`. If there are more it is rough:
    the others are taken to be like them, and the review counts everybody. Else `omitted` get
    nothing, for instance because they have no value.
    """

    measure: Measure
    people: Counter[Operator]
    unreadable: int
    reading: BalanceReading | None
    committed: balance.Committed
    advice: Advice | None = None
    is_personal: bool = False
    sample: tuple[Person, ...] = ()
    is_rough: bool = False
    omitted: int = 0
    fixed: str = ""
    # Which recipient of the sample is looked at.
    who: int = 0

    @property
    def shown(self) -> Person | None:
        return self.sample[self.who % len(self.sample)] if self.sample else None

    @property
    def before(self) -> int:
        return (self.who - 1) % len(self.sample)

    @property
    def after(self) -> int:
        return (self.who + 1) % len(self.sample)

    @property
    def on_the_phone(self) -> list[list[Sign]]:
        return on_the_phone(self.fixed if self.shown is None else self.shown.text)

    @property
    def longest_on_the_phone(self) -> list[list[Sign]]:
        return on_the_phone(self.longest.text if self.longest is not None else "")

    @property
    def shares(self) -> list[tuple[int, int]]:
        """How many get so many parts, the fewest parts first."""
        parts = Counter(person.parts for person in self.sample)
        all_of_them = len(self.sample) or 1
        return [
            (number, round(self.reached * people / all_of_them))
            for number, people in sorted(parts.items())
        ]

    @property
    def longest(self) -> Person | None:
        return max(self.sample, key=lambda person: (person.parts, len(person.text)), default=None)

    @property
    def reached(self) -> int:
        return sum(self.people.values())

    @property
    def lines(self) -> list[tuple[Operator, int]]:
        return [(operator, self.people[operator]) for operator in Operator if self.people[operator]]

    @property
    def cost(self) -> Decimal | None:
        if self.is_personal and self.sample and self.reading is not None:
            return self._cost_like(self.sample)
        return self._cost_of(self.measure.parts)

    def _cost_like(self, sample: tuple[Person, ...]) -> Decimal | None:
        """As if everybody of an operator got as many parts as those of it in the sample."""
        if self.reading is None:
            return None
        rates = pricing.rates_of(self.reading)
        of_all = [person.parts for person in sample]
        cost = Decimal(0)
        for operator, people in self.people.items():
            parts = [person.parts for person in sample if person.operator is operator]
            like = parts or of_all
            # Divided last: where everybody was looked at, the sum is exact.
            cost += rates[operator] * sum(like) * people / len(like)
        return cost

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


def estimate(text: str, audience: Audience, gateway: Gateway, *, who: int = 0) -> Estimate:
    """`who` is the place of the recipient, among the first ones, whose letter is shown.

    Raises `audience.GroupGone` if a chosen group is missing.
    """
    reading = balance.latest(gateway)
    pasted = read_pasted(audience.numbers)
    people = count_people(audience, pasted.mobiles)
    if reading is not None:
        rates = pricing.rates_of(reading)
        people = Counter({operator: people[operator] for operator in people if operator in rates})
    fixed, is_personal = _fixed(text)
    piece = _first_letters(text, audience, people) if is_personal else None
    is_whole = piece is not None and piece.is_last
    if piece is not None and is_whole:
        people = Counter(person.operator for person in piece.people)
    sample = () if piece is None else tuple(piece.people)
    first = sample[0].text if sample else fixed
    return Estimate(
        measure=measure(first),
        people=people,
        unreadable=sum(out.reason is LeftOutReason.INVALID for out in pasted.omissions)
        + unreadable_rows(audience).count(),
        reading=reading,
        committed=balance.committed(gateway),
        advice=advise(fixed),
        fixed=fixed,
        who=who,
        is_personal=is_personal,
        sample=sample,
        is_rough=bool(sample) and not is_whole,
        omitted=len(piece.omissions) if piece is not None and is_whole else 0,
    )


def _fixed(text: str) -> tuple[str, bool]:
    """What everybody gets, and whether there is more, of a text that is still being typed."""
    try:
        wording = parse(text)
    except InvalidText:
        return text, False
    return wording.fixed.strip(), wording.is_personal


def _first_letters(text: str, audience: Audience, people: Counter[Operator]) -> Piece | None:
    """The letters of the first recipients; none while the text cannot be understood."""
    try:
        writer = placeholders.writer_for(text, tables.find(audience.table))
    except InvalidText:
        return None
    reader = Reader(audience, dict.fromkeys(people, Decimal(0)), writer)
    return reader.piece(size=_SAMPLE)


def count_omitted(audience: Audience, pasted: Pasted, reached: int) -> int:
    """How many entries get no message of their own, when so many numbers are reached."""
    entries = chosen_rows(audience).count() + len(pasted.mobiles) + len(pasted.omissions)
    return max(entries + unreadable_rows(audience).count() - reached, 0)


def count_people(
    audience: Audience, pasted: list[str], *, but_not: QuerySet[Any, Any] | None = None
) -> Counter[Operator]:
    """Different numbers by operator, without those who opted out: four queries, whatever its size.

    The operator follows from the first three digits, so the database counts by those.
    """
    chosen = chosen_rows(audience)
    opted_out = OptOut.objects.filter(mobile=OuterRef("mobile"))
    wanted = chosen.filter(~Exists(opted_out))
    if but_not is not None:
        wanted = wanted.exclude(mobile__in=but_not)
    ranges = (
        wanted.values_list(Substr("mobile", 1, 3))
        .annotate(people=Count("mobile", distinct=True))
        .order_by()
    )
    people: Counter[Operator] = Counter()
    for prefix, count in ranges:
        people[operator_of(prefix)] += count
    known = set(chosen.filter(mobile__in=pasted).values_list("mobile", flat=True))
    known.update(OptOut.objects.filter(mobile__in=pasted).values_list("mobile", flat=True))
    if but_not is not None:
        known.update(row["mobile"] for row in but_not.filter(mobile__in=pasted))
    people.update(operator_of(mobile) for mobile in pasted if mobile not in known)
    return people
