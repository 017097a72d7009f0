"""The mark of people: it differs after every change of who gets what, and only then."""

from collections.abc import Callable
from importlib import import_module

import pytest
from django.db import connection, transaction

from contacts.models import Contact, ContactField, ForgottenNumber, Group, OptOut
from messaging.models import Gateway, PeopleChange
from messaging.services.audience import changes
from messaging.services.audience.changes import keep_short, people_mark
from messaging.services.sending.upkeep import sweep
from sociair_portal.common.bulk_rows import insert_rows
from tests.factories import ContactFactory, GroupFactory, OptOutFactory

pytestmark = pytest.mark.django_db

_MIGRATION = import_module("messaging.migrations.0017_people_counts")


def _forget() -> None:
    ForgottenNumber.objects.create(fingerprint="a" * 64, key_mark="b" * 8)


def _leave() -> None:
    Group.objects.get(name="Full").members.clear()


def _insert_raw() -> None:
    pk = Contact.objects.values_list("pk", flat=True).latest("pk")
    group = Group.objects.get(name="Empty")
    insert_rows(Group.members.through, ["group", "contact"], [(group.pk, pk)])


CHANGES: dict[str, Callable[[], object]] = {
    "somebody is added": ContactFactory.create,
    "somebody is renamed": lambda: Contact.objects.filter(name="Asha").update(name="Aasha"),
    "a number is changed": lambda: Contact.objects.filter(name="Asha").update(mobile="9841999999"),
    "a field is changed": lambda: Contact.objects.filter(name="Asha").update(fields={"fee": 3}),
    "somebody is deleted": lambda: Contact.objects.filter(name="Asha").delete(),
    "somebody joins a group": _insert_raw,
    "somebody leaves a group": _leave,
    "a group is deleted": lambda: Group.objects.filter(name="Full").delete(),
    "somebody opts out": OptOutFactory.create,
    "somebody opts in": lambda: OptOut.objects.all().delete(),
    "somebody is forgotten": _forget,
    "a field is made": lambda: ContactField.objects.create(name="Fee", key="fee", kind="text"),
    "a field is of another kind": lambda: ContactField.objects.update(kind="number"),
    "a field is deleted": lambda: ContactField.objects.all().delete(),
}


@pytest.fixture
def people(db: None) -> None:
    asha = ContactFactory.create(name="Asha")
    GroupFactory.create(name="Full", members=[asha, ContactFactory.create()])
    GroupFactory.create(name="Empty")
    OptOutFactory.create()
    ContactField.objects.create(name="Class", key="class", kind="text")


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_mark_changes_with_people(people: None, change: Callable[[], object]) -> None:
    before = people_mark()
    assert people_mark() == before
    change()
    assert people_mark() != before


def test_an_opt_out_restored_under_its_old_id_changes_the_mark(people: None) -> None:
    taken = OptOut.objects.get()
    kept = OptOut(pk=taken.pk, mobile=taken.mobile)
    OptOutFactory.create()
    taken.delete()
    before = people_mark()
    OptOut.objects.bulk_create([kept])
    assert people_mark() != before


def test_a_change_that_is_taken_back_leaves_the_mark(people: None) -> None:
    before = people_mark()
    with transaction.atomic():
        Contact.objects.filter(name="Asha").update(mobile="9841999999")
        transaction.set_rollback(True)
    assert people_mark() == before


def test_what_nobody_gets_leaves_the_mark(people: None, gateway: Gateway) -> None:
    """Else everything would be counted anew each minute."""
    before = people_mark()
    Group.objects.filter(name="Full").update(name="Parents")
    OptOut.objects.update(reason="Said so.")
    sweep(gateway)
    assert people_mark() == before


def test_many_changes_become_one_row_of_the_same_mark(
    people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "_MOST_ROWS", 1)
    for name in ("Asha A", "Asha B"):
        Contact.objects.filter(name__startswith="Asha").update(name=name)
    before = people_mark()
    keep_short()
    assert (people_mark(), PeopleChange.objects.count()) == (before, 1)
    Contact.objects.filter(name__startswith="Asha").update(name="Asha C")
    assert people_mark() != before


def test_every_watched_table_has_its_triggers() -> None:
    """A later migration that makes a table anew on SQLite loses them without a word."""
    watched = (*changes.COUNTED_BY_SQLITE, ContactField, OptOut, ForgottenNumber)
    assert {model._meta.db_table for model in watched} == set(_MIGRATION.COLUMNS)
    counted = [model._meta.db_table for model in changes.COUNTED_BY_SQLITE]
    assert counted == list(_MIGRATION.COUNTED_BY_SQLITE)
    question = (
        "SELECT tgname FROM pg_trigger"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(question)
        there = {name for (name,) in cursor.fetchall()}
    assert set(_MIGRATION.triggers(connection.vendor)) <= there


def test_every_large_table_counts_its_new_rows() -> None:
    """On SQLite only tables with AUTOINCREMENT do; the others have triggers."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        for model in changes.COUNTED_BY_SQLITE:
            table = model._meta.db_table
            cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s", [table])
            assert "AUTOINCREMENT" in cursor.fetchone()[0]
