"""Undoing an import as one step: whom it created goes, whom it changed is as before.

Whoever was changed or sent messages since stays as they are, and so does what it made that is in
use. It goes on in short transactions, as imports do; each person is looked at and undone in one of
them.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from contacts.fields import FieldKind, can_have
from contacts.importing import deeds
from contacts.importing.imported_people import AT_ONCE, created_by, opted_out_by, told_apart
from contacts.importing.known_people import write_people
from contacts.importing.outlook import ENDED
from contacts.models import (
    Contact,
    ContactField,
    ContactImport,
    FilePurpose,
    Group,
    ImportedChange,
    ImportState,
)
from contacts.services import field_values
from sociair_portal.audit.actors import acting_for
from sociair_portal.audit.many import many_at_once
from sociair_portal.common.actors import Actor, user_of

POSSIBLE_FOR: Final = timedelta(days=7)  # after its end; how people were is kept no longer
_FORGOTTEN_AT_ONCE: Final = 5000


def has_undoable(source: ContactImport) -> bool:
    """Whether an import is over, was not undone, is not too old to be, and has made anything that
    is there; told without looking at each of its people.
    """
    return _undoable().filter(pk=source.pk).exists() and (
        opted_out_by(source).exists() or created_by(source).exists() or source.changes.exists()
    )


def begin(source: ContactImport, *, by: Actor, with_opt_outs: bool) -> bool:
    """Let the worker undo an import, its opt-outs only if wanted. False if that cannot be."""
    return bool(
        _undoable()
        .filter(pk=source.pk)
        .update(
            state=ImportState.UNDOING,
            undone_by=user_of(by),
            undo_opt_outs=with_opt_outs,
            undone_to=F("highest"),
            kept=0,
        )
    )


def undo(source: ContactImport, *, go_on: Callable[[], bool] = lambda: True) -> bool:
    """Undo what is left of an import. False if `go_on` stopped it before its end."""
    for step in (_remove_some, _restore_some, _forget_opt_outs):
        while step(source):
            if not go_on():
                return False
    with acting_for(source.undone_by):
        forget_made(source)
    with transaction.atomic():
        ended = ContactImport.objects.filter(pk=source.pk, state=ImportState.UNDOING).update(
            state=ImportState.UNDONE, undone_at=timezone.now()
        )
        source.refresh_from_db()
        if ended:
            deeds.undone(source)
    return True


def forget_old() -> None:
    """Delete how people were before imports that can no longer be undone."""
    before = timezone.now() - POSSIBLE_FOR
    ended = ContactImport.objects.filter(state__in=ENDED, finished_at__lt=before)
    old = ImportedChange.objects.filter(source__in=ended).values_list("pk", flat=True)
    while some := list(old[:_FORGOTTEN_AT_ONCE]):
        ImportedChange.objects.filter(pk__in=some).delete()


def _undoable() -> QuerySet[ContactImport]:
    since = timezone.now() - POSSIBLE_FOR
    contacts = ContactImport.objects.filter(purpose=FilePurpose.CONTACTS)
    return contacts.filter(state__in=ENDED, finished_at__gte=since)


def _remove_some(source: ContactImport) -> bool:
    """Remove some of those it created. False if nobody is left."""
    with transaction.atomic():
        if (mine := _locked(source)) is None:
            return False
        some = told_apart(source, created_by(source).filter(pk__gt=mine.undone_to), lock=True)
        if not some.pks:
            return False
        with many_at_once():
            Contact.objects.filter(pk__in=some.going).only("pk").delete()
        source.changes.filter(contact_pk__in=some.pks).delete()
        _count(source, undone=len(some.going), kept=len(some.pks) - len(some.going))
        ContactImport.objects.filter(pk=source.pk).update(undone_to=some.pks[-1])
    return True


def _locked(source: ContactImport) -> ContactImport | None:
    """The import, kept from other workers within the transaction; None if it is undone."""
    undoing = ContactImport.objects.filter(pk=source.pk, state=ImportState.UNDOING)
    return undoing.select_for_update().first()


def _restore_some(source: ContactImport) -> bool:
    """Restore some of those it changed. False if nobody is left."""
    with transaction.atomic():
        if _locked(source) is None:
            return False
        next_ones = source.changes.order_by("contact_pk").values_list("contact_pk", flat=True)
        if not (pks := set(next_ones[:AT_ONCE])):
            return False
        some = told_apart(source, Contact.objects.filter(pk__in=pks), lock=True)
        _restore(source, source.changes.filter(contact_pk__in=some.going))
        source.changes.filter(contact_pk__in=pks).delete()
        _count(source, undone=len(some.going), kept=len(some.pks) - len(some.going))
    return True


def _restore(source: ContactImport, changes: QuerySet[ImportedChange]) -> None:
    """Give people the values of before their first change, without fields that are gone since, and
    the moment of their change before, by which an earlier import knows them.
    """
    kinds = {field.key: FieldKind(field.kind) for field in ContactField.objects.all()}
    before: dict[int, tuple[str, dict[str, Any], datetime]] = {}
    joined: dict[int, frozenset[int]] = {}
    for change in changes.order_by("pk"):
        pk = change.contact_pk
        joined[pk] = joined.get(pk, frozenset()).union(change.joined)
        if change.fields is not None:
            kept = {
                key: value
                for key, value in change.fields.items()
                if key in kinds and can_have(kinds[key], value)
            }
            before.setdefault(pk, (change.name, kept, change.since or change.at))
    write_people([(pk, *was) for pk, was in before.items()])
    for groups in set(joined.values()) - {frozenset()}:
        people = [pk for pk, theirs in joined.items() if theirs == groups]
        joins = Group.members.through.objects.filter(contact__in=people, group__in=groups)
        joins.filter(pk__lte=source.memberships).delete()  # who has joined again stays


def _count(source: ContactImport, **counts: int) -> None:
    ContactImport.objects.filter(pk=source.pk).update(
        **{name: F(name) + count for name, count in counts.items()}
    )


def _forget_opt_outs(source: ContactImport) -> bool:
    if not source.undo_opt_outs:
        return False
    some = list(opted_out_by(source).values_list("pk", flat=True)[:AT_ONCE])
    with many_at_once():  # and not those that someone has confirmed in the meantime
        opted_out_by(source).filter(pk__in=some).only("pk").delete()
    return bool(some)


def forget_made(source: ContactImport) -> None:
    """Delete the groups that it made if they are empty, and its fields if nobody has a value; and
    so those of imports that were undone before. Each is locked while it is looked at, so that
    nobody joins or takes it over in the meantime.
    """
    made = Q(source=source) | Q(source__state=ImportState.UNDONE)
    groups, fields = Group.objects.filter(made), ContactField.objects.filter(made)
    for pk in list(groups.values_list("pk", flat=True)):
        with transaction.atomic():
            group = groups.filter(pk=pk).select_for_update(of=("self",)).first()
            if group is not None and not group.members.exists():
                group.delete()
    for pk in list(fields.values_list("pk", flat=True)):
        with transaction.atomic():
            field = fields.filter(pk=pk).select_for_update(of=("self",)).first()
            if field is None or field_values.filled(field).exists() or _is_awaited(field):
                continue
            field.delete()


def _is_awaited(field: ContactField) -> bool:
    """Whether an import that is running will put values into a field."""
    running = ContactImport.objects.filter(state=ImportState.RUNNING)
    columns = (
        column
        for options in running.values_list("options", flat=True)
        for column in options.get("fields", ())
    )
    return any(column["key"] == field.key for column in columns)
