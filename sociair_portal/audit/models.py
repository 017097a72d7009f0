"""The record: one row for each thing that somebody did."""

from typing import Any

from auditlog.models import AbstractLogEntry
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sociair_portal.audit.actors import current_actor, current_address
from sociair_portal.audit.deeds import Deed
from sociair_portal.common.numbers import without_numbers


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
        self.object_repr = without_numbers(self.object_repr)
        super().save(*args, **kwargs)

    @property
    def what(self) -> str:
        """What was done, in words."""
        if self.deed:
            return str(Deed(self.deed).label)
        words = [gettext("Created"), gettext("Changed"), gettext("Deleted"), gettext("Looked at")]
        return words[self.action]
