"""Sita, of whom there is something in every place of the database; and what the database says."""

from typing import Any

from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from contacts.models import Contact, ContactImport, ImportedChange, ImportState, OptOut, RejectedRow
from messaging.models import (
    Batch,
    Campaign,
    Event,
    EventKind,
    Gateway,
    LeftOut,
    LeftOutReason,
    RecipientTable,
    SentMessage,
    TableRow,
)
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import drafts
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.record import record
from tests.factories import ContactFactory, GroupFactory
from tests.sending import hand_over, send_all

SITA = "9841234567"
OTHER = "9851111111"
NAME = "Sita Sharma Unlike"
SPELLINGS = ("9841234567", "984-1234567", "+977 984 123 4567", "९८४१२३४५६७", "98412-34567")


def plant(gateway: Gateway, user: User) -> Campaign:
    """Everything that the portal can know about Sita; returns the letter that she was sent."""
    sita = ContactFactory.create(name=NAME, mobile=SITA, fields={"village": "Gorkha"})
    other = ContactFactory.create(
        name="Hari", mobile=OTHER, fields={"mother": "+977-9841234567", "count": 3, "n": 9841234567}
    )
    group = GroupFactory.create(name="Class 9", members=[sita, other])
    letter = hand_over(gateway, Audience(groups=(group.pk,)), text="Dear {name}, come at 7.")
    notice = hand_over(gateway, [SITA, OTHER], text="School is closed.")
    hand_over(gateway, [SITA], text=f"Only you, {NAME}: call us.")
    send_all(gateway)
    call = SentMessage.objects.filter(batch__campaign=notice).get()
    call.raw, call.words = f'{{"invalid": ["977{SITA}"]}}', f"Number {SITA} is odd"
    call.save()
    Batch.objects.filter(campaign=notice).update(settled_why="I asked 984-1234567")
    Campaign.objects.filter(pk=notice.pk).update(
        pause_reason=f"{SITA} was refused", own_title=f"About {SITA}"
    )
    for spelling in SPELLINGS:
        Event.objects.create(campaign=notice, kind=EventKind.PAUSED, words=f"Ask {spelling} first")
        LeftOut.objects.create(
            campaign=notice,
            entry=f"{NAME} {spelling}",
            reason=LeftOutReason.DUPLICATE,
            words=f"Shares a number with {NAME}",
        )
    drafts.begin(
        f"Call {SPELLINGS[1]}",
        Audience(contacts=(sita.pk, other.pk), numbers=f"{SPELLINGS[3]}\n{OTHER}"),
        by=user,
        gateway=gateway,
    )
    _plant_files(user, sita)
    Gateway.objects.update(hold_words=f"{SITA} again", balance_error=f"see {SITA}")
    OptOut.objects.create(mobile=SITA, reason=f"{NAME} asked")
    OptOut.objects.create(mobile="9800000001", reason=f"Husband of {SPELLINGS[2]}")
    record(Deed.LOOKED_AT, by=user, about=sita)
    record(Deed.EXPORTED, by=user, kind=Contact, words=f"search: {NAME}")
    LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(Contact),
        object_id=str(sita.pk),
        object_repr=str(sita),
        action_flag=CHANGE,
        change_message=f"Name of {NAME}",
    )
    return letter


def _plant_files(user: User, sita: Contact) -> None:
    table = RecipientTable.objects.create(
        file_name=f"of {SITA}.csv",
        columns=[["number", "Number"], ["fee", "Fee"]],
        number_key="number",
        odd_cells=[["fee", 2, SPELLINGS[1]]],
        created_by=user,
        is_complete=True,
        size=3,
    )
    hers = {"number": SPELLINGS[1], "name": NAME}
    TableRow.objects.create(table=table, line=2, mobile=SITA, name=NAME, fields=hers)
    with_mother = {"number": OTHER, "mother": SPELLINGS[3]}
    TableRow.objects.create(table=table, line=3, mobile=OTHER, name="Hari", fields=with_mother)
    bad = {"number": f"{SITA} or 12"}
    TableRow.objects.create(table=table, line=4, fields=bad, reason=f"{SITA} or 12 is no number")
    source = ContactImport.objects.create(
        file_name=f"{NAME}.csv"[:10],
        kind="csv",
        state=ImportState.DONE,
        facts=[{"either_ones": [NAME, "Ram"]}],
        options={"reason": f"asked by {SITA}"},
        names=[SPELLINGS[1], "Name"],
        rejected=5,
        created_by=user,
    )
    for line, spelling in enumerate(SPELLINGS):
        RejectedRow.objects.create(
            source=source,
            line=line,
            entry=spelling,
            reason=f"{spelling}: twice",
            suggestion=SITA,
            cells=[NAME, spelling],
        )
    ImportedChange.objects.create(
        source=source, contact_pk=sita.pk, name=NAME, fields={"village": "x"}, at=timezone.now()
    )


def written_down(*besides: str) -> dict[str, list[str]]:
    """What the whole database says of Sita, in any spelling, by table; not in tables `besides`."""
    found: dict[str, list[str]] = {}
    for model in apps.get_models(include_auto_created=True):
        if model._meta.label in besides:
            continue
        for row in model._default_manager.values():
            said = " ".join(map(_words, row.values()))
            if NAME in said or "9841234567" in _digits(said):
                found.setdefault(model._meta.label, []).append(said)
    return found


def _words(value: Any) -> str:
    return bytes(value).hex() if isinstance(value, memoryview | bytes) else str(value)


def _digits(text: str) -> str:
    plain = text.translate({ord("०") + digit: str(digit) for digit in range(10)})
    return "".join(character for character in plain if character not in " -+")
