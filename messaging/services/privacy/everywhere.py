"""Every place in which a number or a name can stand apart from what is hers alone.

Contacts, recipients and opt-outs go in erasing.py; hers.py says which rows are about someone and
what each becomes; columns.py says of each column of the database what it is.
"""

from typing import Final

from django.contrib.admin.models import LogEntry
from django.db.models import Q
from django.utils.translation import gettext_lazy

from contacts.models import Contact, ContactImport, ImportedChange, ImportState, OptOut, RejectedRow
from messaging.models import (
    Batch,
    Campaign,
    CampaignState,
    Event,
    Gateway,
    LeftOut,
    MessageTemplate,
    NumberCode,
    RecipientTable,
    SentLink,
    SentMessage,
    TableRow,
)
from messaging.services.privacy import hers
from messaging.services.privacy.places import Place
from sociair_portal.audit.models import Entry

_ABOUT_PEOPLE: Final = ("contact", "optout", "contactimport", "campaign")
_ENDED: Final = ~Q(state=CampaignState.PREPARING)

PLACES: Final = [
    Place(
        "choices",
        gettext_lazy("Messages and drafts that this person was chosen for"),
        Campaign,
        ("audience", "text"),
        hers.choice,
        others=("state", "fingerprint"),
        where=_ENDED,
        is_hers=hers.is_chosen,
        looked_for=hers.keys,
        of_one=True,
    ),
    Place(
        "left_out",
        gettext_lazy("Entries left out of messages"),
        LeftOut,
        ("entry", "words"),
        hers.left_out_entry,
        others=("reason",),
        of_one=True,
        told=hers.cells_of,
    ),
    Place(
        "calls",
        gettext_lazy("Requests to Sociair and their answers"),
        SentMessage,
        ("numbers", "words", "raw"),
        hers.call,
        is_exact=True,
    ),
    Place(
        "table_rows",
        gettext_lazy("Rows of spreadsheets used for messages"),
        TableRow,
        ("mobile", "name", "fields", "reason"),
        hers.table_row,
        of_one=True,
        told=hers.own_row,
    ),
    Place(
        "tables",
        gettext_lazy("Notes about spreadsheets used for messages"),
        RecipientTable,
        ("odd_cells", "columns", "file_name"),
        hers.without_number,
    ),
    Place(
        "rejected",
        gettext_lazy("Rows left out of imports"),
        RejectedRow,
        ("entry", "reason", "suggestion", "cells"),
        hers.rejected_row,
        of_one=True,
        told=hers.cells_of,
    ),
    Place(
        "imports",
        gettext_lazy("Notes about imported files"),
        ContactImport,
        ("facts", "options", "names", "failure", "file_name"),
        hers.without_number,
        where=~Q(state__in=(ImportState.RUNNING, ImportState.UNDOING)),
        is_hers=hers.is_of_import,
        looked_for=hers.everything,
        of_one=True,
    ),
    Place(
        "undo",
        gettext_lazy("The contact as it was before an import"),
        ImportedChange,
        ("name", "fields"),
        lambda _row, _traces: {"name": "", "fields": None, "since": None},
        by_key=lambda traces: Q(contact_pk__in=traces.contacts),
        of_one=True,
        told=hers.cells_of,
    ),
    Place(
        "values",
        gettext_lazy("Other contacts with this number in a field"),
        Contact,
        ("fields",),
        hers.other_values,
        others=("updated_at",),
    ),
    Place(
        "opt_outs",
        gettext_lazy("Reasons for other people's opt-outs"),
        OptOut,
        ("reason",),
        hers.without_number,
    ),
    Place(
        "events",
        gettext_lazy("Reasons in the history of messages"),
        Event,
        ("words",),
        hers.without_number,
    ),
    Place(
        "reasons",
        gettext_lazy("Reasons for decisions"),
        Batch,
        ("settled_why",),
        hers.without_number,
    ),
    Place(
        "pauses",
        gettext_lazy("Reasons for pausing a message or sending it again"),
        Campaign,
        ("pause_reason", "again_why", "chosen"),
        hers.without_number,
        where=_ENDED,
    ),
    Place(
        "titles",
        gettext_lazy("Titles of messages"),
        Campaign,
        ("own_title",),
        hers.without_number,
        where=_ENDED,
    ),
    Place(
        "gateways",
        gettext_lazy("What Sociair said when sending stopped"),
        Gateway,
        ("hold_words", "balance_error"),
        hers.without_number,
    ),
    Place(
        "codes",
        gettext_lazy("Codes sent to confirm a colleague's own number"),
        NumberCode,
        ("mobile",),
        hers.code_of_number,
        is_exact=True,
    ),
    Place(
        "links",
        gettext_lazy("Links sent to a colleague to choose a password"),
        SentLink,
        ("mobile",),
        hers.code_of_number,
        is_exact=True,
    ),
    Place(
        "record",
        gettext_lazy("Entries about people in the record"),
        Entry,
        ("object_repr", "changes_text", "changes", "serialized_data"),
        hers.record_entry,
        # Of people who are written to. What was done to accounts, roles and templates is nobody's
        # to take out of the record, whatever a contact is called.
        where=Q(content_type__model__in=_ABOUT_PEOPLE),
        others=("content_type_id", "object_id"),
        by_key=hers.of_record,
        is_hers=hers.is_in_record,
        looked_for=hers.names_in_record,
        of_one=True,
    ),
    Place(
        "admin",
        gettext_lazy("The admin's list of changes"),
        LogEntry,
        ("object_repr", "change_message"),
        hers.admin_entry,
        by_key=hers.of_admin,
        of_one=True,
    ),
    # The words of the office and of others' messages are named, so that someone can look.
    Place(
        "templates",
        gettext_lazy("Templates with this number in the text"),
        MessageTemplate,
        ("name", "text"),
        None,
        stays=gettext_lazy("These texts are your office's own. Change them yourself."),
    ),
    Place(
        "texts",
        gettext_lazy("Messages with this number in the text"),
        Batch,
        ("text",),
        None,
        stays=gettext_lazy(
            "A text that others also got stays. A text that went only to this person is removed."
        ),
    ),
]
