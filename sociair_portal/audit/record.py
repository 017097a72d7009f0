"""Writing what somebody did into the record, and a line of it into the log."""

import logging
from typing import Final

from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.models import Entry
from sociair_portal.common.actors import Actor, user_of

_log: Final = logging.getLogger("sociair_portal.audit")

Fact = str | int | bool | list[str] | None


def record(
    deed: Deed,
    *,
    by: Actor = None,
    about: Model | None = None,
    kind: type[Model] = User,
    words: str = "",
    **facts: Fact,
) -> Entry:
    """Write a deed, in the caller's transaction: it is there exactly if what was done is.

    `about` is the record that it was done to; `kind` says what kind if it was done to many. A
    person's name or a search belongs into `words`, which can be made nameless; `facts` hold none.
    """
    entry = Entry(
        deed=deed,
        action=Entry.Action.ACCESS,
        actor=user_of(by),
        content_type=ContentType.objects.get_for_model(about or kind),
        object_pk=str(about.pk) if about else "",
        object_id=about.pk if about and isinstance(about.pk, int) else None,
        object_repr=str(about) if about else "",
        changes_text=words,
        additional_data={name: fact for name, fact in facts.items() if fact not in (None, "")},
    )
    entry.save()
    # Ids and counts alone: names and searches are in the record only.
    counted = " ".join(f"{name}={fact}" for name, fact in facts.items() if isinstance(fact, int))
    _log.info(
        "%s by user %s, %s %s %s",
        deed.value,
        entry.actor_id or "-",
        entry.content_type.model,
        entry.object_pk or "-",
        counted,
    )
    return entry
