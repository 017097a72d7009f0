"""Undoing an import as one step: whom it created goes, whom it changed is as before.

Whoever was changed or texted since stays as they are, and so does what it made that is in use. It
goes on in short transactions, as imports do; each person is looked at and undone in one of them.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final, NamedTuple

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
SHOWN: Final = 10  # of those who stay
_AT_ONCE: Final = 500  # people in one transaction
_FORGOTTEN_AT_ONCE: Final = 5000
_ENDED: Final = (ImportState.DONE, ImportState.CANCELLED, ImportState.FAILED)


@dataclass(slots=True)
class Staying:
    """People of an import who stay as they are: how many, and the keys of the first ones."""

    count: int = 0
    first: list[int] = field(default_factory=list)

    def add(self, people: QuerySet[Contact]) -> int:
        """Add some, and return how many they are."""
        found = people.count()
        self.count += found
        missing = max(SHOWN - len(self.first), 0)
        self.first += people.order_by("pk").values_list("pk", flat=True)[:missing]
        return found

    def people(self) -> QuerySet[Contact]:
        """The first ones, in the order of their coming."""
        return Contact.objects.filter(pk__in=self.first).order_by("pk")


@dataclass(slots=True)
class Outlook:
    """What undoing an import would do now. `changed` and `texted` are people who would stay.

    `first` are imports that changed its people since, and should be undone before it; `later` have
    found people there since, who do not come again by themselves.
    """

    created: int
    restored: int
    opt_outs: int
    changed: Staying
    texted: Staying
    first: QuerySet[ContactImport]
    later: QuerySet[ContactImport]


def highest_uses() -> dict[str, int]:
    """The highest key of everything that points at contacts, by where it is; see `_texted`."""
    return {
        label: related.objects.aggregate(highest=Max("pk", default=0))["highest"]
        for label, related, _name in _uses()
    }


def has_undoable(source: ContactImport) -> bool:
    """Whether an import is over, was not undone, is not too old to be, and has made anything that
    is there; told without looking at each of its people.
    """
    return _undoable().filter(pk=source.pk).exists() and (
        opt_outs(source).exists() or _theirs(source).exists() or source.changes.exists()
    )


def is_possible(source: ContactImport) -> bool:
    """Whether there is anything to undo: not if all of its people were changed or texted since."""
    return has_undoable(source) and (
        opt_outs(source).exists()
        or any(some.going for some in _pieces(source, _theirs(source)))
        or any(some.going for some in _pieces(source, _found(source)))
    )


def opt_outs(source: ContactImport) -> QuerySet[OptOut]:
    """Numbers that it opted out, and nobody else since."""
    return OptOut.objects.filter(source=source)


def outlook(source: ContactImport) -> Outlook:
    """What undoing an import would do, if that is possible."""
    since, created, found = _since(source), _theirs(source), _found(source)
    theirs = ImportedChange.objects.filter(source=OuterRef("pk"))
    overlap = theirs.filter(contact_pk__in=created.values("pk"))
    overlap |= theirs.filter(contact_pk__in=source.changes.values("contact_pk"))
    first = since.filter(Exists(overlap))
    seen = Outlook(
        created=created.count(),
        restored=found.count(),
        opt_outs=opt_outs(source).count(),
        changed=Staying(),
        texted=Staying(),
        first=first,
        later=since.filter(~Exists(overlap), unchanged__gt=0).exclude(options__opt_out=True),
    )
    seen.created -= _add_staying(seen, source, created)
    seen.restored -= _add_staying(seen, source, found)
    return seen


def _add_staying(seen: Outlook, source: ContactImport, people: QuerySet[Contact]) -> int:
    """Add those of people of an import who stay, and return how many they are. Only whom it wrote
    more than once has to be looked at one by one.
    """
    texted = Q(pk__in=_texted(source).values("pk"))
    joined = Q(pk__in=_joins(source).values("contact"))
    changes = source.changes.filter(contact_pk=OuterRef("pk"), fields__isnull=False)
    earlier = source.changes.filter(contact_pk=OuterRef("contact_pk"), pk__lt=OuterRef("pk"))
    several = Exists(changes.filter(Exists(earlier.filter(fields__isnull=False))))
    as_created = Q(source=source, updated_at=F("created_at"))
    as_it_wrote = as_created | Exists(changes.filter(at=OuterRef("updated_at")))
    only_joined = ~Q(source=source) & ~Exists(changes)
    unclear = several | Q(Exists(changes), source=source)
    edited = people.exclude(texted).filter(joined | (~unclear & ~(as_it_wrote | only_joined)))
    stay = seen.texted.add(people.filter(texted)) + seen.changed.add(edited)
    for some in _pieces(source, people.exclude(texted | joined).filter(unclear)):
        stay += seen.changed.add(Contact.objects.filter(pk__in=some.changed))
    return stay


def _since(source: ContactImport) -> QuerySet[ContactImport]:
    """Imports that came after one, the last one first."""
    contacts = ContactImport.objects.filter(purpose=FilePurpose.CONTACTS).exclude(pk=source.pk)
    after = contacts.filter(state__in=_ENDED, finished_at__gt=source.finished_at)
    return after.order_by("-finished_at", "-pk")


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
    forget_made(source)
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


@dataclass(frozen=True, slots=True)
class _Some:
    """Some people of an import by their keys: all of them, who goes or changes back, who stays
    because they were changed since, or texted.
    """

    pks: Sequence[int]
    going: Collection[int]
    changed: Collection[int]
    texted: Collection[int]


def _theirs(source: ContactImport) -> QuerySet[Contact]:
    """People whom it created."""
    return Contact.objects.filter(source=source, pk__gt=source.highest)


def _found(source: ContactImport) -> QuerySet[Contact]:
    """People whom it found, and changed."""
    changed = source.changes.values("contact_pk")
    return Contact.objects.filter(pk__in=changed).exclude(source=source)


def _pieces(source: ContactImport, people: QuerySet[Contact]) -> Iterator[_Some]:
    pks = people.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=_AT_ONCE)
    while some := list(islice(pks, _AT_ONCE)):
        yield _told_apart(source, Contact.objects.filter(pk__in=some))


class _Person(NamedTuple):
    pk: int
    source: int | None
    created_at: datetime
    updated_at: datetime


def _told_apart(source: ContactImport, people: QuerySet[Contact], *, lock: bool = False) -> _Some:
    """The first ones of these, by what happened to them since. It is told person by person, as what
    a database plans for a table that has just grown may take an hour.
    """
    people = people.order_by("pk").select_for_update() if lock else people.order_by("pk")
    some = [_Person(*row) for row in people.values_list(*_Person._fields)[:_AT_ONCE]]
    pks = [person.pk for person in some]
    changes: dict[int, list[tuple[datetime | None, datetime]]] = {pk: [] for pk in pks}
    theirs = source.changes.filter(contact_pk__in=pks, fields__isnull=False).order_by("pk")
    for pk, since, at in theirs.values_list("contact_pk", "since", "at"):
        changes[pk].append((since, at))
    joined = set(_joins(source).filter(contact__in=pks).values_list("contact", flat=True))
    texted = set(_texted(source).filter(pk__in=pks).values_list("pk", flat=True))
    changed = joined.union(
        person.pk for person in some if _is_edited(person, changes[person.pk], source)
    )
    return _Some(pks, set(pks) - changed - texted, changed - texted, texted)


def _is_edited(
    person: _Person, changes: Sequence[tuple[datetime | None, datetime]], source: ContactImport
) -> bool:
    """Whether somebody was written after an import wrote them, or between two pieces of it."""
    is_created = person.source == source.pk
    written = {at for _since, at in changes}
    is_as_created = is_created and person.updated_at == person.created_at
    only_joined = not is_created and not changes
    if not (is_as_created or only_joined or person.updated_at in written):
        return True
    # Each change follows the one before; what somebody else wrote in between leaves a gap.
    gaps = [(place, since) for place, (since, _at) in enumerate(changes) if since not in written]
    return any(place or (is_created and since != person.created_at) for place, since in gaps)


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


def _texted(source: ContactImport) -> QuerySet[Contact]:
    """People whom something points at, or whose number something has, that was not there when the
    import began.
    """
    people = Contact.objects.all()
    texted = Contact.objects.none()
    for label, related, name in _uses():
        newer = related.objects.filter(pk__gt=source.uses.get(label, 0))
        if not newer.exists():
            continue
        texted |= people.filter(Exists(newer.filter(**{name: OuterRef("pk")})))
        if any(field.name == "mobile" for field in related._meta.get_fields()):
            texted |= people.filter(Exists(newer.filter(mobile=OuterRef("mobile"))))
    return texted


def _joins(source: ContactImport) -> QuerySet[Any]:
    """Memberships that came since, of those whom it created."""
    joins = Group.members.through.objects.filter(pk__gt=source.memberships)
    return joins.filter(contact__source=source)


def _remove_some(source: ContactImport) -> bool:
    """Remove some of those it created. False if nobody is left."""
    with transaction.atomic():
        if (mine := _locked(source)) is None:
            return False
        some = _told_apart(source, _theirs(source).filter(pk__gt=mine.undone_to), lock=True)
        if not some.pks:
            return False
        Contact.objects.filter(pk__in=some.going).delete()
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
        if not (pks := set(next_ones[:_AT_ONCE])):
            return False
        some = _told_apart(source, Contact.objects.filter(pk__in=pks), lock=True)
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
    some = list(opt_outs(source).values_list("pk", flat=True)[:_AT_ONCE])
    opt_outs(source).filter(pk__in=some).delete()  # as somebody may have confirmed one meanwhile
    return bool(some)


def forget_made(source: ContactImport) -> None:
    """Delete the groups that it made if they are empty, and its fields if nobody has a value; and
    so those of imports that were undone before. Each is locked while it is looked at, so that
    nobody joins or takes it over meanwhile.
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
