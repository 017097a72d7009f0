"""The estimate while typing: what a message would reach and cost, quick enough for every pause.

Nothing is kept, and nobody signs for it: the review counts person by person.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from contacts.phone import Operator
from messaging.models import BalanceReading, Gateway, PeopleCount
from messaging.services.audience import letters, tables
from messaging.services.audience.addressees import Addressee, AudiencePiece
from messaging.services.audience.choice import (
    Audience,
    Pasted,
    read_pasted,
    unreadable_rows,
)
from messaging.services.audience.counts import (
    count_entries,
    count_people,
    is_large,
    omitted,
    pasted_besides,
)
from messaging.services.audience.recipients import Reader
from messaging.services.campaigns import audience_counts
from messaging.services.money import balance, prices
from messaging.text.characters import Advice, Passage, advise, on_the_phone, to_plain
from messaging.text.length import Measure, is_plain, measure
from messaging.text.placeholders import parse
from messaging.text.validity import InvalidText

_SAMPLE: Final = 300  # recipients whose letters are written while someone types


@dataclass(frozen=True, slots=True)
class Estimate:
    """Amounts in rupees; None while no balance was ever read. `omitted` entries get no message.

    A personal text is written for the first recipients, `sample`. If there are more it is rough:
    the others are taken to be like them, and the review counts everyone.
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
    # Where the worker counts: the count.
    count: PeopleCount | None = None

    @property
    def waits(self) -> bool:
        """Whether the worker is still to count."""
        return self.count is not None and not self.count.is_done

    @property
    def is_unknown(self) -> bool:
        """Whether nobody has been counted yet."""
        return self.count is not None and not self.count.result

    @property
    def is_given_up(self) -> bool:
        """Whether nobody could be counted; it is tried again after a while."""
        return self.is_unknown and self.count is not None and self.count.is_given_up

    @property
    def is_old(self) -> bool:
        """Whether people have changed since they were counted, and are counted anew."""
        return self.waits and not self.is_unknown

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

        Of a personal text, everyone of an operator is taken to get as many parts as those in the
        sample. `all_parts` stands in for the parts of any other text.
        """
        if self.reading is None or self.is_unknown:
            return None
        rates = prices.rates_of(self.reading)
        of_all = [person.parts for person in self.sample] or [all_parts or self.measure.parts]
        cost = Decimal(0)
        for each in self.people if operator is None else [operator]:
            of_it = [person.parts for person in self.sample if person.operator is each]
            like = of_it or of_all
            counted = sum(number for number in like if parts in (None, number))
            # Divided last: where everyone was looked at, the sum is exact.
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
    people, entries, count = _people(audience, pasted)
    priced = set(Operator if reading is None else prices.rates_of(reading))
    people = Counter({each: people[each] for each in people if each in priced})
    fixed, is_personal = _fixed(text)
    piece = _first_letters(text, audience, priced) if is_personal else None
    is_whole = piece is not None and piece.is_last
    if is_personal:
        left_out = len(pasted.omissions) + unreadable_rows(audience).count()
        if piece is not None and is_whole:
            people = Counter(person.operator for person in piece.people)
            left_out += len(piece.omissions)
    elif count is not None and not count.result:
        left_out = 0
    else:
        left_out = omitted(
            count_entries(audience) if entries is None else entries, pasted, people.total()
        )
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
        omitted=left_out,
        count=count,
    )


def _people(
    audience: Audience, pasted: Pasted
) -> tuple[Counter[Operator], int | None, PeopleCount | None]:
    """Who is reached by operator, and how many entries there are if that is known too.

    Of a large audience as the worker has counted it, or as it was before someone changed, while it
    is counted anew; nobody before that.
    """
    if not is_large(audience):
        return count_people(audience, pasted.mobiles), None, None
    count = audience_counts.count_of(audience)
    if not count.result:
        return Counter(), None, count
    chosen = audience_counts.from_json(count.result)
    people = chosen.people + pasted_besides(audience, pasted.mobiles)
    return people, chosen.entries, count


def _advice(fixed: str, shown: str) -> Advice | None:
    """What could be changed in the words, and what that saves in the letter that is shown."""
    advice = advise(fixed)
    if advice is None or fixed == shown:
        return advice
    plain = to_plain(shown)
    without = "".join(character for character in plain if is_plain(character))
    return replace(advice, now=measure(shown), then=measure(plain), without=measure(without))


def _fixed(text: str) -> tuple[str, bool]:
    """The words that everyone gets, and whether there are others; the text may be unfinished."""
    try:
        wording = parse(text)
    except InvalidText:
        return text, False
    return wording.fixed.strip(), wording.is_personal


def _first_letters(
    text: str, audience: Audience, priced: Collection[Operator]
) -> AudiencePiece | None:
    """The letters of the first recipients; none while the text cannot be understood."""
    try:
        writer = letters.writer_for(text, tables.find(audience.table))
    except InvalidText:
        return None
    reader = Reader(audience, dict.fromkeys(priced, Decimal(0)), writer)
    return reader.piece(size=_SAMPLE, unreadable=False)
