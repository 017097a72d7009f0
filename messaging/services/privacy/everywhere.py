"""Every place in which a number or a name can stand, and what a row of hers becomes there.

What is hers by itself (contacts, recipients, opt-outs) goes in erasing.py; columns.py says of each
column of the database what it is.
"""

import json
import re
from typing import Final

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.mentions import mentions, without, without_in
from contacts.models import Contact, ContactImport, ImportedChange, ImportState, OptOut, RejectedRow
from contacts.phone import REMOVED
from messaging.models import (
    Batch,
    Campaign,
    CampaignState,
    Event,
    Gateway,
    LeftOut,
    LeftOutReason,
    MessageTemplate,
    RecipientTable,
    SentMessage,
    TableRow,
)
from messaging.services.audience.choice import Audience
from messaging.services.campaigns.drafts import fingerprint_of
from messaging.services.privacy.places import Place, Row, Values
from messaging.services.privacy.traces import Traces
from sociair_portal.audit.models import Entry


def _without_number(row: Row, traces: Traces) -> Values:
    """A row in which the number alone goes."""
    names = [name for name in row if name != "pk"]
    return {name: _taken_out(row[name], traces) for name in names}


def _taken_out(value: object, traces: Traces) -> object:
    if isinstance(value, str):
        return without(value, traces.mobile, _("(number removed)"))
    return without_in(value, traces.mobile, traces.folded)


def _left_out(row: Row, traces: Traces) -> Values:
    return {"entry": "", "words": str(LeftOutReason(row["reason"]).label)}


def _rejected(row: Row, traces: Traces) -> Values:
    reason = without(row["reason"], traces.mobile, _("(number removed)"))[:300]
    return {"entry": _("(removed)"), "cells": [], "suggestion": "", "reason": reason}


def _table_row(row: Row, traces: Traces) -> Values:
    """Her own row is emptied; from another's, only her number goes."""
    if row["mobile"] != traces.mobile:
        reason = without(row["reason"], traces.mobile, _("(number removed)"))[:300]
        return {"fields": without_in(row["fields"], traces.mobile), "reason": reason}
    if not traces.of_number:
        return {"name": "", "fields": {}}
    return {"mobile": "", "name": "", "fields": {}, "reason": _("(removed)")}


def _value(row: Row, traces: Traces) -> Values:
    """Another contact's values: those that hold her number go."""
    kept = {key: one for key, one in row["fields"].items() if not mentions(one, traces.mobile)}
    return {"fields": kept}


def _call(row: Row, traces: Traces) -> Values:
    numbers = [REMOVED if one == traces.mobile else one for one in row["numbers"]]
    words, raw = (_taken_out(row[name], traces) for name in ("words", "raw"))
    return {"numbers": numbers, "words": words, "raw": raw}


def _is_chosen(row: Row, traces: Traces) -> bool:
    audience, gone = row["audience"], set(traces.contacts)
    if gone.intersection([*audience["contacts"], *audience["preferred"]]):
        return True
    is_draft = row["state"] == CampaignState.DRAFT
    texts = [audience["numbers"], *([row["text"]] if is_draft else [])]
    return traces.of_number and mentions(texts, traces.mobile)


def _choice(row: Row, traces: Traces) -> Values:
    """A choice without her; the text of a draft goes on without her number."""
    gone, is_draft = set(traces.contacts), row["state"] == CampaignState.DRAFT
    choice, text = dict(row["audience"]), row["text"]
    for name in ("contacts", "preferred"):
        choice[name] = [pk for pk in choice[name] if pk not in gone]
    if traces.of_number:
        choice["numbers"] = without(choice["numbers"], traces.mobile)
        text = without(text, traces.mobile, _("(number removed)")) if is_draft else text
    audience = Audience.from_json(choice)
    changed = {"audience": audience.to_json(), "fingerprint": fingerprint_of(text, audience)}
    return changed | ({"text": text, "version": F("version") + 1} if is_draft else {})


def _cells(row: Row, _traces: Traces) -> str:
    """What stands in a row, each thing once."""
    said: dict[str, None] = {}
    for name, value in row.items():
        if name not in ("pk", "reason", "mobile"):
            parts = value.values() if isinstance(value, dict) else value
            parts = parts if not isinstance(parts, str) and parts is not None else [parts]
            said |= dict.fromkeys(str(part) for part in parts if part not in (None, ""))
    return ", ".join(said)


def _own_row(row: Row, traces: Traces) -> str:
    return _cells(row, traces) if row["mobile"] == traces.mobile else ""


def _keys(traces: Traces) -> tuple[str, ...]:
    return tuple(map(str, traces.contacts))


def _everything(_traces: Traces) -> tuple[str, ...]:
    return ("",)


def _is_of_import(row: Row, traces: Traces) -> bool:
    """What an import keeps about its columns has some cells in it: names without numbers."""
    values = [row[name] for name in ("facts", "options", "names", "failure", "file_name")]
    return bool(without_in(values, traces.mobile, traces.folded) != values)


def _of_record(traces: Traces) -> Q:
    contact, opt_out = map(ContentType.objects.get_for_model, (Contact, OptOut))
    return Q(content_type=contact, object_id__in=traces.contacts) | Q(
        content_type=opt_out, object_id__in=traces.opt_outs
    )


def _of_admin(traces: Traces) -> Q:
    contact, opt_out = map(ContentType.objects.get_for_model, (Contact, OptOut))
    of_contact = Q(content_type=contact, object_id__in=list(map(str, traces.contacts)))
    of_opt_out = Q(content_type=opt_out, object_id__in=list(map(str, traces.opt_outs)))
    return of_contact | of_opt_out


def _full_names(traces: Traces) -> list[str]:
    """Names of two words or more: one word is somebody else's too."""
    return [name for name in traces.names if len(name.split()) > 1]


def _names_in_record(traces: Traces) -> tuple[str, ...]:
    names = _full_names(traces)
    return (*names, *(json.dumps(name)[1:-1] for name in names))


def _is_in_record(row: Row, traces: Traces) -> bool:
    values = [value for name, value in row.items() if name != "pk"]
    if traces.of_number and mentions(values, traces.mobile):
        return True
    said = json.dumps(values, ensure_ascii=False)
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said) for name in _full_names(traces))


def _entry(row: Row, traces: Traces) -> Values:
    """What the database lets be emptied in the record, and nothing else (append_only.py)."""
    return {"object_repr": "", "changes_text": "", "changes": None, "serialized_data": None}


def _of_the_admin(row: Row, traces: Traces) -> Values:
    return {"object_repr": _("(removed)"), "change_message": ""}


_ENDED: Final = ~Q(state=CampaignState.PREPARING)

PLACES: Final = [
    Place(
        "choices",
        gettext_lazy("Messages and drafts for which the person was chosen or entered"),
        Campaign,
        ("audience", "text"),
        _choice,
        others=("state", "fingerprint"),
        where=_ENDED,
        is_hers=_is_chosen,
        looked_for=_keys,
        of_one=True,
    ),
    Place(
        "left_out",
        gettext_lazy("Entries that a message left out"),
        LeftOut,
        ("entry", "words"),
        _left_out,
        others=("reason",),
        of_one=True,
        told=_cells,
    ),
    Place(
        "calls",
        gettext_lazy("Requests to Sociair and their answers"),
        SentMessage,
        ("numbers", "words", "raw"),
        _call,
        is_exact=True,
    ),
    Place(
        "table_rows",
        gettext_lazy("Rows of spreadsheets that messages were sent to"),
        TableRow,
        ("mobile", "name", "fields", "reason"),
        _table_row,
        of_one=True,
        told=_own_row,
    ),
    Place(
        "tables",
        gettext_lazy("Notes about spreadsheets that messages were sent to"),
        RecipientTable,
        ("odd_cells", "columns", "file_name"),
        _without_number,
    ),
    Place(
        "rejected",
        gettext_lazy("Rows that an import left out"),
        RejectedRow,
        ("entry", "reason", "suggestion", "cells"),
        _rejected,
        of_one=True,
        told=_cells,
    ),
    Place(
        "imports",
        gettext_lazy("Notes about imported files"),
        ContactImport,
        ("facts", "options", "names", "failure", "file_name"),
        _without_number,
        where=~Q(state__in=(ImportState.RUNNING, ImportState.UNDOING)),
        is_hers=_is_of_import,
        looked_for=_everything,
        of_one=True,
    ),
    Place(
        "undo",
        gettext_lazy("How the contact was before an import"),
        ImportedChange,
        ("name", "fields"),
        lambda _row, _traces: {"name": "", "fields": None, "since": None},
        by_key=lambda traces: Q(contact_pk__in=traces.contacts),
        of_one=True,
        told=_cells,
    ),
    Place(
        "values",
        gettext_lazy("Other contacts who have the number in one of their fields"),
        Contact,
        ("fields",),
        _value,
        others=("updated_at",),
    ),
    Place(
        "opt_outs",
        gettext_lazy("Reasons of other people's opt-outs"),
        OptOut,
        ("reason",),
        _without_number,
    ),
    Place(
        "events",
        gettext_lazy("Reasons that colleagues wrote in the history of a message"),
        Event,
        ("words",),
        _without_number,
    ),
    Place(
        "reasons",
        gettext_lazy("Reasons that colleagues wrote about a decision"),
        Batch,
        ("settled_why",),
        _without_number,
    ),
    Place(
        "pauses",
        gettext_lazy("Reasons why a message paused or was sent again"),
        Campaign,
        ("pause_reason", "again_why", "chosen"),
        _without_number,
        where=_ENDED,
    ),
    Place(
        "gateways",
        gettext_lazy("What Sociair said when sending stopped"),
        Gateway,
        ("hold_words", "balance_error"),
        _without_number,
    ),
    Place(
        "record",
        gettext_lazy("Entries of the record of who did what"),
        Entry,
        ("object_repr", "changes_text", "changes", "serialized_data"),
        _entry,
        by_key=_of_record,
        is_hers=_is_in_record,
        looked_for=_names_in_record,
        of_one=True,
    ),
    Place(
        "admin",
        gettext_lazy("The admin's own list of changes"),
        LogEntry,
        ("object_repr", "change_message"),
        _of_the_admin,
        by_key=_of_admin,
        of_one=True,
    ),
    # The words of the office and of others' messages are named, so that somebody can look.
    Place(
        "templates",
        gettext_lazy("Templates with the number in their text"),
        MessageTemplate,
        ("name", "text"),
        None,
    ),
    Place(
        "texts",
        gettext_lazy("Messages to other people with the number in their text"),
        Batch,
        ("text",),
        None,
    ),
]
