"""The people that messages go to."""

import uuid

from django.db import connection, transaction

from contacts.models import Contact, Group
from sociair_portal.common import bulk_rows


def mobile(n: int) -> str:
    """A number of one operator or another."""
    return f"{('984', '980', '961')[n % 3]}{5_000_000 + n:07d}"


def group_of(people: int, *, fields: str = "{}") -> Group:
    """That many contacts in one group, with numbers of every operator and the same fields."""
    group = Group.objects.create(name=f"{people} people {uuid.uuid4().hex[:4]}")
    rows = (
        (f"Person {n}", f"person{n}", mobile(n), "ntc", fields, "2026-01-01", "2026-01-01")
        for n in range(people)
    )
    before = Contact.objects.count()
    with transaction.atomic():
        bulk_rows.insert_rows(
            Contact,
            ["name", "name_key", "mobile", "operator", "fields", "created_at", "updated_at"],
            rows,
        )
        ids = Contact.objects.order_by("id").values_list("pk", flat=True)[before:]
        bulk_rows.insert_rows(
            Group.members.through, ["group", "contact"], [(group.pk, pk) for pk in ids]
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as a server does by itself within a minute
    return group
