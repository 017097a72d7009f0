"""Writing to 100,000 people: until the review's page answers, until the worker has counted, and
until the receipt is there; and the count while somebody types, alone and with everything else that
the page is answered.
"""

import csv
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone

from benchmarks.browser import browser_of
from benchmarks.people import group_of, mobile
from benchmarks.portal import databases, portal
from contacts.models import Contact, ContactField, Group, OptOut
from messaging.models import BalanceReading, Campaign, Gateway, PeopleCount
from messaging.services.audience import tables
from messaging.services.audience.choice import Audience
from messaging.services.audience.counts import count_people
from messaging.services.campaigns import counting, drafts, handover, preparation
from messaging.services.campaigns.review import review_of
from messaging.services.gateway import holds
from sociair_portal.common.bulk_rows import insert_rows
from sociair_portal.start import look_for_garbage_less_often

_PEOPLE: Final = 100_000
_COUNT: Final = "live count"
_ANSWERS, _COUNTED, _RECEIPT = "page answers", "counted", "receipt"
_MOST_SECONDS: Final = {_COUNT: 0.25, _COUNTED: 2.0}
_MOST_SECONDS_OF_A_PAGE: Final = 0.5
_MOST_QUERIES: Final = 4
_STATIC: Final = "School is closed tomorrow because of the rain."
_PERSONAL: Final = "Dear {name}, the fee of class {class} is due: Rs {fee_due|0}. Pay by Friday."
_TIMES: Final = 3  # the middle one counts


@dataclass(frozen=True)
class Wait:
    database: str
    name: str
    found: dict[str, Any]

    @property
    def most(self) -> float:
        return _MOST_SECONDS.get(self.name.split(": ")[-1], _MOST_SECONDS_OF_A_PAGE)

    @property
    def is_met(self) -> bool:
        queries = self.found.get("queries", 0)
        return bool(self.found["seconds"] <= self.most and queries <= _MOST_QUERIES)

    def __str__(self) -> str:
        queries = f", {self.found['queries']} queries" if "queries" in self.found else ""
        return (
            f"{self.database:<10} {self.name:<47} {self.found['seconds']:.2f} s of at most "
            f"{self.most:.2f} s{queries}"
        )


def measure(people: int = _PEOPLE) -> Iterator[Wait]:
    for database in databases():
        with portal(database) as empty:
            for name, found in empty.run(waits, people).items():
                yield Wait(database, name, found)


def waits(people: int) -> dict[str, Any]:
    """Seconds to the first byte of each page, and of the live count with its queries."""
    look_for_garbage_less_often()  # as the portal's own programs do
    Gateway.objects.filter(pk=holds.current_gateway().pk).update(swept_at=timezone.now())
    user = User.objects.create_superuser("bench")
    everybody = Audience(groups=(group_of(people).pk,))
    ContactField.objects.create(name="Class", key="class", kind="text")
    ContactField.objects.create(name="Fee due", key="fee_due", kind="number")
    Contact.objects.update(fields={"class": "9", "fee_due": 4200})
    OptOut.objects.bulk_create(OptOut(mobile=mobile(n)) for n in range(0, people, 1000))
    overlapping = Audience(groups=_overlapping(people))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    table = Audience(table=str(_table(people).pk))

    client = browser_of(user)
    written = {
        "one text": (_STATIC, everybody),
        "personal": (_PERSONAL, everybody),
        "personal, rows of a table": ("Dear {name}: {fee_due}", table),
    }
    found: dict[str, Any] = {}
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(ALLOWED_HOSTS=["*"], STORAGES={"staticfiles": storage}):
        for name, (text, audience) in written.items():
            draft = _draft(text, audience, user)
            found |= _review(client, draft, people, name)
        _send(_draft(_STATIC, everybody, user))
        draft = _draft(_STATIC, everybody, user)
        found |= _review(client, draft, None, "one text, sent to all today")
        draft = _draft(_PERSONAL, everybody, user)
        found |= _review(client, draft, people, "personal, after a campaign to all")
        typed = {"form_uuid": str(uuid.uuid4()), "text": _PERSONAL, "groups": overlapping.groups}
        answer = _timed(lambda: client.post("/compose/measure/", typed))
        found["live answer while it is counted"] = {"seconds": answer}
        _work()
        answer = _timed(lambda: client.post("/compose/measure/", typed))
        found["live answer, all of it"] = {"seconds": answer}
    with CaptureQueriesContext(connection) as queries:
        count_people(overlapping, [])
    seconds = _timed(lambda: count_people(overlapping, []))
    found[_COUNT] = {"seconds": seconds, "queries": len(queries)}
    return found


def _reading() -> None:
    rate = "0.80"
    BalanceReading.objects.create(
        gateway=holds.current_gateway(),
        balance=10_000_000,
        ntc_rate=rate,
        ncell_rate=rate,
        smartcell_rate=rate,
    )


def _draft(text: str, audience: Audience, by: User) -> Campaign:
    return drafts.save_draft(
        form_uuid=uuid.uuid4(),
        text=text,
        audience=audience,
        gateway=holds.current_gateway(),
        by=by,
    )


def _send(draft: Campaign) -> None:
    _reading()
    reading = BalanceReading.objects.latest("id")
    seen = review_of(draft, reading)
    handover.hand_over(draft, reviewed=handover.Reviewed.of(draft, seen), by=draft.created_by)
    preparation.prepare(draft)


def _review(client: Client, draft: Campaign, people: int | None, name: str) -> dict[str, Any]:
    """Of one draft: what a page takes while nothing is counted yet, the count, and the receipt."""

    def look(words: str) -> None:
        _reading()
        answer = client.get(f"/campaigns/{draft.pk}/review/")
        assert answer.status_code == 200
        assert words in answer.content.decode(), "the page says something else"

    def count_anew() -> None:
        PeopleCount.objects.all().delete()
        look("Counting the people…")
        _work()

    # Without those who opted out.
    receipt = "" if people is None else f"{people - people // 1000:,}"
    answers = _timed(lambda: look("Counting the people…"))
    counted = _timed(count_anew)
    shown = _timed(lambda: look(receipt))
    seconds = {_ANSWERS: answers, _COUNTED: counted, _RECEIPT: shown}
    return {f"{name}: {what}": {"seconds": taken} for what, taken in seconds.items()}


def _work() -> None:
    """As the worker does, who is woken within half a second."""
    Gateway.objects.update(swept_at=timezone.now())
    counting.count_what_waits(go_on=lambda: True)


def _timed(do: Callable[[], object]) -> float:
    took = []
    for _time in range(_TIMES):
        started = time.perf_counter()
        do()
        took.append(time.perf_counter() - started)
    return sorted(took)[_TIMES // 2]


def _overlapping(people: int) -> tuple[int, ...]:
    """Four groups with so many memberships in all; most people are in two of them."""
    ids = list(Contact.objects.order_by("pk").values_list("pk", flat=True)[: people // 2])
    chosen = []
    for place in range(4):
        group = Group.objects.create(name=f"Overlapping {place}")
        start = place * len(ids) // 8
        some = ids[start : start + len(ids) // 2]
        through = Group.members.through
        insert_rows(through, ["group", "contact"], [(group.pk, pk) for pk in some])
        chosen.append(group.pk)
    return tuple(chosen)


def _table(people: int) -> Any:
    with tempfile.TemporaryDirectory(prefix="sociair-portal-bench-") as folder:
        path = Path(folder) / "table.csv"
        with path.open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["Name", "Mobile", "Fee due"])
            rows.writerows([f"Person {n}", mobile(n), n % 5000] for n in range(people))
        return tables.as_guessed(tables.take_in(path, name="table.csv", by=None), by=None)
