"""Writing what someone did into the record."""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.utils import timezone

from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.models import Entry
from sociair_portal.common.actors import Actor, user_of

_LOOKED_AT_ONCE: Final = timedelta(hours=1)
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
    """Write a deed, in the caller's transaction: it is there exactly if what was done is. What is
    done in several transactions is a deed in each of them.

    `about` is the record that it was done to; `kind` says what kind if it was done to many. A
    person's name or a search belongs into `words`, which can be anonymised; `facts` hold none.
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
    return entry


def record_look(about: Model, *, by: Actor) -> None:
    """Write that someone looked at what is known of a person, if the setting `RECORD_VIEWS` wants
    it; a second look within an hour is not written.
    """
    if not settings.RECORD_VIEWS:
        return
    lately = Entry.objects.filter(
        deed=Deed.LOOKED_AT,
        actor=user_of(by),
        content_type=ContentType.objects.get_for_model(about),
        object_id=about.pk,
        timestamp__gt=timezone.now() - _LOOKED_AT_ONCE,
    )
    if not lately.exists():
        record(Deed.LOOKED_AT, by=by, about=about)
