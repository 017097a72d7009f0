"""Undoing an import as one step: whom it created goes, whom it changed is as before.

Whoever was changed or texted since stays as they are, and so does what it made that is in use. It
goes on in short transactions, as imports do; each person is looked at and undone in one of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from contacts.fields import FieldKind, can_have
from contacts.importing.known_people import write_people
from contacts.models import (
    Contact,
    ContactField,
    ContactImport,
    FilePurpose,
    Group,
    ImportedChange,
    ImportState,
    OptOut,
)
from contacts.services import field_values
from sociair_portal.common.actors import Actor, user_of

POSSIBLE_FOR: Final = timedelta(days=7)  # after its end; how people were is kept no longer
_AT_ONCE: Final = 500  # people in one transaction
_FORGOTTEN_AT_ONCE: Final = 5000
_ENDED: Final = (ImportState.DONE, ImportState.CANCELLED, ImportState.FAILED)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What undoing an import would do now. `changed` and `texted` are people who would stay,
    `later` are imports that have found people there since: they do not come again by themselves.
    """

    created: int
    restored: int
    opt_outs: int
    changed: QuerySet[Contact]
    texted: QuerySet[Contact]
    later: QuerySet[ContactImport]


def highest_uses() -> dict[str, int]:
    """The highest key of everything that points at contacts, by where it is; see `_used`."""
    return {
        label: related.objects.aggregate(highest=Max("pk", default=0))["highest"]
        for label, related, _name in _uses()
    }


def is_possible(source: ContactImport) -> bool:
    """Whether there is anything to undo: not if it is not over, was undone, or is too old, nor if
    all of its people were changed or texted since.
    """
    return _undoable().filter(pk=source.pk).exists() and (
        _created(source).exclude(_staying(source)).exists()
        or _changed(source).exclude(_staying(source)).exists()
        or OptOut.objects.filter(source=source).exists()
    )


def outlook(source: ContactImport) -> Outlook | None:
    """None if nothing of it can be undone."""
    if not is_possible(source):
        return None
    people = Contact.objects.filter(Q(pk__in=_created(source)) | Q(pk__in=_changed_pks(source)))
    staying = people.filter(_staying(source))
    return Outlook(
        created=_created(source).exclude(_staying(source)).count(),
        restored=_changed(source).exclude(_staying(source)).count(),
        opt_outs=OptOut.objects.filter(source=source).count(),
        changed=staying.exclude(_used(source)).order_by("name", "pk"),
        texted=staying.filter(_used(source)).order_by("name", "pk"),
        later=ContactImport.objects.filter(pk__gt=source.pk, state__in=_ENDED, unchanged__gt=0),
    )


def begin(source: ContactImport, *, by: Actor, opt_outs: bool) -> bool:
    """Let the worker undo an import, its opt-outs only if wanted. False if that cannot be."""
    return bool(
        is_possible(source)
        and _undoable()
        .filter(pk=source.pk)
        .update(
            state=ImportState.UNDOING,
            undone_by=user_of(by),
            undo_opt_outs=opt_outs,
            undone_to=F("highest"),
        )
    )


def undo(source: ContactImport, *, go_on: Callable[[], bool] = lambda: True) -> bool:
    """Undo what is left of an import. False if `go_on` stopped it before its end."""
    for step in (_remove_some, _restore_some, _forget_opt_outs):
        while step(source):
            if not go_on():
                return False
    _forget_made(source)
    ContactImport.objects.filter(pk=source.pk, state=ImportState.UNDOING).update(
        state=ImportState.UNDONE, undone_at=timezone.now()
    )
    source.refresh_from_db()
    return True


def forget_old() -> None:
    """Delete how people were before imports that cannot be undone any more."""
    before = timezone.now() - POSSIBLE_FOR
    ended = ContactImport.objects.filter(state__in=_ENDED, finished_at__lt=before)
    old = ImportedChange.objects.filter(source__in=ended).values_list("pk", flat=True)
    while some := list(old[:_FORGOTTEN_AT_ONCE]):
        ImportedChange.objects.filter(pk__in=some).delete()


def _undoable() -> QuerySet[ContactImport]:
    since = timezone.now() - POSSIBLE_FOR
    contacts = ContactImport.objects.filter(purpose=FilePurpose.CONTACTS)
    return contacts.filter(state__in=_ENDED, finished_at__gte=since)


def _created(source: ContactImport) -> QuerySet[Contact]:
    return Contact.objects.filter(pk__gt=source.highest, source=source)


def _changed_pks(source: ContactImport) -> QuerySet[Any]:
    return ImportedChange.objects.filter(source=source).values("contact_pk")


def _changed(source: ContactImport) -> QuerySet[Contact]:
    """People whom it found, and changed."""
    return Contact.objects.filter(pk__in=_changed_pks(source)).exclude(source=source)


def _staying(source: ContactImport) -> Q:
    """Of people of an import: they were changed or texted since."""
    return _edited(source) | _used(source)


def _edited(source: ContactImport) -> Q:
    """Of people of an import: they were written, or joined a group, after it wrote them, or between
    two pieces of it.
    """
    changes = ImportedChange.objects.filter(source=source, fields__isnull=False)
    theirs = changes.filter(contact_pk=OuterRef("pk"))
    written = theirs.filter(at=OuterRef("updated_at"))
    as_created = Q(source=source, updated_at=F("created_at"))
    only_joined = ~Q(source=source) & ~Exists(theirs)
    # Each change follows the one before; what somebody else wrote in between leaves a gap.
    same = changes.filter(contact_pk=OuterRef("contact_pk"))
    gaps = theirs.filter(~Exists(same.filter(at=OuterRef("since"))))
    gap = Q(Exists(gaps.filter(Exists(same.filter(pk__lt=OuterRef("pk"))))))
    gap |= Q(Exists(gaps.exclude(since=OuterRef("created_at"))), source=source)
    joined = Group.members.through.objects.filter(contact=OuterRef("pk"), pk__gt=source.memberships)
    return ~(as_created | Exists(written) | only_joined) | gap | Q(Exists(joined), source=source)


def _uses() -> list[tuple[str, Any, str]]:
    """Models that point at contacts: a label, the model and the name of its field."""
    return [
        (
            f"{relation.related_model._meta.label}.{relation.field.name}",
            relation.related_model,
            relation.field.name,
        )
        for relation in Contact._meta.related_objects
        if relation.one_to_many
    ]


def _used(source: ContactImport) -> Q:
    """Of people: something points at them that was not there when the import began."""
    used = Q(pk__in=[])
    for label, related, name in _uses():
        newer = related.objects.filter(pk__gt=source.uses.get(label, 0))
        used |= Q(Exists(newer.filter(**{name: OuterRef("pk")})))
    return used


def _remove_some(source: ContactImport) -> bool:
    """Remove some of those it created. False if nobody is left."""
    with transaction.atomic():
        if (mine := _locked(source)) is None:
            return False
        some = _created(source).filter(pk__gt=mine.undone_to).order_by("pk")
        pks = list(some.select_for_update().values_list("pk", flat=True)[:_AT_ONCE])
        if not pks:
            return False
        people = _created(source).filter(pk__in=pks)
        going = list(people.exclude(_staying(source)).values_list("pk", flat=True))
        Contact.objects.filter(pk__in=going).delete()
        source.changes.filter(contact_pk__in=pks).delete()
        _count(source, undone=len(going), kept=len(pks) - len(going))
        ContactImport.objects.filter(pk=source.pk).update(undone_to=pks[-1])
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
        pks = set(next_ones[:_AT_ONCE])
        if not pks:
            return False
        people = Contact.objects.filter(pk__in=pks)
        there = set(people.order_by("pk").select_for_update().values_list("pk", flat=True))
        staying = set(people.filter(_staying(source)).values_list("pk", flat=True))
        _restore(source.changes.filter(contact_pk__in=there - staying))
        source.changes.filter(contact_pk__in=pks).delete()
        _count(source, undone=len(there - staying), kept=len(staying))
    return True


def _restore(changes: QuerySet[ImportedChange]) -> None:
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
        Group.members.through.objects.filter(contact__in=people, group__in=groups).delete()


def _count(source: ContactImport, **counts: int) -> None:
    ContactImport.objects.filter(pk=source.pk).update(
        **{name: F(name) + count for name, count in counts.items()}
    )


def _forget_opt_outs(source: ContactImport) -> bool:
    if not source.undo_opt_outs:
        return False
    some = list(OptOut.objects.filter(source=source).values_list("pk", flat=True)[:_AT_ONCE])
    OptOut.objects.filter(pk__in=some).delete()
    return bool(some)


def _forget_made(source: ContactImport) -> None:
    """Delete the groups that it made if they are empty, and its fields if nobody has a value. Each
    is locked while it is looked at, so that nobody joins or takes it over meanwhile.
    """
    for pk in list(Group.objects.filter(source=source).values_list("pk", flat=True)):
        with transaction.atomic():
            group = Group.objects.filter(pk=pk).select_for_update().first()
            if group is not None and not group.members.exists():
                group.delete()
    for pk in list(ContactField.objects.filter(source=source).values_list("pk", flat=True)):
        with transaction.atomic():
            field = ContactField.objects.filter(pk=pk, source=source).select_for_update().first()
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
