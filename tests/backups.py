"""Backups of what the portal knows of its sending, and machines with a memory of their own."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

from django.db import connection
from django.db.models import Model
from django.test import override_settings

from messaging.models import (
    BalanceReading,
    Batch,
    BillCheck,
    Campaign,
    Event,
    Gateway,
    LeftOut,
    Machine,
    NumberCode,
    PeopleCount,
    Recipient,
    SentLink,
    SentMessage,
)
from messaging.services.gateway import machines

_TABLES: list[type[Model]] = [
    *(Gateway, Machine, BalanceReading, Campaign, LeftOut, Batch, Recipient, SentMessage, Event),
    *(NumberCode, SentLink, BillCheck, PeopleCount),
]


class Backup:
    """Every row of the tables about sending, as `pg_dump` or a copy of the file has them."""

    def __init__(self) -> None:
        self._rows: list[list[Any]] = [
            list(table._base_manager.order_by("pk")) for table in _TABLES
        ]

    def restore(self) -> None:
        """The database is what it was; to PostgreSQL these are new tables, which begins an era."""
        names = ", ".join(table._meta.db_table for table in _TABLES)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute(f"TRUNCATE {names}")
            else:
                for table in reversed(_TABLES):
                    cursor.execute(f"DELETE FROM {table._meta.db_table}")
        for table, rows in zip(_TABLES, self._rows, strict=True):
            table._base_manager.bulk_create(rows)


class Worker:
    """A worker's process on a machine: what it remembers is in a folder and in its memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._begun: set[int] = set()

    def start(self) -> None:
        self._begun = set()

    def __enter__(self) -> Self:
        """From here on this process is this machine's."""
        self._here = override_settings(STATE_DIR=self.folder)
        self._here.enable()
        machines._begun, self._before = self._begun, machines._begun
        return self

    def __exit__(self, *_raised: object) -> None:
        machines._begun = self._before
        self._here.disable()

    def lose_its_folder(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def workers(folder: Path, names: Iterable[str]) -> list[Worker]:
    return [Worker(folder / name) for name in names]
