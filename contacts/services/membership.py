"""Membership: the one way for people to join groups, and the one way to leave them."""

from collections.abc import Collection, Iterable
from typing import Final

from django.db import connection, transaction
from django.db.models import Max, QuerySet, Sum

from contacts.models import Contact, ContactImport, Group, MemberCount
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.record import record
from sociair_portal.common.actors import Actor
from sociair_portal.common.any_of import AnyOf
from sociair_portal.common.bulk_rows import insert_rows, take_stock


def join(group: Group, people: Collection[int], *, by: Actor = None, words: str = "") -> int:
    """Add people, by their keys, to a group. Returns how many are in it then; 0 if the group is
    gone. `words` say how they were chosen.
    """
    through = Group.members.through
    with transaction.atomic():
        if not Group.objects.select_for_update().filter(pk=group.pk).exists():
            return 0
        here = through.objects.filter(AnyOf("contact_id", people), group=group).count()
        rows = [through(group_id=group.pk, contact_id=pk) for pk in people]
        through.objects.bulk_create(rows, ignore_conflicts=True)
        record_change(group, by=by, words=words, joined=len(people) - here)
    take_stock(through, added=len(people))
    return len(people)


def leave(group: Group, people: Collection[int], *, by: Actor = None, words: str = "") -> int:
    """Remove people, by their keys, from a group. Returns how many have left."""
    members = Group.members.through.objects.filter(group=group, contact__in=people)
    with transaction.atomic():
        left = members.delete()[0]
        record_change(group, by=by, words=words, left=left)
    return left


def choose(person: Contact, groups: Collection[Group]) -> None:
    """Let a person be in these groups and in no others, within the caller's transaction."""
    before, after = set(person.groups.all()), set(groups)
    person.groups.set(after)
    if before != after:
        record(
            Deed.MEMBERS_CHANGED,
            about=person,
            joined_groups=sorted(group.name for group in after - before),
            left_groups=sorted(group.name for group in before - after),
        )


def dissolve(group: Group, *, by: Actor) -> None:
    """Delete a group; whoever was in it stays in the contacts."""
    with transaction.atomic():
        found = Group.objects.select_for_update().filter(pk=group.pk).first()
        if found is None:
            return
        members = Group.members.through.objects.filter(group=found)
        record_change(found, by=by, left=members.count())
        found.delete()


def record_change(
    about: Group | Contact, *, by: Actor, words: str = "", joined: int = 0, left: int = 0
) -> None:
    """Write down how many joined a group or left it, or how many groups of a person changed."""
    if joined or left:
        record(
            Deed.MEMBERS_CHANGED,
            by=by,
            about=about,
            words=words,
            joined=joined or None,
            left=left or None,
        )


def sizes(groups: Iterable[Group]) -> dict[int, int]:
    """How many people are in each of these groups, by its key."""
    counts = MemberCount.objects.filter(group__in=[group.pk for group in groups])
    summed = counts.values("group").annotate(size=Sum("people")).order_by()
    return {row["group"]: row["size"] for row in summed}


_LARGE: Final = 10_000  # people


def outside(group: Group) -> QuerySet[Contact]:
    """Who is not in a group. If a large one has everyone, counting shows it faster than looking."""
    size = sizes([group]).get(group.pk, 0)
    if size > _LARGE and not Contact.objects.order_by("pk")[size : size + 1].exists():
        return Contact.objects.none()
    return Contact.objects.exclude(groups=group)


def add_up_counts() -> None:
    """Make one row of each group's many, which changes leave in PostgreSQL.

    What others add at the time is not seen here, and stays; of two who add up, one finds nothing.
    """
    if connection.vendor != "postgresql":
        return
    # Of a group that was deleted while its counts were added up.
    MemberCount.objects.exclude(group__in=Group.objects.all()).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH gone AS (
                DELETE FROM contacts_membercount WHERE group_id IN (
                    SELECT group_id FROM contacts_membercount GROUP BY group_id HAVING count(*) > 1
                ) RETURNING group_id, people
            )
            INSERT INTO contacts_membercount (group_id, people)
                SELECT group_id, sum(people) FROM gone GROUP BY group_id
            """
        )


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
