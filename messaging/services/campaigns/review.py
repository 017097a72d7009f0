"""The figures of a review: what a campaign will reach and cost, before anyone signs for it."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from django.conf import settings

from contacts.phone import Operator
from messaging.models import BalanceReading, Campaign
from messaging.services.audience import letters, repeats
from messaging.services.audience.addressees import Addressee, AudiencePiece, Question
from messaging.services.audience.choice import Audience, Omission, describe, read_pasted
from messaging.services.audience.counts import (
    count_people,
    omitted,
    pasted_besides,
    sum_of_numbers,
)
from messaging.services.audience.letters import Letter, Writer
from messaging.services.audience.recipients import Reader
from messaging.services.campaigns.audience_counts import remembered_or_counted
from messaging.services.money import balance, prices
from messaging.text.characters import Passage, has_link, on_the_phone
from messaging.text.length import Measure, measure

# More than anyone reads on a page; the rest is counted.
MOST_SHOWN: Final = 200
MOST_ASKED: Final = 50


@dataclass(slots=True)
class OperatorLine:
    """Messages of so many parts to one operator: rupees a part, and for all of them."""

    operator: Operator
    parts: int
    people: int
    rate: Decimal
    cost: Decimal


@dataclass(slots=True)
class Review:
    """The receipt before the send. Amounts in rupees.

    `missing` counts who has no value for a placeholder, `repeated` who got the same text a short
    while ago, and `questions` are numbers of several people whose texts differ.
    """

    reading: BalanceReading
    committed: balance.Committed
    chosen: str
    is_personal: bool = False
    people: int = 0
    omitted: int = 0
    repeated: int = 0
    lines: list[OperatorLine] = field(default_factory=list)
    first_people: list[Addressee] = field(default_factory=list)
    first_omissions: list[Omission] = field(default_factory=list)
    first_questions: list[Question] = field(default_factory=list)
    questions: int = 0
    missing: Counter[str] = field(default_factory=Counter)
    longest: Addressee | None = None
    # A mark that changes with the people: of their letters, or of the rows that were counted.
    mark: int = 0
    is_counted: bool = False

    def fill(self, counts: Mapping[tuple[Operator, int], int]) -> None:
        """Put in who gets it, by operator and parts, with what that costs."""
        rates = prices.rates_of(self.reading)
        in_order = sorted(counts.items(), key=lambda line: (_ORDER.index(line[0][0]), line[0][1]))
        self.people = sum(counts.values())
        self.lines = [
            OperatorLine(operator, parts, people, rates[operator], rates[operator] * parts * people)
            for (operator, parts), people in in_order
            if people
        ]

    @property
    def measure(self) -> Measure | None:
        """Of the longest text; None if nobody gets any."""
        return None if self.longest is None else measure(self.longest.text)

    @property
    def has_link(self) -> bool:
        """Whether a letter that is shown has what looks like a web address."""
        shown = [self.longest, *self.first_people] if self.longest else []
        return any(has_link(text) for text in {person.text for person in shown if person})

    @property
    def longest_on_the_phone(self) -> list[list[Passage]]:
        return on_the_phone(self.longest.text) if self.longest is not None else []

    @property
    def shares(self) -> list[tuple[int, int, Decimal]]:
        """How many people get so many parts, and what that costs."""
        found: dict[int, list[OperatorLine]] = {}
        for line in self.lines:
            found.setdefault(line.parts, []).append(line)
        return [
            (
                parts,
                sum(line.people for line in lines),
                sum((line.cost for line in lines), Decimal(0)),
            )
            for parts, lines in sorted(found.items())
        ]

    @property
    def cost(self) -> Decimal:
        return sum((line.cost for line in self.lines), Decimal(0))

    @property
    def parts(self) -> int:
        """Of all messages together."""
        return sum(line.parts * line.people for line in self.lines)

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


def review_of(
    campaign: Campaign,
    reading: BalanceReading,
    *,
    seen: Callable[[int], None] = lambda _people: None,
) -> Review:
    """Look everything up as a send would find it now; `seen` is told how many people were read.

    Raises `GroupGone`, and `InvalidText` for a text that cannot be sent.
    """
    rates = prices.rates_of(reading)
    audience = Audience.from_json(campaign.audience)
    writer = letters.writer_of(campaign)
    reader = Reader(audience, rates, writer, campaign=campaign)
    found = begun(campaign, reading, writer)
    first = reader.piece(size=settings.INLINE_RECIPIENTS)
    counts = _read(found, first)
    if not first.is_last and writer.same is None:
        for piece in reader.pieces(after=first.up_to, size=_PIECE):
            seen(counts.total() + found.omitted)
            counts += _read(found, piece)
    elif not first.is_last and writer.same is not None:
        counts = _counted(found, campaign, audience, writer.same, rates, seen)
    found.fill(counts)
    return found


def begun(campaign: Campaign, reading: BalanceReading, writer: Writer) -> Review:
    """The review of a draft, before anyone is counted."""
    committed = balance.committed(campaign.gateway)
    chosen = describe(Audience.from_json(campaign.audience))
    return Review(reading, committed, chosen, writer.is_personal)


_PIECE: Final = 50_000  # so large that PostgreSQL joins and sorts instead of asking row by row
_ORDER: Final = list(Operator)


def _read(found: Review, piece: AudiencePiece) -> Counter[tuple[Operator, int]]:
    """Add a piece of the audience to the review. Returns its messages by operator and parts."""
    found.first_people += piece.people[: MOST_SHOWN - len(found.first_people)]
    found.first_omissions += piece.omissions[: MOST_SHOWN - len(found.first_omissions)]
    found.first_questions += piece.questions[: MOST_ASKED - len(found.first_questions)]
    found.questions += len(piece.questions)
    found.missing += piece.missing
    found.omitted += len(piece.omissions)
    found.repeated += piece.repeated
    found.mark = piece.mark(found.mark)
    longest = [*filter(None, [found.longest]), *piece.people]
    found.longest = max(longest, key=lambda person: (person.parts, len(person.text)), default=None)
    return piece.counts


def _counted(
    found: Review,
    campaign: Campaign,
    audience: Audience,
    letter: Letter,
    rates: prices.Rates,
    seen: Callable[[int], None],
) -> Counter[tuple[Operator, int]]:
    """Have the database count the people of a text that is the same for everyone.

    Nobody reads more names than the first, and the page waits for the answer. `seen` is told after
    each question that takes long.
    """
    pasted = read_pasted(audience.numbers)
    chosen = remembered_or_counted(audience, seen=seen)
    counted = chosen.people + pasted_besides(audience, pasted.mobiles)
    seen(counted.total())
    found.mark, found.is_counted = sum_of_numbers(audience), True
    seen(counted.total())
    if campaigns := repeats.that_may_have_sent(letter.text, repeats.recent(campaign)):
        got = repeats.numbers_of(letter.text, campaigns)
        left = count_people(audience, pasted.mobiles, but_not=got)
        found.repeated = _priced(counted, rates) - _priced(left, rates)
        counted = counted if audience.again else left
    counts = Counter({(each, letter.parts): counted[each] for each in counted if each in rates})
    found.omitted = omitted(chosen.entries, pasted, counts.total())
    return counts


def _priced(people: Counter[Operator], rates: prices.Rates) -> int:
    """How many people have an operator with a price."""
    return sum(people[operator] for operator in people if operator in rates)
