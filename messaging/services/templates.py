"""Saving, changing and finding templates; of two people who change one, the second is told."""

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.services import field_values
from messaging.models import MessageTemplate
from messaging.services.audience.known_keys import known_keys
from messaging.text.placeholders import parse
from sociair_portal.common.actors import Actor, user_of


class NameTaken(Exception):
    """There is another template of this name; the message is a sentence for the user."""


def keep(*, name: str, text: str, by: Actor) -> MessageTemplate:
    """A new template. Raises `NameTaken`."""
    try:
        with transaction.atomic():
            field_values.keep(parse(text).keys)
            return MessageTemplate.objects.create(
                name=name, text=text, created_by=user_of(by), changed_by=user_of(by)
            )
    except IntegrityError as taken:
        raise _taken() from taken


def change(template: MessageTemplate, *, seen: int, name: str, text: str, by: Actor) -> bool:
    """Change a template. False if it has changed since the version that was `seen`. Raises
    `NameTaken`.
    """
    try:
        with transaction.atomic():
            same = MessageTemplate.objects.select_for_update().filter(pk=template.pk, version=seen)
            if (found := same.first()) is None:
                return False
            found.name, found.text = name, text
            found.changed_at, found.changed_by = timezone.now(), user_of(by)
            found.version += 1
            found.save()  # not an update: the record keeps what it was before
            field_values.keep(parse(text).keys)
    except IntegrityError as taken:
        raise _taken() from taken
    return True


def _taken() -> NameTaken:
    return NameTaken(_("There is already a template with this name."))


def strange_keys(text: str) -> list[str]:
    """Placeholders that are no field of the contacts: only a table can have such columns."""
    known = known_keys()
    return [key for key in parse(text).keys if key not in known]


def find(words: str) -> QuerySet[MessageTemplate]:
    """Those whose name or text has all of these words."""
    wanted = Q()
    for word in words.split():
        wanted &= Q(name__icontains=word) | Q(text__icontains=word)
    return MessageTemplate.objects.filter(wanted).select_related("changed_by")


def last_used(most: int) -> list[MessageTemplate]:
    """What is most likely wanted now: the last used, then the others by name."""
    return list(MessageTemplate.objects.order_by(F("used_at").desc(nulls_last=True), "name")[:most])
