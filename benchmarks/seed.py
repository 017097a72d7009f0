"""A campaign to so many people, handed over as the browser does: `--people N --inline yes|no`."""

from benchmarks import inside  # isort: skip  # noqa: F401  # before anything of the portal

import json
import sys
import time
import uuid

from django.db import connection

from contacts.models import Contact, Group
from messaging import tasks
from messaging.models import CampaignState
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import drafts, handover, preparation
from messaging.services.campaigns.review import review_of
from messaging.services.gateway import holds
from messaging.services.money import balance
from sociair_portal.common import bulk_rows


def group_of(people: int) -> Group:
    """That many contacts in one group, with numbers of every operator."""
    group = Group.objects.create(name=f"{people} people {uuid.uuid4().hex[:4]}")
    rows = (
        (f"Person {n}", f"person{n}", mobile(n), "ntc", "{}", "2026-01-01", "2026-01-01")
        for n in range(people)
    )
    before = Contact.objects.count()
    bulk_rows.insert_rows(
        Contact,
        ["name", "name_key", "mobile", "operator", "fields", "created_at", "updated_at"],
        rows,
    )
    ids = Contact.objects.order_by("id").values_list("pk", flat=True)[before:]
    bulk_rows.insert_rows(
        Group.members.through, ["group", "contact"], [(group.pk, pk) for pk in ids]
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as a server does by itself within a minute
    return group


def mobile(n: int) -> str:
    return f"{('984', '980', '961')[n % 3]}{5_000_000 + n:07d}"


def main(people: int, inline: bool) -> None:
    gateway = holds.current_gateway()
    reading = balance.read_balance(gateway)
    draft = drafts.save_draft(
        form_uuid=uuid.uuid4(),
        text="School is closed tomorrow because of the rain.",
        audience=Audience(groups=(group_of(people).pk,)),
        gateway=gateway,
        by=None,
    )
    seen = review_of(draft, reading)
    balance.read_balance(gateway)  # filling the database took longer than one stays fresh
    handover.hand_over(draft, reviewed=handover.Reviewed.of(draft, seen), by=None)
    started = time.perf_counter()
    if inline and draft.state == CampaignState.PREPARING:
        preparation.prepare(draft)
    elif draft.state == CampaignState.PREPARING:
        tasks.kick_prepare()
    took = time.perf_counter() - started
    print(json.dumps({"campaign": draft.pk, "people": seen.people, "prepared_in": took}))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] == "inline")
