"""Files of a process that was killed do not stay."""

import os
import time
from pathlib import Path

import pytest
from pytest_django import Settings

from contacts import tasks


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    return tmp_path


def _made(path: Path, hours_ago: float) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("Sita Rai,9841000001")
    then = time.time() - hours_ago * 3600
    for one in (path, path.parent):
        os.utime(one, (then, then))
    return path


@pytest.mark.django_db
def test_the_worker_removes_what_was_left_behind(folder: Path) -> None:
    for old in (_made(folder / "old.upload.csv", 2), _made(folder / "old-table/table", 2)):
        assert old.exists()
    new = _made(folder / "new-table/table", 0.5)
    file = folder / "new.upload.csv"
    file.touch()
    tasks.sweep_imports.call_local()
    assert set(folder.rglob("*")) == {new.parent, new, file}


def test_nobody_else_on_the_machine_reads_what_is_there_for_a_while(settings: Settings) -> None:
    assert settings.FILE_UPLOAD_TEMP_DIR.stat().st_mode & 0o077 == 0
