"""Imported files: what is in them, and the result."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from contacts.shown_numbers import shown_text
from sociair_portal.common.sentence_fields import SentenceField


class ImportState(models.TextChoices):
    READY = "ready", _("Not started")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Failed")
    UNDOING = "undoing", _("Being undone")
    UNDONE = "undone", _("Undone")


class FilePurpose(models.TextChoices):
    CONTACTS = "contacts", _("Contacts")
    RECIPIENTS = "recipients", _("Recipients of one message")


class ContactImport(models.Model):
    """One file of people. Its rows wait in pieces until someone has said what its columns mean;
    then the worker takes one after the other, or they become a message's list of recipients.
    """

    purpose = models.CharField(
        _("purpose"),
        max_length=10,
        choices=FilePurpose.choices,
        default=FilePurpose.CONTACTS,
    )
    created_at = models.DateTimeField(_("added"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("added by"),
        related_name="+",
    )
    file_name = models.CharField(_("file"), max_length=200)
    kind = models.CharField(_("kind"), max_length=4)
    sheets = models.JSONField(_("sheets"), default=list)
    sheet = models.CharField(_("sheet"), max_length=200, blank=True)
    # What is hidden in the file, and how many lines it has; `continued` are those that go on with a
    # row of the line before.
    hidden_columns = models.JSONField(_("hidden columns"), default=list)
    hidden_sheets = models.PositiveIntegerField(_("hidden sheets"), default=0)
    hidden_rows = models.PositiveIntegerField(_("hidden rows"), default=0)
    lines = models.PositiveIntegerField(_("lines"), default=0)
    continued = models.PositiveIntegerField(_("lines that continue a row"), default=0)
    # The line of the headings, 0 if there are none; rows above it are titles.
    heading = models.PositiveIntegerField(_("line with the headings"), default=0)
    names = models.JSONField(_("columns"), default=list)
    # What was counted in each column beyond the first piece (importing/facts.py).
    facts = models.JSONField(default=list, editable=False)
    options = models.JSONField(_("choices"), default=dict)
    state = models.CharField(
        _("state"), max_length=9, choices=ImportState.choices, default=ImportState.READY
    )
    # The highest key of a contact when it began: whoever has a higher one came since.
    highest = models.BigIntegerField(default=0, editable=False)
    # The highest key of a membership when its last piece was loaded, and of whatever else points at
    # contacts when it began: what has a higher one came since.
    memberships = models.BigIntegerField(default=0, editable=False)
    uses = models.JSONField(default=dict, editable=False)
    pieces = models.PositiveIntegerField(_("pieces"), default=0)
    done = models.PositiveIntegerField(_("pieces done"), default=0)
    # All that is in the pieces, and those that are imported: below the headings, not hidden.
    kept_rows = models.PositiveIntegerField(default=0, editable=False)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    rows_done = models.PositiveIntegerField(_("rows done"), default=0)
    created = models.PositiveIntegerField(_("new"), default=0)
    updated = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    rejected = models.PositiveIntegerField(_("left out"), default=0)
    values_left_out = models.PositiveIntegerField(_("values left out"), default=0)
    failure = SentenceField(_("why it failed"), blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    # Undoing it: by whom, with its opt-outs or without, up to which contact, and the result.
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("undone by"),
        related_name="+",
    )
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)
    undo_opt_outs = models.BooleanField(default=False, editable=False)
    undone_to = models.BigIntegerField(default=0, editable=False)
    undone = models.PositiveIntegerField(_("contacts removed or restored"), default=0)
    kept = models.PositiveIntegerField(_("contacts left as they were"), default=0)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        return reverse("contacts:import", args=[self.pk])

    @property
    def is_over(self) -> bool:
        return self.state not in (ImportState.READY, ImportState.RUNNING, ImportState.UNDOING)


class ImportedPiece(models.Model):
    """Some rows of a file, until they are loaded: in the database every worker finds them."""

    source = models.ForeignKey(ContactImport, on_delete=models.CASCADE, related_name="+")
    place = models.PositiveIntegerField()
    rows = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "place"], name="imported_piece_once")
        ]


class ImportedChange(models.Model):
    """What an import changed about an existing contact: how they were and since when (nothing if
    they only joined groups), which groups they joined, and when it wrote that.
    """

    source = models.ForeignKey(
        ContactImport,
        on_delete=models.CASCADE,
        related_name="changes",
        db_index=False,  # the index begins with it
    )
    contact_pk = models.BigIntegerField()
    name = models.CharField(max_length=200, blank=True)
    fields = models.JSONField(null=True)
    since = models.DateTimeField(null=True)
    joined = models.JSONField(default=list)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["source", "contact_pk"], name="imported_change_of")]


class RejectedRow(models.Model):
    """A row of a file that was left out, as it was, and why.

    With a `column` only the value there was left out: it does not fit its field.
    """

    source = models.ForeignKey(ContactImport, on_delete=models.CASCADE, related_name="left_out")
    line = models.PositiveIntegerField(_("line"))
    column = models.CharField(_("column"), max_length=60, blank=True)
    entry = models.CharField(_("entry"), max_length=200)
    reason = SentenceField(_("reason"))
    suggestion = models.CharField(_("suggestion"), max_length=10, blank=True)
    cells = models.JSONField(_("cells"), default=list)

    class Meta:
        verbose_name = _("row left out")
        verbose_name_plural = _("rows left out")
        ordering = ["id"]

    def __str__(self) -> str:
        return shown_text(f"{self.line}: {self.reason}")
