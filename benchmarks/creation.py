"""Creating a campaign: from the click that hands it over to its first request at the gateway."""

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.contrib.auth.models import User
from django.core import signing
from django.test.utils import override_settings

from benchmarks.browser import browser_of
from benchmarks.people import group_of
from benchmarks.portal import Gateway as Running
from benchmarks.portal import Portal, databases, gateway, portal, wait_until
from contacts.models import ContactField, Group
from messaging.models import Campaign, CampaignState, Gateway
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import control, drafts
from messaging.services.campaigns.handover import Reviewed
from messaging.services.campaigns.review import review_of
from messaging.services.gateway import holds
from messaging.services.money import balance

_MANY: Final = 100_000
_MOST_SECONDS: Final = {"sqlite": 2.0, "postgresql": 3.0}  # static
_MOST_TIMES: Final = 2.0  # personal, as long as static

_FEW, _VERY_MANY = 10_000, 1_000_000
_MOST_SECONDS_OF_VERY_MANY: Final = {"static": 45.0, "personal": 120.0}
_MOST_TIMES_MEMORY: Final = 1.3  # as much as for few

_TEXTS: Final = {
    "few": "The bell is tested at noon.",
    "static": "School is closed tomorrow because of the rain.",
    "personal": "Dear {name}, the fee of class {class} is due: Rs {fee_due|0}. Pay by Friday.",
}
_FIELDS: Final = '{"class": "9", "fee_due": 4200}'


@dataclass(frozen=True)
class Start:
    """Seconds from the click to the first request, and MB of the worker at the most until then."""

    seconds: float
    megabytes: float


@dataclass(frozen=True)
class Creation:
    database: str
    static: Start
    personal: Start

    @property
    def times(self) -> float:
        return self.personal.seconds / self.static.seconds

    @property
    def is_met(self) -> bool:
        return self.static.seconds <= _MOST_SECONDS[self.database] and self.times <= _MOST_TIMES

    def __str__(self) -> str:
        return (
            f"{self.database:<10} {_MANY:,} people: static {self.static.seconds:.1f} s (at most "
            f"{_MOST_SECONDS[self.database]:.0f}), personal {self.personal.seconds:.1f} s, "
            f"{self.times:.1f} times as long (at most {_MOST_TIMES:.0f})"
        )


@dataclass(frozen=True)
class LargeCreation:
    database: str
    kind: str
    start: Start
    few: Start

    @property
    def times(self) -> float:
        return self.start.megabytes / self.few.megabytes

    @property
    def is_met(self) -> bool:
        in_time = self.start.seconds <= _MOST_SECONDS_OF_VERY_MANY[self.kind]
        return in_time and self.times <= _MOST_TIMES_MEMORY

    def __str__(self) -> str:
        return (
            f"{self.database:<10} {_VERY_MANY:,} people, {self.kind}: {self.start.seconds:.1f} s "
            f"(at most {_MOST_SECONDS_OF_VERY_MANY[self.kind]:.0f}), the worker took "
            f"{self.start.megabytes:.0f} MB, {self.times:.2f} times what it takes for {_FEW:,} "
            f"(at most {_MOST_TIMES_MEMORY})"
        )


def measure() -> Iterator[Creation]:
    for database in databases():
        with gateway() as running, portal(database, f"{running.root}/api") as sending:
            sending.run(fill, [_MANY])
            static = _start(sending, running, "static", _MANY)
            personal = _start(sending, running, "personal", _MANY)
        yield Creation(database, static, personal)


def measure_large() -> Iterator[LargeCreation]:
    """It takes about a quarter of an hour, most of it to fill the databases."""
    for database in databases():
        with gateway() as running, portal(database, f"{running.root}/api") as sending:
            sending.run(fill, [_VERY_MANY, _FEW])
            few = _start(sending, running, "few", _FEW)
            for kind in ("static", "personal"):
                start = _start(sending, running, kind, _VERY_MANY)
                yield LargeCreation(database, kind, start, few)


def _start(sending: Portal, running: Running, kind: str, people: int) -> Start:
    """Hand over, wait for the first request, and send no more of it."""

    def arrived() -> list[float]:
        return [seen["at"] for seen in running.requests() if seen["at"] >= clicked]

    started = time.time()
    with sending.worker() as worker:
        campaign, clicked = sending.run(hand_over, _TEXTS[kind], people, worker_since=started)
        wait_until(arrived, seconds=1200)
        start = Start(min(arrived()) - clicked, worker.peak_memory())
        sending.run(pause, campaign)
    return start


def fill(sizes: list[int]) -> None:
    """A group of so many people, the largest first; the others have some of the same people."""
    ContactField.objects.create(name="Class", key="class", kind="text")
    ContactField.objects.create(name="Fee due", key="fee_due", kind="number")
    User.objects.create_superuser("bench")
    everybody, *others = sizes
    largest = group_of(everybody, fields=_FIELDS)
    Group.objects.filter(pk=largest.pk).update(name=_named(everybody))
    for people in others:
        group = Group.objects.create(name=_named(people))
        group.members.set(largest.members.order_by("pk").values_list("pk", flat=True)[:people])


def _named(people: int) -> str:
    return f"{people} people"


def hand_over(text: str, people: int, *, worker_since: float) -> tuple[int, float]:
    """Hand a message over to a group of so many, as the browser does, once a worker is there that
    was started at a time (s). Returns the campaign's id and when its button was clicked (s).
    """
    user = User.objects.get(username="bench")
    group = Group.objects.get(name=_named(people))
    account = holds.current_gateway()
    draft = drafts.save_draft(
        form_uuid=uuid.uuid4(),
        text=text,
        audience=Audience(groups=(group.pk,)),
        gateway=account,
        by=user,
    )
    seen = Reviewed.of(draft, review_of(draft, balance.read_balance(account)))
    signed = signing.dumps(seen.to_json(), salt=f"messaging.review.{draft.pk}")
    form = {"signed": signed, "typed": str(seen.people), "at_night": "on"}
    browser = browser_of(user)
    since = datetime.fromtimestamp(worker_since, tz=UTC)
    wait_until(Gateway.objects.filter(pk=account.pk, swept_at__gte=since).exists, seconds=60)
    balance.read_balance(account)  # the review may have taken longer than one stays fresh
    with override_settings(ALLOWED_HOSTS=["*"], CONFIRM_LARGE_SENDS=False):
        browser.post(draft.get_absolute_url())  # signed by nobody: a server has answered before
        clicked = time.time()
        browser.post(draft.get_absolute_url(), form)
    draft.refresh_from_db()
    if draft.state == CampaignState.DRAFT:
        raise RuntimeError("the portal did not take the message")
    return draft.pk, clicked


def pause(campaign: int) -> None:
    """Let no more of it go out."""
    control.pause(Campaign.objects.get(pk=campaign), by=None)
