"""The record of who did what: it is written, and nobody changes it afterwards."""

import logging
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from contacts.models import Contact
from sociair_portal.audit.deeds import PASSING, Deed
from sociair_portal.audit.models import Entry
from sociair_portal.audit.record import record
from tests.conftest import Browser
from tests.factories import ContactFactory, UserFactory

pytestmark = pytest.mark.django_db


def _refused(statement: str, *values: int) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
    except DatabaseError:
        return True
    return False


class TestEntry:
    def test_says_who_did_what_to_whom_and_how_many(self) -> None:
        user, group = UserFactory.create(), UserFactory.create(username="sita")

        entry = record(Deed.ROLES_CHANGED, by=user, about=group, words="Sender", roles=["Sender"])

        entry.refresh_from_db()
        assert (entry.actor, entry.actor_name) == (user, user.username)
        assert (entry.object_id, entry.object_repr) == (group.pk, "sita")
        assert entry.what == "Changed a colleague's role"
        assert (entry.changes_text, entry.additional_data) == ("Sender", {"roles": ["Sender"]})

    def test_leaves_a_line_with_ids_and_counts_alone(
        self,
        caplog: pytest.LogCaptureFixture,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        user = UserFactory.create(username="ramesh")
        with caplog.at_level(logging.INFO, "sociair_portal.audit"):
            with django_capture_on_commit_callbacks(execute=True):
                entry = record(
                    Deed.EXPORTED, by=user, kind=Contact, words="Sita 9841000001", people=40
                )

        assert caplog.messages == [
            f"Entry {entry.pk}: exported by user {user.pk}, contact - people=40"
        ]

    def test_that_is_rolled_back_leaves_no_line(
        self,
        caplog: pytest.LogCaptureFixture,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        with caplog.at_level(logging.INFO, "sociair_portal.audit"):
            with django_capture_on_commit_callbacks(execute=True):
                with transaction.atomic():
                    record(Deed.EXPORTED)
                    transaction.set_rollback(True)
        assert not caplog.messages

    def test_goes_with_a_transaction_that_is_rolled_back(self) -> None:
        with transaction.atomic():
            record(Deed.EXPORTED)
            transaction.set_rollback(True)
        assert not Entry.objects.exists()

    def test_keeps_the_name_of_an_account_that_is_deleted(self) -> None:
        user = UserFactory.create(username="ramesh")
        record(Deed.EXPORTED, by=user)
        user.delete()

        entry = Entry.objects.get(deed=Deed.EXPORTED)
        assert (entry.actor, entry.actor_name) == (None, "ramesh")


class TestDatabase:
    @pytest.mark.parametrize(
        "change",
        [
            "deed = 'imported'",
            "actor_name = 'somebody else'",
            "object_repr = 'somebody else'",
            "timestamp = '2020-01-01 00:00:00+00:00'",
            "additional_data = '{}'",
            "remote_addr = '10.0.0.1'",
        ],
    )
    def test_refuses_to_change_an_entry(self, change: str) -> None:
        record(Deed.EXPORTED, by=UserFactory.create(), words="Sita", people=4)
        assert _refused(f"UPDATE audit_entry SET {change}")

    def test_refuses_to_give_a_deed_to_somebody_else(self) -> None:
        record(Deed.EXPORTED, by=UserFactory.create())
        other = UserFactory.create()
        assert _refused("UPDATE audit_entry SET actor_id = %s", other.pk)

    def test_refuses_to_delete_an_entry_however_old(self) -> None:
        _old(Deed.EXPORTED, days=4000)
        assert _refused("DELETE FROM audit_entry")

    @pytest.mark.parametrize("deed", PASSING)
    def test_lets_an_old_entry_of_passing_interest_go(self, deed: Deed) -> None:
        old, young = _old(deed, days=29), _old(deed, days=27)
        assert _refused("DELETE FROM audit_entry WHERE id = %s", young.pk)

        old.delete()
        assert list(Entry.objects.filter(deed=deed)) == [young]

    def test_lets_what_is_personal_be_taken_out(self) -> None:
        record(Deed.EXPORTED, by=UserFactory.create(), words="Sita", people=4)
        Entry.objects.update(object_repr="", changes_text="", changes=None)
        assert Entry.objects.get(deed=Deed.EXPORTED).additional_data == {"people": 4}


def _old(deed: Deed, *, days: int) -> Entry:
    """An entry of that many days ago."""
    entry = Entry(
        deed=deed,
        action=Entry.Action.ACCESS,
        content_type=ContentType.objects.get_for_model(User),
        timestamp=timezone.now() - timedelta(days=days),
    )
    entry.save()
    return entry


class TestChangesOfRecords:
    def test_are_written_with_who_made_them_and_from_where(self, manager: Browser) -> None:
        contact = ContactFactory.create(name="Sita", mobile="9841000001")
        manager.post(
            f"/contacts/{contact.pk}/", {"name": "Sita Thapa", "mobile": "9841000001", "groups": []}
        )

        entry = Entry.objects.get(action=Entry.Action.UPDATE, content_type__model="contact")
        assert entry.actor == manager.user
        assert entry.remote_addr == "127.0.0.1"
        assert entry.changes == {"name": ["Sita", "Sita Thapa"]}
        assert entry.cid

    def test_hold_no_whole_number(self) -> None:
        contact = ContactFactory.create(mobile="9841000001")
        contact.mobile = "9841000002"
        contact.save()
        contact.delete()

        for entry in Entry.objects.all():
            assert "984100000" not in f"{entry.object_repr} {entry.changes}"

    def test_of_a_password_hold_no_password(self) -> None:
        user = User.objects.create_user("ramesh", password="correct horse")
        user.set_password("battery staple")
        user.save()
        assert not Entry.objects.filter(changes__has_key="password").exists()
