"""Tables of recipients as far as someone may see them."""

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q

from messaging.models import Campaign, RecipientTable
from sociair_portal.common.actors import Actor, user_of


def visible_to(user: int | None) -> Q:
    """A user's own tables, and those of the messages that the user may see: a table that stands in
    a colleague's draft alone is as private as the draft.
    """
    messages = Campaign.objects.visible_to(user).filter(table=OuterRef("pk"))
    return Q(created_by=user, created_by__isnull=False) | Q(Exists(messages))


def find(pk: str, *, by: Actor) -> RecipientTable | None:
    """A complete table by its id; None if there is none that `by` may see."""
    person = user_of(by)
    try:
        found = RecipientTable.objects.filter(pk=pk, is_complete=True) if pk else None
    except ValidationError:  # no id at all
        return None
    if found is None:
        return None
    return found.filter(visible_to(person.pk if person else None)).first()
