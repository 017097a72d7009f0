"""People, and the fields of theirs that an office has made."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from contacts.fields import FieldKind, NumberStyle, Shape
from contacts.phone import Operator
from contacts.shown_numbers import shown_mobile, shown_text

OPERATOR_CHOICES = [(operator.value, operator.label) for operator in Operator]
FIELD_KINDS = [(kind.value, kind.label) for kind in FieldKind]
NUMBER_STYLES = [(style.value, style.label) for style in NumberStyle]


class Contact(models.Model):
    """A person. A family may share one number, so the number is unique only with the name."""

    name = models.CharField(_("name"), max_length=200)
    # names.name_key of the name, which is how two spellings of it are compared.
    name_key = models.CharField(max_length=400, editable=False)
    # sounds.sound of the name, by which it is found in another script.
    sound_key = models.CharField(max_length=1000, default="", db_default="", editable=False)
    mobile = models.CharField(_("mobile number"), max_length=10)
    operator = models.CharField(
        _("operator"), max_length=9, choices=OPERATOR_CHOICES, editable=False
    )
    fields = models.JSONField(_("fields"), default=dict, blank=True)
    created_at = models.DateTimeField(_("added"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)
    # The import that created it. Without an index, which would slow imports down: those of one
    # import have keys above its `highest`. An import that has created anyone is never deleted.
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
        error_messages={"unique": _("A field with this name already exists.")},
    )
    kind = models.CharField(_("kind"), max_length=6, choices=FIELD_KINDS, default=FieldKind.TEXT)
    shown_as = models.CharField(
        _("how numbers are shown"),
        max_length=8,
        choices=NUMBER_STYLES,
        default=NumberStyle.AS_TYPED,
        db_default="",
        blank=True,
    )
    in_list = models.BooleanField(_("shown in the list of contacts"), default=False)
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

    @property
    def shape(self) -> Shape:
        return Shape(FieldKind(self.kind), NumberStyle(self.shown_as))
