"""The tables of people, groups, their fields, imports, and opt-outs."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contacts.fields import FieldKind
from contacts.phone import Operator
from contacts.shown_numbers import shown_mobile, shown_text

OPERATOR_CHOICES = [(operator.value, operator.label) for operator in Operator]
FIELD_KINDS = [(kind.value, kind.label) for kind in FieldKind]


class Contact(models.Model):
    """A person. A family may share one number, so the number is unique only with the name."""

    name = models.CharField(_("name"), max_length=200)
    # names.name_key of the name, which is how two spellings of it are compared.
    name_key = models.CharField(max_length=400, editable=False)
    mobile = models.CharField(_("mobile number"), max_length=10)
    operator = models.CharField(
        _("operator"), max_length=9, choices=OPERATOR_CHOICES, editable=False
    )
    fields = models.JSONField(_("fields"), default=dict, blank=True)
    created_at = models.DateTimeField(_("added"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)
    # The import that created it. Without an index, which would slow imports down: those of one
    # import have keys above its `highest`. An import that has created anybody is never deleted.
    source = models.ForeignKey(
        "contacts.ContactImport",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        editable=False,
        related_name="+",
    )

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        permissions = [("view_number", _("Can see whole numbers"))]
        constraints = [
            models.UniqueConstraint(
                fields=["mobile", "name_key"],
                name="contact_once",
            )
        ]
        indexes = [models.Index(fields=["name", "id"], name="contact_by_name")]

    def __str__(self) -> str:
        return f"{shown_text(self.name)} ({shown_mobile(self.mobile)})"

    def get_absolute_url(self) -> str:
        return reverse("contacts:edit", args=[self.pk])


class ContactField(models.Model):
    """A field of the office's own: class, fee due, village. Values are in `Contact.fields`."""

    name = models.CharField(_("name"), max_length=60)
    key = models.CharField(
        _("placeholder"),
        max_length=60,
        unique=True,
        error_messages={"unique": _("A field of this name exists already.")},
    )
    kind = models.CharField(_("kind"), max_length=6, choices=FIELD_KINDS, default=FieldKind.TEXT)
    in_list = models.BooleanField(_("is a column in the list of contacts"), default=False)
    created_at = models.DateTimeField(_("added"), auto_now_add=True)
    # The import that made it.
    source = models.ForeignKey(
        "contacts.ContactImport",
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )

    class Meta:
        verbose_name = _("field")
        verbose_name_plural = _("fields")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Group(models.Model):
    """A list of people who get messages together."""

    name = models.CharField(
        _("name"),
        max_length=100,
        unique=True,
        error_messages={"unique": _("A group of this name exists already.")},
    )
    members = models.ManyToManyField(
        Contact, verbose_name=_("members"), related_name="groups", blank=True
    )
    created_at = models.DateTimeField(_("added"), auto_now_add=True)
    # The import that made it.
    source = models.ForeignKey(
        "contacts.ContactImport",
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )

    class Meta:
        verbose_name = pgettext_lazy("of people", "group")
        verbose_name_plural = pgettext_lazy("of people", "groups")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("contacts:group", args=[self.pk])


class ImportState(models.TextChoices):
    READY = "ready", _("Waits for a look")
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
    """One file of people. Its rows wait in pieces until somebody has said what its columns mean;
    then the worker takes one after the other, or a message's table of recipients is made of them.
    """

    purpose = models.CharField(
        _("what it is for"),
        max_length=10,
        choices=FilePurpose.choices,
        default=FilePurpose.CONTACTS,
    )
    created_at = models.DateTimeField(_("when"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("by"),
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
    continued = models.PositiveIntegerField(_("lines within a row"), default=0)
    # The line of the headings, 0 if there are none; rows above it are titles.
    heading = models.PositiveIntegerField(_("line of the headings"), default=0)
    names = models.JSONField(_("columns"), default=list)
    # What was counted in each column beyond the first piece (importing/facts.py).
    facts = models.JSONField(default=list, editable=False)
    options = models.JSONField(_("what is done with it"), default=dict)
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
    created = models.PositiveIntegerField(_("created"), default=0)
    updated = models.PositiveIntegerField(_("updated"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    rejected = models.PositiveIntegerField(_("left out"), default=0)
    values_left_out = models.PositiveIntegerField(_("values left out"), default=0)
    failure = models.TextField(_("why it failed"), blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    # Undoing it: by whom, with its opt-outs or without, up to which contact, and what came of it.
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
    undone = models.PositiveIntegerField(_("people undone"), default=0)
    kept = models.PositiveIntegerField(_("people kept when undone"), default=0)

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
    """What an import changed about somebody who was there: how they were and since when (nothing if
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
    reason = models.CharField(_("why it was left out"), max_length=300)
    suggestion = models.CharField(_("suggestion"), max_length=10, blank=True)
    cells = models.JSONField(_("cells"), default=list)

    class Meta:
        verbose_name = _("row that was left out")
        verbose_name_plural = _("rows that were left out")
        ordering = ["id"]

    def __str__(self) -> str:
        return shown_text(f"{self.line}: {self.reason}")


class OptOut(models.Model):
    """A number that must not be texted. It outlives the contact who has it."""

    mobile = models.CharField(
        _("mobile number"),
        max_length=10,
        unique=True,
        error_messages={"unique": _("This number is opted out already.")},
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("since"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        verbose_name=_("entered by"),
        related_name="+",
    )
    # The import that made it.
    source = models.ForeignKey(
        "contacts.ContactImport",
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )

    class Meta:
        verbose_name = _("opt-out")
        verbose_name_plural = _("opt-outs")
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return shown_mobile(self.mobile)


class ForgottenNumber(models.Model):
    """A number whose person was made nameless, as a keyed fingerprint (services/forgotten.py): it
    is never texted again, and nobody can read it here.
    """

    fingerprint = models.CharField(_("fingerprint"), max_length=64, unique=True, editable=False)
    # Of the key that made it: with another key nobody is recognised.
    key_mark = models.CharField(_("mark of the key"), max_length=8, editable=False)
    created_at = models.DateTimeField(_("since"), default=timezone.now)
    # Empty while it must still be looked for everywhere: it came back with a backup.
    looked_for_at = models.DateTimeField(
        _("looked for everywhere"), default=timezone.now, null=True, editable=False
    )
    let_back_at = models.DateTimeField(_("texted again since"), null=True, editable=False)

    class Meta:
        verbose_name = _("forgotten number")
        verbose_name_plural = _("forgotten numbers")
        default_permissions = ()
        permissions = [("forget_person", _("Can make a person nameless"))]

    def __str__(self) -> str:
        return self.fingerprint[:8]
