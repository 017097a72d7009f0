"""Of a name that was deleted nothing stays in a SQLite file, not even parts of it in the index."""

import random
import threading
from itertools import islice
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q

from contacts.models import Contact
from contacts.services import parts_index
from messaging import tasks
from messaging.models import Erasure, Gateway
from messaging.services.privacy import deleted_names, erasing
from tests.factories import ContactFactory
from tests.messaging.privacy.people import SITA

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("durable"),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has no such table"),
]

_PART = b"~qx"  # a part of her name, as the index has it, and of no other


def on_the_disk() -> int:
    """How often the part stands in the database's file, and in its write-ahead log."""
    file = Path(connection.settings_dict["NAME"])
    files = (file, file.with_name(f"{file.name}-wal"))
    return sum(one.read_bytes().count(_PART) for one in files if one.exists())


@pytest.fixture
def forgotten_sita(gateway: Gateway) -> None:
    ContactFactory.create_batch(40)
    ContactFactory.create(name="~qxita Rai", mobile=SITA)
    ContactFactory.create_batch(40)
    assert on_the_disk()
    assert erasing.go_on_with(erasing.begin(SITA, by=None, reason=""))


def test_the_worker_takes_it_out_of_the_index(forgotten_sita: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert on_the_disk()  # in the index alone, which has noted only that it is gone
    assert deleted_names.are_kept()

    tasks.forget_people.call_local()

    assert not on_the_disk()
    assert not deleted_names.are_kept()
    assert Erasure.objects.get().traces == {}
    assert Contact.objects.count() == 80
    assert len(parts_index.few_that_may_fit(Q(name_key__contains="person")) or []) == 80


def test_the_sweep_wakes_it(forgotten_sita: None, monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[bool] = []
    monkeypatch.setattr(tasks, "forget_people", lambda: woken.append(True))
    tasks.sweep_now()
    deleted_names.remove()
    tasks.sweep_now()
    assert woken == [True]


def test_whoever_is_stopped_goes_on_the_next_time(
    forgotten_sita: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts_index, "_PAGES", 1)
    deleted_names.remove(go_on=lambda: False)
    assert deleted_names.are_kept()
    rounds = iter([True, False])
    deleted_names.remove(go_on=lambda: next(rounds), wait=lambda _seconds: None)
    assert deleted_names.are_kept()

    deleted_names.remove()

    assert not deleted_names.are_kept()
    assert not on_the_disk()


@pytest.mark.parametrize("at_each_step", [1, 2])
def test_what_others_write_between_its_steps_does_not_end_it_early(
    gateway: Gateway, at_each_step: int
) -> None:
    names = random.Random(1)  # a large index, in one piece before
    many = ["".join(names.choices(ascii_lowercase, k=20)) for _ in range(15_000)]
    ContactFactory.create(name="~qxita Rai", mobile=SITA)
    Contact.objects.bulk_create(ContactFactory.build(name=name, sound_key="") for name in many)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO contacts_parts (contacts_parts) VALUES ('optimize')")
    assert erasing.go_on_with(erasing.begin(SITA, by=None, reason=""))
    others, steps = iter(many), iter(range(1, 60))

    def write(_pause: float) -> None:
        for name in islice(others, at_each_step):
            ContactFactory.create(name=name.title())

    deleted_names.remove(wait=lambda pause: write(pause) if next(steps, 0) else None)
    assert not deleted_names.are_kept()
    assert not on_the_disk()


def test_others_write_between_its_steps(
    forgotten_sita: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts_index, "_PAGES", 1)
    for _piece in range(3):
        Contact.objects.bulk_create(ContactFactory.build_batch(1000))
    written: list[Any] = []

    def write() -> None:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 0")  # refused if a step is still going on
        written.append(ContactFactory.create().pk)
        connection.close()

    def let_others(_seconds: float) -> None:
        if len(written) < 5:
            other = threading.Thread(target=write)
            other.start()
            other.join()

    deleted_names.remove(wait=let_others)

    assert len(written) == 5
    assert Contact.objects.filter(pk__in=written).count() == 5
    assert not on_the_disk()


def test_while_someone_reads_it_waits_for_the_next_round(forgotten_sita: None) -> None:
    reading, read = threading.Event(), threading.Event()

    def read_for_a_while() -> None:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT count(*) FROM contacts_contact")
            reading.set()
            read.wait(30)
            cursor.execute("ROLLBACK")
        connection.close()

    reader = threading.Thread(target=read_for_a_while)
    reader.start()
    assert reading.wait(30)
    deleted_names.remove()
    assert deleted_names.are_kept()
    read.set()
    reader.join()

    deleted_names.remove()

    assert not deleted_names.are_kept()
    assert not on_the_disk()
    with connection.cursor() as cursor:
        waits = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
    assert waits == 30_000
