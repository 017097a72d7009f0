"""The kinds of records that the record speaks of, in the words of those who read it."""

from typing import Final

from django.contrib.contenttypes.models import ContentType
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# By app and model. What is not here is called by its model's own name.
_WORDS: Final[dict[str, Promise]] = {
    "contacts.contact": _("Contact"),
    "contacts.group": _("Group"),
    "contacts.contactfield": _("Field"),
    "contacts.optout": _("Opt-out"),
    "contacts.contactimport": _("Import"),
    "messaging.campaign": _("Campaign"),
    "messaging.messagetemplate": _("Template"),
    "messaging.quietday": _("Day off"),
    "messaging.gateway": _("Connection to Sociair"),
    "messaging.profile": _("Own number"),
    "auth.user": _("Colleague"),
    "auth.group": _("Role"),
    "audit.entry": _("The record itself"),
}
KNOWN: Final = frozenset(_WORDS)
CHOICES: Final = [("", _("Any")), *_WORDS.items()]


def words_of(kind: ContentType) -> str:
    words = _WORDS.get(f"{kind.app_label}.{kind.model}")
    return str(words) if words else kind.name.capitalize()


def kind_named(name: str) -> ContentType | None:
    """The kind of such a choice; None for none."""
    if name not in _WORDS:
        return None
    app, _dot, model = name.partition(".")
    return ContentType.objects.get_by_natural_key(app, model)
