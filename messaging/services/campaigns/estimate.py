"""The estimate while typing: what a message would reach and cost, quick enough for every pause.

Nothing is kept, and nobody signs for it: the review counts person by person.
"""

from collections import Counter
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from django.db.models import BigIntegerField, Count, Exists, OuterRef, QuerySet, Sum, Value
from django.db.models.functions import Cast, Substr

from contacts.models import OptOut
from contacts.phone import Operator, operator_of
from contacts.services import forgotten
from messaging.models import BalanceReading, Gateway
from messaging.services.audience import letters, tables
from messaging.services.audience.addressees import Addressee, AudiencePiece
from messaging.services.audience.choice import (
    Audience,
    Pasted,
    chosen_rows,
    read_pasted,
    unreadable_rows,
)
from messaging.services.audience.recipients import Reader
from messaging.services.money import balance, prices
from messaging.text.characters import Advice, Passage, advise, on_the_phone, to_plain
from messaging.text.length import Measure, is_plain, measure
from messaging.text.placeholders import parse
from messaging.text.validity import InvalidText

_SAMPLE: Final = 300  # recipients whose letters are written while somebody types


@dataclass(frozen=True, slots=True)
class Estimate:
    """Amounts in rupees; None while no balance was ever read. `omitted` entries get no message.

    A personal text is written for the first recipients, `sample`. If there are more it is rough:
    the others are taken to be like them, and the review counts everybody.
    """

    measure: Measure
    people: Counter[Operator]
    reading: BalanceReading | None
    committed: balance.Committed
    advice: Advice | None = None
    is_personal: bool = False
    sample: tuple[Addressee, ...] = ()
    is_rough: bool = False
    omitted: int = 0
    fixed: str = ""
    # Which recipient of the sample is looked at.
    who: int = 0

    @property
    def shown(self) -> Addressee | None:
        return self.sample[self.who % len(self.sample)] if self.sample else None

    @property
    def before(self) -> int:
        return (self.who - 1) % len(self.sample)

    @property
    def after(self) -> int:
        return (self.who + 1) % len(self.sample)

    @property
    def on_the_phone(self) -> list[list[Passage]]:
        return on_the_phone(self.fixed if self.shown is None else self.shown.text)

    @property
    def longest_on_the_phone(self) -> list[list[Passage]]:
        return on_the_phone(self.longest.text if self.longest is not None else "")

    @property
    def shares(self) -> list[tuple[int, int, Decimal | None]]:
        """How many get so many parts and what that costs, the fewest parts first."""
        people: Counter[int] = Counter(person.parts for person in self.sample)
        all_of_them = len(self.sample) or 1
        return [
            (parts, round(self.reached * some / all_of_them), self._cost_where(parts=parts))
            for parts, some in sorted(people.items())
        ]

    @property
    def longest(self) -> Addressee | None:
        return max(self.sample, key=lambda person: (person.parts, len(person.text)), default=None)

    @property
    def parts(self) -> tuple[int, int]:
        """The fewest and the most parts that a message has."""
        parts = [person.parts for person in self.sample] or [self.measure.parts]
        return min(parts), max(parts)

    @property
    def each(self) -> tuple[Decimal, Decimal] | None:
        """The least and the most that one message costs; to any operator, if nobody is chosen."""
        if self.reading is None:
            return None
        rates = prices.rates_of(self.reading)
        if self.sample:
            costs = [rates[person.operator] * person.parts for person in self.sample]
        else:
            reached = [rates[operator] for operator, _people in self.people.items()]
            costs = [rate * self.measure.parts for rate in reached or rates.values()]
        return min(costs), max(costs)

    @property
    def reached(self) -> int:
        return sum(self.people.values())

    @property
    def lines(self) -> list[tuple[Operator, int, Decimal | None]]:
        """How many of an operator get it, and what that costs."""
        return [
            (operator, self.people[operator], self._cost_where(operator=operator))
            for operator in Operator
            if self.people[operator]
        ]

    @property
    def cost(self) -> Decimal | None:
        return self._cost_where()

    @property
    def plain_cost(self) -> Decimal | None:
        """What it would cost with the advice taken."""
        if self.advice is None or self.is_personal:
            return None
        return self._cost_where(all_parts=self.advice.then.parts)

    def _cost_where(
        self,
        *,
        operator: Operator | None = None,
        parts: int | None = None,
        all_parts: int | None = None,
    ) -> Decimal | None:
        """Rupees for the messages to one operator, or for those of so many parts, or for all.

        Of a personal text, everybody of an operator is taken to get as many parts as those in the
        sample. `all_parts` stands in for the parts of any other text.
        """
        if self.reading is None:
            return None
        rates = prices.rates_of(self.reading)
        of_all = [person.parts for person in self.sample] or [all_parts or self.measure.parts]
        cost = Decimal(0)
        for each in self.people if operator is None else [operator]:
            of_it = [person.parts for person in self.sample if person.operator is each]
            like = of_it or of_all
            counted = sum(number for number in like if parts in (None, number))
            # Divided last: where everybody was looked at, the sum is exact.
            cost += rates[each] * counted * self.people[each] / len(like)
        return cost

    @property
    def balance_after(self) -> Decimal | None:
        if self.reading is None or self.cost is None:
            return None
        return self.reading.balance - self.committed.cost - self.cost


def estimate(text: str, audience: Audience, gateway: Gateway, *, who: int = 0) -> Estimate:
    """`who` is the place of the recipient, among the first ones, whose letter is shown.

    Raises `GroupGone` if a chosen group is missing.
    """
    reading = balance.latest(gateway)
    pasted = read_pasted(audience.numbers)
    people = count_people(audience, pasted.mobiles)
    if reading is not None:
        rates = prices.rates_of(reading)
        people = Counter({operator: people[operator] for operator in people if operator in rates})
    fixed, is_personal = _fixed(text)
    unreadable = len(pasted.omissions) + unreadable_rows(audience).count()
    piece = _first_letters(text, audience, people) if is_personal else None
    is_whole = piece is not None and piece.is_last
    if piece is not None and is_whole:
        people = Counter(person.operator for person in piece.people)
        omitted = len(piece.omissions) + unreadable
    elif is_personal:
        omitted = unreadable
    else:
        omitted = count_omitted(audience, pasted, people.total())
    sample = () if piece is None else tuple(piece.people)
    shown = sample[who % len(sample)].text if sample else fixed
    return Estimate(
        measure=measure(shown),
        people=people,
        reading=reading,
        committed=balance.committed(gateway),
        advice=_advice(fixed, shown),
        fixed=fixed,
        who=who,
        is_personal=is_personal,
        sample=sample,
        is_rough=bool(sample) and not is_whole,
        omitted=omitted,
    )


def _advice(fixed: str, shown: str) -> Advice | None:
    """What could be changed in the words, and what that saves in the letter that is shown."""
    advice = advise(fixed)
    if advice is None or fixed == shown:
        return advice
    plain = to_plain(shown)
    without = "".join(character for character in plain if is_plain(character))
    return replace(advice, now=measure(shown), then=measure(plain), without=measure(without))


def _fixed(text: str) -> tuple[str, bool]:
    """The words that everybody gets, and whether there are others; the text may be unfinished."""
    try:
        wording = parse(text)
    except InvalidText:
        return text, False
    return wording.fixed.strip(), wording.is_personal


def _first_letters(
    text: str, audience: Audience, people: Counter[Operator]
) -> AudiencePiece | None:
    """The letters of the first recipients; none while the text cannot be understood."""
    try:
        writer = letters.writer_for(text, tables.find(audience.table))
    except InvalidText:
        return None
    reader = Reader(audience, dict.fromkeys(people, Decimal(0)), writer)
    return reader.piece(size=_SAMPLE, unreadable=False)


def count_omitted(audience: Audience, pasted: Pasted, reached: int) -> int:
    """How many entries get no message of their own, when so many numbers are reached."""
    entries = chosen_rows(audience).count() + len(pasted.mobiles) + len(pasted.omissions)
    return max(entries + unreadable_rows(audience).count() - reached, 0)


def count_people(
    audience: Audience, pasted: list[str], *, but_not: QuerySet[Any, Any] | None = None
) -> Counter[Operator]:
    """Different numbers by operator, without those who opted out: four queries at any size."""
    return _count(audience, pasted, but_not=but_not)[0]


def count_and_mark(audience: Audience, pasted: list[str]) -> tuple[Counter[Operator], int]:
    """As `count_people`, and the sum of the chosen numbers: it changes if somebody is swapped."""
    numbers = Sum(Cast("mobile", BigIntegerField()))
    return _count(audience, pasted, mark=numbers)


def _count(
    audience: Audience,
    pasted: list[str],
    *,
    but_not: QuerySet[Any, Any] | None = None,
    mark: Sum | None = None,
) -> tuple[Counter[Operator], int]:
    """Counted by the first three digits, from which the operator follows."""
    chosen = chosen_rows(audience)
    opted_out = OptOut.objects.filter(mobile=OuterRef("mobile"))
    wanted = chosen.filter(~Exists(opted_out))
    if but_not is not None:
        wanted = wanted.exclude(mobile__in=but_not)
    ranges = (
        wanted.values_list(Substr("mobile", 1, 3))
        .annotate(people=Count("mobile", distinct=True), mark=mark or Value(0))
        .order_by()
    )
    people: Counter[Operator] = Counter()
    marked = 0
    for prefix, count, numbers in ranges:
        people[operator_of(prefix)] += count
        marked += int(numbers)
    known = set(chosen.filter(mobile__in=pasted).values_list("mobile", flat=True))
    known.update(OptOut.objects.filter(mobile__in=pasted).values_list("mobile", flat=True))
    known.update(forgotten.among(pasted))  # nobody else has such a number: it is not kept
    if but_not is not None:
        known.update(row["mobile"] for row in but_not.filter(mobile__in=pasted))
    people.update(operator_of(mobile) for mobile in pasted if mobile not in known)
    return people, marked
