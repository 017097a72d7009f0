"""Which rows are about a person who is anonymised, and what each of them becomes."""

import json
import re
from collections.abc import Iterator
from typing import Final

from django.contrib.contenttypes.models import ContentType
from django.db.models import F, Q
from django.utils.translation import gettext as _

from contacts.mentions import mentions, without, without_in
from contacts.models import Contact, OptOut
from contacts.phone import REMOVED
from messaging.models import CampaignState, LeftOutReason
from messaging.services.audience.choice import Audience
from messaging.services.campaigns.drafts import fingerprint_of
from messaging.services.privacy.places import Row, Values
from messaging.services.privacy.traces import Traces
from sociair_portal.common.sentences import changed, noted, noted_label

# The columns of the record that may be emptied, and what they become.
_RECORD: Final[Values] = {
    "object_repr": "",
    "changes_text": "",
    "changes": None,
    "serialized_data": None,
}
_WORD: Final = re.compile(r"[^\W\d_]{2,}")


def without_number(row: Row, traces: Traces) -> Values:
    """A row in which the number alone goes."""
    names = [name for name in row if name != "pk"]
    return {name: _taken_out(row[name], traces) for name in names}


def _taken_out(value: object, traces: Traces) -> object:
    if isinstance(value, str):
        removed = _("(number removed)")
        return changed(value, lambda text: without(text, traces.mobile, removed))
    return without_in(value, traces.mobile, traces.folded)


def code_of_number(row: Row, traces: Traces) -> Values:
    return {"mobile": ""}


def left_out_entry(row: Row, traces: Traces) -> Values:
    return {"entry": "", "words": noted_label(LeftOutReason(row["reason"]).label)}


def rejected_row(row: Row, traces: Traces) -> Values:
    reason = _taken_out(row["reason"], traces)
    return {"entry": _("(removed)"), "cells": [], "suggestion": "", "reason": reason}


def table_row(row: Row, traces: Traces) -> Values:
    """Her own row is emptied; from another's, only her number goes."""
    if row["mobile"] != traces.mobile:
        reason = _taken_out(row["reason"], traces)
        return {"fields": without_in(row["fields"], traces.mobile), "reason": reason}
    if not traces.of_number:
        return {"name": "", "fields": {}}
    return {"mobile": "", "name": "", "fields": {}, "reason": noted("(removed)")}


def other_values(row: Row, traces: Traces) -> Values:
    """Another contact's values: those that hold her number go."""
    kept = {key: one for key, one in row["fields"].items() if not mentions(one, traces.mobile)}
    return {"fields": kept}


def call(row: Row, traces: Traces) -> Values:
    numbers = [REMOVED if one == traces.mobile else one for one in row["numbers"]]
    words, raw = (_taken_out(row[name], traces) for name in ("words", "raw"))
    return {"numbers": numbers, "words": words, "raw": raw}


def is_chosen(row: Row, traces: Traces) -> bool:
    audience, gone = row["audience"], _contacts_of(row, traces)
    if gone.intersection([*audience["contacts"], *audience["preferred"]]):
        return True
    is_draft = row["state"] == CampaignState.DRAFT
    texts = [audience["numbers"], *([row["text"]] if is_draft else [])]
    return traces.of_number and mentions(texts, traces.mobile)


def _contacts_of(row: Row, traces: Traces) -> set[int]:
    """The keys of her contacts, if it was contacts that were chosen, and not rows of a table."""
    return set() if row["audience"]["table"] else set(traces.contacts)


def choice(row: Row, traces: Traces) -> Values:
    """A choice without her; the text of a draft goes on without her number."""
    gone, is_draft = _contacts_of(row, traces), row["state"] == CampaignState.DRAFT
    choice, text = dict(row["audience"]), row["text"]
    for name in ("contacts", "preferred"):
        choice[name] = [pk for pk in choice[name] if pk not in gone]
    if traces.of_number:
        choice["numbers"] = without(choice["numbers"], traces.mobile)
        text = without(text, traces.mobile, _("(number removed)")) if is_draft else text
    audience = Audience.from_json(choice)
    changed = {"audience": audience.to_json(), "fingerprint": fingerprint_of(text, audience)}
    return changed | ({"text": text, "version": F("version") + 1} if is_draft else {})


def cells_of(row: Row, _traces: Traces) -> str:
    """What stands in a row, each thing once."""
    said: dict[str, None] = {}
    for name, value in row.items():
        if name not in ("pk", "reason", "mobile"):
            parts = value.values() if isinstance(value, dict) else value
            parts = parts if not isinstance(parts, str) and parts is not None else [parts]
            said |= dict.fromkeys(str(part) for part in parts if part not in (None, ""))
    return ", ".join(said)


def own_row(row: Row, traces: Traces) -> str:
    return cells_of(row, traces) if row["mobile"] == traces.mobile else ""


def keys(traces: Traces) -> tuple[str, ...]:
    return tuple(map(str, traces.contacts))


def everything(_traces: Traces) -> tuple[str, ...]:
    return ("",)


def is_of_import(row: Row, traces: Traces) -> bool:
    """What an import keeps about its columns has some cells in it: names without numbers."""
    values = [row[name] for name in ("facts", "options", "names", "failure", "file_name")]
    return bool(without_in(values, traces.mobile, traces.folded) != values)


def of_record(traces: Traces) -> Q:
    contact, opt_out = map(ContentType.objects.get_for_model, (Contact, OptOut))
    return Q(content_type=contact, object_id__in=traces.contacts) | Q(
        content_type=opt_out, object_id__in=traces.opt_outs
    )


def of_admin(traces: Traces) -> Q:
    contact, opt_out = map(ContentType.objects.get_for_model, (Contact, OptOut))
    of_contact = Q(content_type=contact, object_id__in=list(map(str, traces.contacts)))
    of_opt_out = Q(content_type=opt_out, object_id__in=list(map(str, traces.opt_outs)))
    return of_contact | of_opt_out


def _full_names(traces: Traces) -> list[str]:
    """Names of two words of letters or more: one word is someone else's too."""
    return [name for name in traces.names if len(_WORD.findall(name)) > 1]


def names_in_record(traces: Traces) -> tuple[str, ...]:
    names = _full_names(traces)
    return (*names, *(json.dumps(name)[1:-1] for name in names))


def is_in_record(row: Row, traces: Traces) -> bool:
    return bool(_of_her_in_record(row, traces))


def _of_her_in_record(row: Row, traces: Traces) -> set[str]:
    """The columns of an entry in which she is: a value that is her name, words that have it."""
    names = _full_names(traces)
    found = {name for name in _RECORD if traces.of_number and mentions(row[name], traces.mobile)}
    for column in ("changes", "serialized_data"):
        if any(one == name for name in names for one in _texts_in(row[column])):
            found.add(column)
    for column in ("object_repr", "changes_text"):
        if any(re.search(rf"(?<!\w){re.escape(it)}(?!\w)", row[column]) for it in names):
            found.add(column)
    return found


def _is_about_her(row: Row, traces: Traces) -> bool:
    contact, opt_out = (ContentType.objects.get_for_model(it).pk for it in (Contact, OptOut))
    about = {(contact, pk) for pk in traces.contacts} | {(opt_out, pk) for pk in traces.opt_outs}
    return (row["content_type_id"], row["object_id"]) in about


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts_in(part)


def record_entry(row: Row, traces: Traces) -> Values:
    """What the database lets be emptied in the record, and nothing else: all of
    an entry about her, of others only what names her.
    """
    gone = _RECORD if _is_about_her(row, traces) else _of_her_in_record(row, traces)
    return {name: _RECORD[name] for name in gone}


def admin_entry(row: Row, traces: Traces) -> Values:
    return {"object_repr": _("(removed)"), "change_message": ""}
