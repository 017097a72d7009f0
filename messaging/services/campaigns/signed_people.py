"""Whether those who get a message are those whom someone saw and signed for."""

from messaging.models import (
    Campaign,
)
from messaging.services.audience.addressees import AudiencePiece
from messaging.services.audience.choice import Audience
from messaging.services.audience.counts import sum_of_numbers
from messaging.services.campaigns.review import Review

_BY_LETTERS = "letters"


_BY_ROWS = "rows"


def who_is_signed(review: Review) -> str:
    """How many people someone saw, and a mark of who they are."""
    kind = _BY_ROWS if review.is_counted else _BY_LETTERS
    return f"{review.people}/{kind}/{review.mark}"


def has_others(campaign: Campaign) -> bool:
    """Whether the number of people is the signed one, but not the people or their texts.

    Fewer people need no question, as some have opted out or were taken out; more cost more.
    """
    people, _kind, mark = campaign.signed_people.split("/") if campaign.signed_people else [""] * 3
    return people == str(campaign.total) and mark != str(campaign.people_mark)


def mark_of(campaign: Campaign, piece: AudiencePiece) -> int:
    """The mark of all people up to this piece, made in the way in which the review made its own."""
    if f"/{_BY_ROWS}/" not in campaign.signed_people:
        return piece.mark(campaign.people_mark)
    if not piece.is_last:
        return 0
    return sum_of_numbers(Audience.from_json(campaign.audience))
