"""Whether those who get a message are those that somebody signed for."""

from messaging.models import (
    Campaign,
)
from messaging.services.audience.addressees import AudiencePiece
from messaging.services.audience.choice import Audience, read_pasted
from messaging.services.campaigns.estimate import count_and_mark
from messaging.services.campaigns.review import Review

_BY_LETTERS = "letters"


_BY_ROWS = "rows"


def who_is_signed(review: Review) -> str:
    """How many people somebody saw, and a mark of who they are."""
    kind = _BY_ROWS if review.is_counted else _BY_LETTERS
    return f"{review.people}/{kind}/{review.mark}"


def has_others(campaign: Campaign) -> bool:
    """Whether as many people as were signed for are not the same people, or get other texts.

    Fewer are those who opted out since, or were taken out; more cost more.
    """
    people, _kind, mark = campaign.signed_people.split("/") if campaign.signed_people else [""] * 3
    return people == str(campaign.total) and mark != str(campaign.people_mark)


def mark_of(campaign: Campaign, piece: AudiencePiece) -> int:
    """Made as the review's: of what is read on the way, or of all rows at the end."""
    if f"/{_BY_ROWS}/" not in campaign.signed_people:
        return piece.mark(campaign.people_mark)
    if not piece.is_last:
        return 0
    audience = Audience.from_json(campaign.audience)
    return count_and_mark(audience, read_pasted(audience.numbers).mobiles)[1]
