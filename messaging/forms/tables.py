"""The form that says what the columns of a table of recipients mean."""

from typing import Any

from django.utils.translation import gettext as _

from contacts.forms.imports import ColumnChoiceForm
from contacts.importing.meanings import KEEP, LEAVE_OUT, NAME, NUMBER, OPTED_OUT, Choice
from contacts.models import ContactImport


class RecipientColumnsForm(ColumnChoiceForm):
    def __init__(self, source: ContactImport, choice: Choice, data: Any = None) -> None:
        meanings = [
            (KEEP, _("Can be used in the message")),
            (NUMBER, _("Mobile number")),
            (NAME, _("Name")),
            (OPTED_OUT, _("Opted out (yes)")),
            (LEAVE_OUT, _("Leave out")),
        ]
        super().__init__(source, choice, data, meanings=meanings)
