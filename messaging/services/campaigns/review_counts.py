"""The review of a large audience, as the worker has counted it: what is remembered, and how a page
makes a receipt of it.

No names, numbers or texts are remembered, but a mark made of them, which is signed. The people who
are shown are looked up by the keys of their rows, or by their places among the pasted numbers.
"""

from collections import Counter
from collections.abc import Collection
from typing import Any, Final

from django.conf import settings

from contacts.phone import Operator
from messaging.models import BalanceReading, Campaign, PeopleCount
from messaging.services.audience import letters, repeats
from messaging.services.audience.changes import people_mark
from messaging.services.audience.choice import Audience, check, omitted_rows, read_pasted, rows_of
from messaging.services.audience.counts import most_if_large
from messaging.services.audience.recipients import Reader
from messaging.services.campaigns.kept_counts import kept, mark_of
from messaging.services.campaigns.review import MOST_ASKED, MOST_SHOWN, Review, begun
from messaging.services.money import prices, rules
from sociair_portal.common.any_of import AnyOf

_COUNTED: Final = ("omitted", "repeated", "questions", "mark", "is_counted")


def count_of(campaign: Campaign, reading: BalanceReading) -> PeopleCount | None:
    """The count of a draft's review; None if it is so small that a page counts it itself.

    Raises `GroupGone`, and `InvalidText` for a text that cannot be sent.
    """
    audience = Audience.from_json(campaign.audience)
    check(audience)
    most = most_if_large(audience)
    if most is None:
        return None
    mark = review_mark(campaign, prices.rates_of(reading))
    return kept(f"review/{campaign.pk}", mark, most, campaign=campaign)


def review_mark(campaign: Campaign, rates: Collection[Operator]) -> str:
    """Of all that changes what the review counts: the text, the choice and the answers, the day in
    the letters and how numbers stand in them, which operators have a price, people, who got the
    same text lately, and our rules.

    Prices are no part of it: they are multiplied with what was counted when it is shown.
    Raises `InvalidText`.
    """
    writer = letters.writer_of(campaign)
    asked = [
        campaign.fingerprint,
        letters.day_of(campaign, campaign.scheduled_for),
        writer.styles,
        sorted(operator.value for operator in rates),
        settings.SAME_TEXT_HOURS,
        rules.fingerprint_of_rules(),
    ]
    lately = repeats.mark(campaign, writer.same.text if writer.same else None)
    return mark_of(asked, [people_mark(), lately])


def to_json(campaign: Campaign, found: Review) -> dict[str, Any]:
    """What is kept of a review."""
    audience = Audience.from_json(campaign.audience)
    shown = {person.mobile for person in found.first_people}
    shown |= {out.mobile for out in found.first_omissions if out.mobile}
    shown |= {question.mobile for question in found.first_questions}
    longest = {found.longest.mobile} if found.longest else set()
    return {
        **{name: getattr(found, name) for name in _COUNTED},
        "counts": [[line.operator.value, line.parts, line.people] for line in found.lines],
        "missing": dict(found.missing),
        "shown": _places(audience, shown),
        "longest": _places(audience, longest),
    }


def _places(audience: Audience, mobiles: Collection[str]) -> dict[str, list[int]]:
    """Where numbers are found again: keys of the first rows that have them, else places among the
    pasted ones.
    """
    some = rows_of(audience).filter(AnyOf("mobile", mobiles)).order_by("-pk")
    rows = dict(some.values_list("mobile", "pk"))
    pasted = enumerate(read_pasted(audience.numbers).mobiles)
    wanted = set(mobiles) - rows.keys()
    return {
        "rows": sorted(rows.values()),
        "pasted": [place for place, mobile in pasted if mobile in wanted],
    }


def _numbers_at(audience: Audience, places: dict[str, list[int]]) -> set[str]:
    rows = rows_of(audience).filter(AnyOf("pk", places["rows"]))
    pasted = read_pasted(audience.numbers).mobiles if places["pasted"] else []
    return {*rows.values_list("mobile", flat=True), *(pasted[place] for place in places["pasted"])}


def review_from(count: PeopleCount, campaign: Campaign, reading: BalanceReading) -> Review:
    """The review that was counted, by the prices and the balance of now."""
    audience = Audience.from_json(campaign.audience)
    writer = letters.writer_of(campaign)
    found = begun(campaign, reading, writer)
    result = count.result
    for name in _COUNTED:
        setattr(found, name, result[name])
    found.missing = Counter(result["missing"])
    found.fill(
        {(Operator(operator), parts): people for operator, parts, people in result["counts"]}
    )
    longest = _numbers_at(audience, result["longest"])
    shown = _numbers_at(audience, result["shown"]) | longest
    reader = Reader(audience, prices.rates_of(reading), writer, campaign=campaign)
    piece = reader.piece_of(shown)
    unreadable = read_pasted(audience.numbers).omissions + omitted_rows(audience, MOST_SHOWN)
    found.longest = next((one for one in piece.people if one.mobile in longest), None)
    found.first_people = piece.people[:MOST_SHOWN]
    found.first_omissions = [*unreadable, *piece.omissions][:MOST_SHOWN]
    found.first_questions = piece.questions[:MOST_ASKED]
    return found
