"""Tables whose rows are recipients of a campaign, but no contacts."""

import uuid
from collections.abc import Collection
from typing import Any, Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.shown_numbers import shown_mobile, shown_text
from sociair_portal.common.sentence_fields import SentenceField

_SHOWN: Final = 3


class RecipientTable(models.Model):
    """A table as it was given; it never changes. Its id is random, so that nobody guesses
    another's.

    `columns` are keys for placeholders with their headings, in the order of the file.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The file as it was taken in; other columns can be chosen while it is there.
    source = models.ForeignKey(
        "contacts.ContactImport",
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("source file"),
    )
    file_name = models.CharField(_("file"), max_length=200)
    columns = models.JSONField(_("columns"), default=list)
    number_key = models.CharField(_("number column"), max_length=100)
    name_key = models.CharField(_("name column"), max_length=100, blank=True)
    # The sheet that was read, of those that the file has.
    sheet = models.CharField(_("sheet"), max_length=200, blank=True)
    sheets = models.JSONField(_("sheets"), default=list)
    # Its rows come piece by piece; it cannot be chosen before the last one.
    is_complete = models.BooleanField(_("complete"), default=False)
    hidden_rows = models.PositiveIntegerField(_("hidden rows left out"), default=0)
    # The first cells that are no number or no day in a column of them: key, line and cell.
    odd_cells = models.JSONField(_("unusual cells"), default=list)
    size = models.PositiveIntegerField(_("rows"), default=0)
    unreadable = models.PositiveIntegerField(_("rows without a mobile number"), default=0)
    created_at = models.DateTimeField(_("uploaded"), default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("uploaded by"),
    )

    class Meta:
        verbose_name = _("spreadsheet of recipients")
        verbose_name_plural = _("spreadsheets of recipients")

    def __str__(self) -> str:
        return self.file_name

    @property
    def other_sheets(self) -> list[str]:
        return [sheet for sheet in self.sheets if sheet != self.sheet]

    @property
    def first_rows(self) -> "models.QuerySet[TableRow]":
        return self.rows.exclude(mobile="").order_by("id")[:_SHOWN]

    @property
    def first_without_number(self) -> "models.QuerySet[TableRow]":
        return self.rows.filter(mobile="").order_by("id")[:_SHOWN]

    def odd_cells_of(self, keys: Collection[str]) -> list[tuple[str, int, str]]:
        """The heading, the line and the cell of those that stand in a message with these keys."""
        headings = self.headings
        return [(headings[key], line, cell) for key, line, cell in self.odd_cells if key in keys]

    @property
    def number_heading(self) -> str:
        return self.headings[self.number_key]

    @property
    def headings(self) -> dict[str, str]:
        """The headings of its columns by their placeholders."""
        return {str(key): str(heading) for key, heading in self.columns}


class TableRow(models.Model):
    """One row; `mobile` is empty where there is none, and `reason` says why.

    `fields` are all of its cells, by the keys of the columns.
    """

    table = models.ForeignKey(
        RecipientTable,
        on_delete=models.CASCADE,
        related_name="rows",
        db_index=False,  # the index below begins with it
        verbose_name=_("spreadsheet"),
    )
    line = models.PositiveIntegerField(_("line"))
    mobile = models.CharField(_("mobile number"), max_length=10, blank=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    fields: Any = models.JSONField(_("cells"), default=dict)
    reason = SentenceField(_("reason it has no number"), blank=True)
    is_opted_out = models.BooleanField(
        _("opted out in the spreadsheet"), default=False, db_default=False
    )

    class Meta:
        verbose_name = _("row")
        verbose_name_plural = _("rows")
        indexes = [models.Index(fields=["table", "mobile", "id"], name="table_row_by_mobile")]
        constraints = [
            models.CheckConstraint(
                name="table_row_has_number_or_reason",
                condition=Q(mobile="", reason__gt="") | Q(mobile__gt="", reason=""),
            )
        ]

    def __str__(self) -> str:
        return shown_text(self.name) or shown_mobile(self.mobile)
