"""Statements on the way of a message: asked of the driver, with what Django promises kept."""

from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from messaging.models import Gateway, SentMessage
from messaging.services.sending import dispatch
from messaging.services.storage import database, statements
from sandbox.server import Sandbox
from tests.sending import hand_over, numbers

on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite neither plans ahead nor commits early"
)

_COUNT = "SELECT count(*) FROM messaging_gateway WHERE id = %s AND base_url LIKE '%%/api'"
_NAMED = "SELECT count(*) FROM messaging_gateway WHERE id = %(id)s AND base_url LIKE '%%/api'"


@pytest.mark.django_db
@pytest.mark.parametrize("is_heard", [False, True])
def test_a_statement_finds_the_same_whoever_listens(gateway: Gateway, is_heard: bool) -> None:
    def found() -> list[Any]:
        return [statements.row(_COUNT, [gateway.pk]), statements.row(_NAMED, {"id": gateway.pk})]

    assert gateway.base_url.endswith("/api")
    if not is_heard:
        assert found() == [(1,), (1,)]
        return
    with CaptureQueriesContext(connection) as asked:
        assert found() == [(1,), (1,)]
    assert len(asked) == 2


@pytest.mark.django_db
def test_a_broken_transaction_takes_no_statement(gateway: Gateway) -> None:
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(transaction.TransactionManagementError):
            statements.rows(_COUNT, [gateway.pk])


@pytest.mark.django_db(transaction=True)
def test_an_error_of_the_driver_is_one_of_djangos(gateway: Gateway, sandbox: Sandbox) -> None:
    campaign = hand_over(gateway, numbers(1))
    dispatch.send_next(gateway)
    sent = SentMessage.objects.get(batch__campaign=campaign)
    row = {field.attname: getattr(sent, field.attname) for field in sent._meta.concrete_fields}
    with pytest.raises(IntegrityError), transaction.atomic():
        statements.changed(*statements.inserting(SentMessage, row))
    assert SentMessage.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_row_is_kept_as_a_model_keeps_it(gateway: Gateway, sandbox: Sandbox) -> None:
    hand_over(gateway, numbers(2))
    dispatch.send_next(gateway)
    sent = SentMessage.objects.get()
    names = [field.attname for field in sent._meta.concrete_fields if not field.primary_key]
    row = {name: getattr(sent, name) for name in names}
    with transaction.atomic():
        statements.changed(*statements.inserting(SentMessage, {**row, "attempt": 7}))
    SentMessage.objects.create(**{**row, "attempt": 8})
    ours, djangos = (
        SentMessage.objects.filter(attempt__gt=6).order_by("attempt").values_list(*names)
    )
    place = names.index("attempt")
    assert ours[:place] + ours[place + 1 :] == djangos[:place] + djangos[place + 1 :]


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_locks_do_not_wait_for_the_disk_but_whoever_goes_on_does(gateway: Gateway) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        usual = cursor.fetchone()
    with database.in_turn():
        assert statements.row("SHOW synchronous_commit", ()) == ("off",)
        Gateway.objects.filter(pk=gateway.pk).update(active_at=timezone.now())
        written = statements.row("SELECT pg_current_wal_insert_lsn()::text", ())
        assert written is not None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_flush_lsn() >= %s::pg_lsn", written)
        assert cursor.fetchone() == (True,)
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == usual


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_what_every_call_asks_is_prepared(gateway: Gateway) -> None:
    for _time in range(4):
        with transaction.atomic():
            statements.rows(_COUNT, [gateway.pk])
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%LIKE%'")
        assert cursor.fetchone() == (1,)


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bool, bool]]:
    """Whether a transaction was open, and whether there were changes, each time the disk was waited
    for.
    """
    seen: list[tuple[bool, bool]] = []

    def sync() -> None:
        is_there = Gateway.objects.filter(failures=7).exists()
        seen.append((connection.in_atomic_block, is_there))

    monkeypatch.setattr(database, "sync", sync)
    return seen


@pytest.mark.django_db(transaction=True)
def test_the_disk_is_waited_for_once_the_rows_are_unlocked(
    gateway: Gateway, synced: list[tuple[bool, bool]]
) -> None:
    with database.in_turn():
        Gateway.objects.update(failures=7)
        assert synced == []
    assert synced == [(False, True)]


@pytest.mark.django_db(transaction=True)
def test_the_disk_is_not_waited_for_when_nothing_was_changed(
    gateway: Gateway, synced: list[tuple[bool, bool]]
) -> None:
    with database.in_turn():
        Gateway.objects.update(failures=7)
        transaction.set_rollback(True)
    with pytest.raises(ZeroDivisionError), database.in_turn():
        raise ZeroDivisionError
    assert synced == []


@pytest.mark.django_db(transaction=True)
def test_what_was_committed_is_put_on_the_disk_over_another_connection(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the answer would be saved again, and the batch that was claimed along be forgotten."""
    failures = [OperationalError("terminating connection")]
    synced = []

    def sync() -> None:
        if failures:
            raise failures.pop()
        synced.append(connection.connection is None)

    monkeypatch.setattr(database, "sync", sync)
    with database.in_turn():
        Gateway.objects.update(failures=7)
    assert synced == [True]
    assert Gateway.objects.filter(failures=7).exists()


_CALLED = "UPDATE messaging_gateway SET calls = calls + 1 WHERE id = %(id)s RETURNING calls"


def _row_of_a_call(gateway: Gateway) -> dict[str, Any]:
    hand_over(gateway, numbers(1))
    dispatch.send_next(gateway)
    sent = SentMessage.objects.get()
    return {field.attname: getattr(sent, field.attname) for field in sent._meta.concrete_fields}


@pytest.mark.django_db(transaction=True)
def test_of_statements_asked_together_those_behind_a_failure_are_not_run(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    """And what was asked before the mark stands."""
    saved_twice = statements.inserting(SentMessage, _row_of_a_call(gateway))
    calls = Gateway.objects.get().calls
    called = _CALLED, {"id": gateway.pk}
    with transaction.atomic():
        assert [found.rows for found in statements.together(called, called)] == [
            [(calls + 1,)],
            [(calls + 2,)],
        ]
        database.mark()
        with pytest.raises(IntegrityError):
            statements.together(called, saved_twice, called)
        database.go_back_to_mark()
        assert statements.row(*called) == (calls + 3,)
    assert Gateway.objects.get().calls == calls + 3


@pytest.mark.django_db(transaction=True)
def test_statements_may_be_longer_than_what_a_connection_takes_at_once(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    row = {**_row_of_a_call(gateway), "attempt": 7, "raw": "सत्य" * 1_000_000}
    with transaction.atomic():
        statements.row(_COUNT, [gateway.pk])
        saved, called = statements.together(
            statements.inserting(SentMessage, row), (_CALLED, {"id": gateway.pk})
        )
    assert (saved.changed, len(called.rows)) == (1, 1)
    assert SentMessage.objects.get(attempt=7).raw == row["raw"]


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_where_a_pooler_gives_other_connections_nothing_is_prepared(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.ensure_connection()
    monkeypatch.setattr(connection.connection, "prepare_threshold", None)
    with transaction.atomic():
        once, again = statements.together((_COUNT, [gateway.pk]), (_NAMED, {"id": gateway.pk}))
        assert once == again
        assert statements.row("SELECT count(*) FROM pg_prepared_statements", ()) == (0,)
