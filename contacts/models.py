"""People, the groups they are in, and numbers that must not be texted."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from contacts.phone import Operator, format_mobile

OPERATOR_CHOICES = [(operator.value, operator.label) for operator in Operator]


class Contact(models.Model):
    """A person. A family may share one number, so the number is unique only with the name."""

    name = models.CharField(_("name"), max_length=200)
    mobile = models.CharField(_("mobile number"), max_length=10)
    operator = models.CharField(
        _("operator"), max_length=9, choices=OPERATOR_CHOICES, editable=False
    )
    fields = models.JSONField(_("fields"), default=dict, blank=True)
    created_at = models.DateTimeField(_("added"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            models.UniqueConstraint(
                fields=["mobile", "name"],
                name="contact_once",
                violation_error_message=_("This person is already in your contacts."),
            )
        ]
        indexes = [models.Index(fields=["name", "id"], name="contact_by_name")]

    def __str__(self) -> str:
        return f"{self.name} ({format_mobile(self.mobile)})"

    def get_absolute_url(self) -> str:
        return reverse("contacts:edit", args=[self.pk])


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

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("contacts:group", args=[self.pk])


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

    class Meta:
        verbose_name = _("opt-out")
        verbose_name_plural = _("opt-outs")
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return format_mobile(self.mobile)
