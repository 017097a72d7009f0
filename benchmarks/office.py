"""An office that has sent for years: a million people, and millions of recipients.

Rows are copied from one that the models make, inside the database, as Python would need an hour.
"""

import json
import uuid
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import connection, models
from django.utils import timezone

from contacts.models import Contact, ContactField, Group, OptOut
from contacts.names import name_key
from contacts.phone import operator_of
from contacts.sounds import sound
from messaging.models import (
    BalanceReading,
    Batch,
    BatchState,
    Campaign,
    CampaignState,
    Gateway,
    Recipient,
    RecipientState,
    SentMessage,
)
from messaging.services.gateway import holds
from sociair_portal.common.bulk_rows import insert_rows

# Sizes of the groups, by name.
GROUPS: Final = {"Everybody": 1, "Class 9": 10, "Teachers": 667}
CAMPAIGNS: Final = 2_000
UNDECIDED: Final = 10
_A_CALL: Final = 50
_AT_ONCE: Final = 20_000
_FIRST: Final = ("Sita", "Ram", "Gita", "Hari", "Maya", "Bikash", "सीता", "रमेश", "Anita", "Dipak")
_LAST: Final = ("Rai", "Lama", "Shrestha", "Gurung", "Karki", "थापा", "Magar", "Tamang", "Sherpa")
_DAY: Final = "2026-01-01 00:00:00+00:00"
_TEXT: Final = "The school is closed tomorrow because of the rain."
_RATES: Final = {"ntc": "0.80", "ncell": "0.85", "smartcell": "0.90"}


def fill(people: int, recipients: int) -> None:
    """People `people` and, over CAMPAIGNS campaigns, as many recipients as `recipients`.

    A tenth of `people` got personal letters, one in a call; all others were 50 in a call.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA synchronous = OFF")
            cursor.execute("PRAGMA foreign_keys = OFF")
        else:
            cursor.execute("SET synchronous_commit = off")
    _people(people)
    _campaigns(people, recipients)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM")
        else:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def mobile_of(n: int) -> str:
    return f"{('984', '980', '961')[n % 3]}{(n * 7919) % 10_000_000:07d}"


def name_of(n: int) -> str:
    return f"{_FIRST[n % 10]} {_LAST[n // 10 % 9]} Person {n}"


def _people(people: int) -> None:
    ContactField.objects.create(name="Fee due", key="fee_due", kind="number", in_list=True)
    ContactField.objects.create(name="Note", key="note", kind="text")
    keys = ["name_key", "sound_key"]
    columns = ["id", "name", *keys, "mobile", "operator", "fields", "created_at", "updated_at"]
    for start in range(0, people, _AT_ONCE):
        insert_rows(Contact, columns, map(_contact, range(start, min(start + _AT_ONCE, people))))
    through = Group.members.through
    members = 0
    for name, step in GROUPS.items():
        group = Group.objects.create(name=name)
        _copied(
            through(group_id=group.pk, contact_id=1),
            people // step,
            {"id": f"{members + 1} + n.i", "contact_id": f"1 + n.i * {step}"},
        )
        members += people // step
    OptOut.objects.bulk_create(OptOut(mobile=mobile_of(n)) for n in range(0, people, 1000))
    _beyond(Contact, people)
    _beyond(through, members)


def _contact(n: int) -> tuple[Any, ...]:
    name, mobile = name_of(n), mobile_of(n)
    fields = {"fee_due": n % 1000, **({"note": "x"} if n % 100_000 == 7 else {})}
    operator = operator_of(mobile).value
    keys = (name_key(name), sound(name))
    return (n + 1, name, *keys, mobile, operator, json.dumps(fields), _DAY, _DAY)


def _campaigns(people: int, recipients: int) -> None:
    gateway = holds.current_gateway()
    user = User.objects.create_superuser("bench")
    personal = people // 10
    size = (recipients - personal) // (CAMPAIGNS - 1) // _A_CALL * _A_CALL
    now = timezone.now()
    BalanceReading.objects.create(
        gateway=gateway,
        balance=Decimal(100_000_000),
        **{f"{name}_rate": Decimal(rate) for name, rate in _RATES.items()},
    )
    batches = rows = 0
    for number in range(CAMPAIGNS):
        total, a_call = (personal, 1) if number == CAMPAIGNS // 2 else (size, _A_CALL)
        is_undecided = number >= CAMPAIGNS - UNDECIDED
        state = RecipientState.UNCONFIRMED if is_undecided else RecipientState.ACCEPTED
        at = now - timedelta(hours=8 * (CAMPAIGNS - number))
        campaign = Campaign.objects.create(
            form_uuid=uuid.uuid4(),
            gateway=gateway,
            text=f"{_TEXT} Notice {number}.",
            audience={"groups": [1], "contacts": [], "numbers": ""},
            chosen="Everybody",
            created_by=user,
            created_at=at,
            sent_at=at,
            answered_at=at,
            state=CampaignState.DONE,
            rates=_RATES,
            reviewed_cost=Decimal("0.8") * total,
            cost=0 if is_undecided else Decimal("0.8") * total,
            total=total,
            is_large=total > 1000,
            **{state.value: total},
        )
        calls = total // a_call
        _batches(campaign, gateway, calls, a_call, first=batches + 1, is_undecided=is_undecided)
        _copied(
            Recipient(
                campaign=campaign, batch_id=1, contact_id=1, mobile="", operator="ntc", state=state
            ),
            total,
            {
                "id": f"{rows + 1} + n.i",
                "batch_id": f"{batches + 1} + n.i / {a_call}",
                "contact_id": f"1 + (n.i + {rows}) %% {people}",
                "mobile": _mobile_sql(f"((n.i + {rows}) %% {people})"),
                "name": f"'Person ' || ((n.i + {rows}) %% {people})",
            },
        )
        batches += calls
        rows += total
    for model, highest in ((Batch, batches), (SentMessage, batches), (Recipient, rows)):
        _beyond(model, highest)


def _batches(
    campaign: Campaign, gateway: Gateway, calls: int, size: int, *, first: int, is_undecided: bool
) -> None:
    """A queue that was worked off, and the calls: each accepted, or none of them answered."""
    assert campaign.sent_at is not None
    batch = Batch(
        campaign=campaign,
        text=campaign.text,
        parts=1,
        size=size,
        cost=Decimal("0.8") * size,
        tries=1,
        state=BatchState.UNCONFIRMED if is_undecided else BatchState.ACCEPTED,
        outcome="no_answer" if is_undecided else "accepted",
        claimed_at=campaign.sent_at,
    )
    _copied(batch, calls, {"id": f"{first} + n.i"})
    call = SentMessage(
        batch_id=first,
        gateway=gateway,
        attempt=1,
        numbers=[mobile_of(n) for n in range(size)],
        outcome=batch.outcome,
        words="" if is_undecided else "Success! 50 sms sent.",
        status=None if is_undecided else 200,
        ntc=None if is_undecided else size,
        cost=0 if is_undecided else batch.cost,
        started_at=campaign.sent_at,
        ended_at=campaign.sent_at,
    )
    _copied(call, calls, {"id": f"{first} + n.i", "batch_id": f"{first} + n.i"})


def _mobile_sql(n: str) -> str:
    prefix = f"CASE {n} %% 3 WHEN 0 THEN '984' WHEN 1 THEN '980' ELSE '961' END"
    rest = f"{n} * 7919 %% 10000000"
    if connection.vendor == "sqlite":
        return f"{prefix} || printf('%%07d', {rest})"
    return f"{prefix} || lpad(({rest})::text, 7, '0')"


def _name(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _copied(row: models.Model, times: int, differing: Mapping[str, str]) -> None:
    """Insert a row as often, but for columns that differ: SQL each, n.i counts from 0."""
    values, given = dict(differing), []
    for field in row._meta.concrete_fields:
        value = field.value_from_object(row)
        if value is not None and field.column not in values:
            values[str(field.column)] = "%s"
            given.append(field.get_db_prep_save(value, connection))
    names = ", ".join(map(connection.ops.quote_name, values))
    # What differs comes first in `values`, and has no marks.
    expressions = ", ".join(values.values())
    if connection.vendor == "postgresql":
        counter = f"(SELECT generate_series(0::bigint, {times - 1}) AS i) AS n"
    else:
        counter = (
            "(WITH RECURSIVE n(i) AS "
            f"(SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {times - 1}) SELECT i FROM n) AS n"
        )
    with connection.cursor() as cursor:
        table = _name(type(row))
        cursor.execute(f"INSERT INTO {table} ({names}) SELECT {expressions} FROM {counter}", given)


def _beyond(model: type[models.Model], highest: int) -> None:
    """The next row that is made gets an id of its own."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [model._meta.db_table, highest]
        )
