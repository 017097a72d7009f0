"""The record: one row for each thing that somebody did."""

import logging
from typing import Any, Final

from auditlog.cid import get_cid
from auditlog.models import AbstractLogEntry
from django.db import models, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sociair_portal.audit.actors import current_actor, current_address, current_command
from sociair_portal.audit.deeds import Deed
from sociair_portal.common.numbers import without_numbers

_log: Final = logging.getLogger("sociair_portal.audit")
_ACTIONS: Final = ("created", "changed", "deleted", "looked_at")


class Entry(AbstractLogEntry):
    """A record that was created, changed or deleted, or a deed. Append-only: the database itself
    refuses anything else (append_only.py), but that what is personal in it may be taken out.

    Whoever is named in `object_repr`, `changes` or `changes_text` can be made nameless there;
    `additional_data` has the facts of a deed (counts, kinds), and nothing about a person.
    """

    deed = models.CharField(_("what"), max_length=18, blank=True, editable=False)
    # Kept when the account is gone.
    actor_name = models.CharField(_("who"), max_length=150, blank=True, editable=False)

    class Meta(AbstractLogEntry.Meta):
        abstract = False
        default_permissions = ("view",)
        ordering = ["-id"]
        verbose_name = _("entry of the record")
        verbose_name_plural = _("record")
        indexes = [models.Index(fields=["deed", "id"], name="entry_by_deed")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.actor is None:
            self.actor = current_actor()
        if self.actor is not None:
            self.actor_name = self.actor.get_username()
        self.remote_addr = self.remote_addr or current_address()
        self.cid = self.cid or get_cid() or None
        if command := current_command():
            self.additional_data = {**(self.additional_data or {}), "command": command}
        self.object_repr = without_numbers(self.object_repr)
        self.changes_text = without_numbers(self.changes_text)
        super().save(*args, **kwargs)
        transaction.on_commit(self._log)

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
            self.content_type.model,
            self.object_id or "-",
            "".join(f" {one}" for one in said),
        )
