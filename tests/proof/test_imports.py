"""kill -9 of the worker in the middle of an import: every row is there once, and none is lost."""

from pathlib import Path
from signal import SIGKILL

import pytest

from contacts.importing import jobs, pieces
from contacts.models import Contact, ContactImport, Group, ImportedPiece, ImportState
from tests.importing import csv_file, guessed
from tests.proof.conftest import Start
from tests.proof.steps import Step, Strike
from tests.proof.workers import until

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_worker_killed_while_importing_loses_no_row(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "ROWS_A_PIECE", 20)
    rows = "".join(f"Person {n},98410000{n:02d},Class {n % 3},{n}\n" for n in range(99))
    path = csv_file(tmp_path / "one.csv", f"Name,Mobile,Group,Fee\n{rows}Nobody,12,Class 0,1\n")
    source = jobs.take_in(path, name="one.csv", by=None)
    assert source.pieces == 6
    assert jobs.start(source, guessed(source))
    for nth in (1, 2, 3):
        with start(senders=1, strike=Strike(Step.LOADING, nth=nth)) as worker:
            assert worker.ended() == -SIGKILL
    source.refresh_from_db()
    assert source.state == ImportState.RUNNING
    start(senders=1)
    until(lambda: ContactImport.objects.get(pk=source.pk).is_over)
    source.refresh_from_db()
    assert (source.state, source.created, source.rejected) == (ImportState.DONE, 99, 1)
    assert Contact.objects.count() == 99
    assert [group.members.count() for group in Group.objects.order_by("name")] == [33, 33, 33]
    assert source.left_out.count() == 1
    until(lambda: not ImportedPiece.objects.exists())  # which go after it is over
