"""Membership: the one way for people to join groups, and the one way to leave them."""

from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.models import Max

from contacts.models import ContactImport, Group
from sociair_portal.common.bulk_rows import insert_rows


def join(group: Group, people: Collection[int]) -> int:
    """Add people, by their keys, to a group. Returns how many are in it then; 0 if the group is
    gone.
    """
    through = Group.members.through
    with transaction.atomic():
        if not Group.objects.select_for_update().filter(pk=group.pk).exists():
            return 0
        rows = [through(group_id=group.pk, contact_id=pk) for pk in people]
        through.objects.bulk_create(rows, ignore_conflicts=True)
    return len(people)


def leave(group: Group, people: Collection[int]) -> int:
    """Remove people, by their keys, from a group. Returns how many have left."""
    return Group.members.through.objects.filter(group=group, contact__in=people).delete()[0]


def highest() -> int:
    """The highest key of a membership: what has a higher one came later."""
    found: int = Group.members.through.objects.aggregate(highest=Max("pk", default=0))["highest"]
    return found


def join_by_name(
    joining: Iterable[tuple[int, Collection[str]]], source: ContactImport
) -> dict[str, int]:
    """Add people to groups by name, in which they are not yet; the import makes missing groups.

    Returns the keys of the groups by name.
    """
    named = [(name, pk) for pk, names in joining for name in sorted(names)]
    if not named:
        return {}
    groups = _named({name for name, _pk in named}, source)
    members = [(groups[name], pk) for name, pk in named]
    insert_rows(Group.members.through, ["group", "contact"], members)
    return groups


def _named(names: set[str], source: ContactImport) -> dict[str, int]:
    groups = dict(Group.objects.filter(name__in=names).values_list("name", "pk"))
    if missing := sorted(names - groups.keys()):
        made = [Group(name=name, source=source) for name in missing]
        Group.objects.bulk_create(made, ignore_conflicts=True)
        groups = dict(Group.objects.filter(name__in=names).values_list("name", "pk"))
    return groups
