"""Lists of people."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contacts.models.contact import Contact


class Group(models.Model):
    """A list of people who get messages together."""

    name = models.CharField(
        _("name"),
        max_length=100,
        unique=True,
        error_messages={"unique": _("A group with this name already exists.")},
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


class MemberCount(models.Model):
    """How many people are in a group, or how many more: its size is the sum of its rows.

    Triggers of the database write them, and nobody else (migrations/0007_member_counts.py).
    """

    group = models.ForeignKey(
        Group, on_delete=models.DO_NOTHING, db_constraint=False, related_name="counts"
    )
    people = models.IntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.group_id}: {self.people}"
