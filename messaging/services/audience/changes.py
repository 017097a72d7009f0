"""Whether people have changed: a mark of all contacts, memberships, fields and opt-outs.

It is read in a moment at any size, and changes with the transaction that changes one of them,
whoever makes it: triggers write it (migration 0017).
"""

from typing import Final

from django.db import connection, transaction
from django.db.models import Sum

from contacts.models import Contact, Group
from messaging.models import PeopleChange

COUNTED_BY_SQLITE: Final = (Contact, Group.members.through)
_MOST_ROWS: Final = 1000


def people_mark() -> str:
    """Equal only if nobody was added, changed or taken away between.

    On SQLite with one exception, which the portal never makes: contacts and memberships that are
    put in by hand with ids below the highest there ever was (`loaddata`, a dump).
    """
    changes = PeopleChange.objects.aggregate(sum=Sum("weight", default=0))["sum"]
    if connection.vendor != "sqlite":
        return str(changes)
    # There, triggers for these would slow imports down: what is new is counted by the table itself.
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, seq FROM sqlite_sequence")
        highest = dict(cursor.fetchall())
    tables = [model._meta.db_table for model in COUNTED_BY_SQLITE]
    return "/".join([str(changes), *(str(highest.get(table, 0)) for table in tables)])


def keep_short() -> None:
    """Make one row of many changes; the mark stays as it is."""
    if PeopleChange.objects.count() < _MOST_ROWS:
        return
    with transaction.atomic():
        rows = list(PeopleChange.objects.select_for_update().order_by("pk"))
        PeopleChange.objects.create(weight=sum(row.weight for row in rows))
        PeopleChange.objects.filter(pk__in=[row.pk for row in rows]).delete()
