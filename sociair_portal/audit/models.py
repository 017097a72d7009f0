"""The record: one row for each thing that someone did."""

import logging
from typing import Any, Final

from auditlog.cid import get_cid
from auditlog.models import AbstractLogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sociair_portal.audit.actors import current_actor, current_address, current_command
from sociair_portal.audit.deeds import Deed
from sociair_portal.common.numbers import with_masked_numbers
from sociair_portal.common.sentence_fields import SentenceField
from sociair_portal.common.sentences import changed

_log: Final = logging.getLogger("sociair_portal.audit")
_ACTIONS: Final = ("created", "changed", "deleted", "looked_at")


def _masked(value: Any) -> Any:
    """What JSON holds, with every number in it masked."""
    if isinstance(value, str):
        return with_masked_numbers(value)
    if isinstance(value, dict):
        return {name: _masked(part) for name, part in value.items()}
    return [_masked(part) for part in value] if isinstance(value, list | tuple) else value


class Entry(AbstractLogEntry):
    """A record that was created, changed or deleted, or a deed. Append-only: the database itself
    refuses anything else, but that what is personal in it may be taken out (migration 0002).

    Whoever is named in `object_repr`, `changes` or `changes_text` can be anonymised there;
    `additional_data` has the facts of a deed (counts, kinds), and nothing about a person.
    """

    deed = models.CharField(_("what"), max_length=18, blank=True, editable=False)
    # As in the library, and read in the language of whoever looks.
    changes_text = SentenceField(
        AbstractLogEntry._meta.get_field("changes_text").verbose_name, blank=True
    )
    # Kept when the account is gone.
    actor_name = models.CharField(_("who"), max_length=150, blank=True, editable=False)

    class Meta(AbstractLogEntry.Meta):
        abstract = False
        default_permissions = ("view",)
        ordering = ["-id"]
        verbose_name = _("entry of the record")
        verbose_name_plural = _("record")
        # The page's order, alone and for each of its filters; every write pays for all of them.
        indexes = [
            models.Index(fields=["timestamp", "id"], name="entry_by_time"),
            models.Index(fields=["deed", "timestamp", "id"], name="entry_by_deed"),
            models.Index(fields=["action", "timestamp", "id"], name="entry_by_action"),
            models.Index(fields=["actor", "timestamp", "id"], name="entry_by_actor"),
            models.Index(
                fields=["actor", "action", "deed", "timestamp", "id"],
                name="entry_by_actor_and_what",
            ),
            models.Index(fields=["content_type", "timestamp", "id"], name="entry_by_kind"),
            models.Index(
                fields=["content_type", "object_id", "timestamp", "id"], name="entry_by_record"
            ),
            models.Index(
                fields=["cid"], name="entry_by_request", condition=models.Q(cid__isnull=False)
            ),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.actor is None:
            self.actor = current_actor()
        if self.actor is not None:
            self.actor_name = self.actor.get_username()
        self.remote_addr = self.remote_addr or current_address()
        self.cid = self.cid or get_cid() or None
        if command := current_command():
            self.additional_data = {**(self.additional_data or {}), "command": command}
        self.object_repr = with_masked_numbers(self.object_repr)
        self.changes_text = changed(self.changes_text, with_masked_numbers)
        self.changes = _masked(self.changes)
        super().save(*args, **kwargs)
        transaction.on_commit(self._log)

    @property
    def kind(self) -> ContentType:
        """The content type, out of Django's cache: a page has many of few kinds."""
        return ContentType.objects.get_for_id(self.content_type_id)

    @property
    def what(self) -> str:
        """What was done, in words."""
        if self.deed:
            return str(Deed(self.deed).label)
        words = [gettext("Created"), gettext("Changed"), gettext("Deleted"), gettext("Looked at")]
        return words[self.action]

    def _log(self) -> None:
        """Leave a line of ids, codes and counts, of which a copy may be kept where nobody reaches
        it from here. Names, searches and texts are in the record alone.
        """
        facts = self.additional_data or {}
        said = [f"{name}={fact}" for name, fact in facts.items() if isinstance(fact, int)]
        if command := facts.get("command"):
            said.append(f"command={command}")
        _log.info(
            "Entry %s: %s by user %s, %s %s%s",
            self.pk,
            self.deed or _ACTIONS[self.action],
            self.actor_id or "-",
            self.kind.model,
            self.object_id or "-",
            "".join(f" {one}" for one in said),
        )


# The library's fields each bring an index of their own, with which one of those above begins.
_fields: list[Any] = list(Entry._meta.local_concrete_fields)
for _field in _fields:
    _field.db_index = False
