"""People of an import as they are now: who is as it left them, and who was changed or messaged."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final, NamedTuple

from django.db.models import Exists, Max, OuterRef, QuerySet

from contacts.models import Contact, ContactImport, Group, OptOut

AT_ONCE: Final = 500  # people in one transaction


def highest_uses() -> dict[str, int]:
    """The highest key of everything that points at contacts, by where it is; see `texted_since`."""
    return {
        label: related.objects.aggregate(highest=Max("pk", default=0))["highest"]
        for label, related, _name in _uses()
    }


def opted_out_by(source: ContactImport) -> QuerySet[OptOut]:
    """Numbers that an import opted out, and nobody else since."""
    return OptOut.objects.filter(source=source)


@dataclass(frozen=True, slots=True)
class Some:
    """Some people of an import by their keys: all of them, who goes or changes back, who stays
    because they were changed since, or sent messages.
    """

    pks: Sequence[int]
    going: Collection[int]
    changed: Collection[int]
    texted: Collection[int]


def created_by(source: ContactImport) -> QuerySet[Contact]:
    """People whom it created."""
    return Contact.objects.filter(source=source, pk__gt=source.highest)


def changed_by(source: ContactImport) -> QuerySet[Contact]:
    """People whom it found, and changed."""
    changed = source.changes.values("contact_pk")
    return Contact.objects.filter(pk__in=changed).exclude(source=source)


def pieces_of(source: ContactImport, people: QuerySet[Contact]) -> Iterator[Some]:
    """People of an import told apart, some at a time."""
    pks = people.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=AT_ONCE)
    while some := list(islice(pks, AT_ONCE)):
        yield told_apart(source, Contact.objects.filter(pk__in=some))


class _Person(NamedTuple):
    pk: int
    source: int | None
    created_at: datetime
    updated_at: datetime


def told_apart(source: ContactImport, people: QuerySet[Contact], *, lock: bool = False) -> Some:
    """The first ones of these, by what happened to them since. It is told person by person, as what
    a database plans for a table that has just grown may take an hour.
    """
    people = people.order_by("pk").select_for_update() if lock else people.order_by("pk")
    some = [_Person(*row) for row in people.values_list(*_Person._fields)[:AT_ONCE]]
    pks = [person.pk for person in some]
    changes: dict[int, list[tuple[datetime | None, datetime]]] = {pk: [] for pk in pks}
    theirs = source.changes.filter(contact_pk__in=pks, fields__isnull=False).order_by("pk")
    for pk, since, at in theirs.values_list("contact_pk", "since", "at"):
        changes[pk].append((since, at))
    joined = set(joins_since(source).filter(contact__in=pks).values_list("contact", flat=True))
    texted = set(texted_since(source).filter(pk__in=pks).values_list("pk", flat=True))
    changed = joined.union(
        person.pk for person in some if _is_edited(person, changes[person.pk], source)
    )
    return Some(pks, set(pks) - changed - texted, changed - texted, texted)


def _is_edited(
    person: _Person, changes: Sequence[tuple[datetime | None, datetime]], source: ContactImport
) -> bool:
    """Whether someone was written after an import wrote them, or between two pieces of it."""
    is_created = person.source == source.pk
    written = {at for _since, at in changes}
    is_as_created = is_created and person.updated_at == person.created_at
    only_joined = not is_created and not changes
    if not (is_as_created or only_joined or person.updated_at in written):
        return True
    # Each change follows the one before; what someone else wrote in between leaves a gap.
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


def texted_since(source: ContactImport) -> QuerySet[Contact]:
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


def joins_since(source: ContactImport) -> QuerySet[Any]:
    """Memberships that came since, of those whom it created."""
    joins = Group.members.through.objects.filter(pk__gt=source.memberships)
    return joins.filter(contact__source=source)
