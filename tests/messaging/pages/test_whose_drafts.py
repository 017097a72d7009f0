"""A draft is private work: for everybody but its author it is not there, whatever the address."""

import re
import uuid
from pathlib import Path
from typing import Final

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from contacts.models import ContactImport, Group
from messaging.models import (
    Campaign,
    Event,
    EventKind,
    Gateway,
    MessageTemplate,
    RecipientTable,
)
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import control, drafts, schedule
from tests.conftest import Browser, signed_in
from tests.importing import read_table
from tests.messaging.pages import addresses
from tests.pages import source, words
from tests.sending import hand_over, reading

pytestmark = pytest.mark.django_db

SECRET: Final = "The headmaster leaves us"

# By GET and by POST. A new address needs a line: it is not there for anybody but the author.
NOT_THERE: Final = {
    "review": (404, 404),
    "receipt": (404, 405),
    "answer": (405, 404),
    "send_test": (405, 404),
    "title": (404, 404),
    "move": (404, 404),
    "open_again": (405, 404),
    "copy": (405, 404),
    "delete_draft": (404, 404),
    "campaign": (404, 405),
    "progress": (404, 405),
    "campaign_recipients": (404, 405),
    "campaign_batches": (404, 405),
    "campaign_left_out": (404, 405),
    "pause": (405, 404),
    "resume": (405, 404),
    "cancel": (404, 404),
    "follow_up": (405, 404),
    "decide": (404, 405),
    "settle": (405, 404),
    "send_refused": (405, 404),
    "send_again": (405, 404),
    "doubt": (404, 404),
}
FOR_MANAGERS: Final = {"settle", "send_again"}


@pytest.fixture
def table(sender: Browser, tmp_path: Path) -> RecipientTable:
    path = tmp_path / "table"
    path.write_text("Name,Mobile,Mark\nSita,9841000001,distinction\n", encoding="utf-8")
    return read_table(path, name="private marks.csv", by=sender.user)


@pytest.fixture
def draft(sender: Browser, gateway: Gateway, table: RecipientTable) -> Campaign:
    reading(gateway)
    found = draft_of(sender, gateway, Audience(table=str(table.pk)))
    Event.objects.create(campaign=found, kind=EventKind.SETTLED)
    return found


def draft_of(sender: Browser, gateway: Gateway, audience: Audience) -> Campaign:
    return drafts.save_draft(
        form_uuid=uuid.uuid4(), text=SECRET, audience=audience, gateway=gateway, by=sender.user
    )


def people() -> dict[str, Client]:
    """Everybody who may send, but is not the author."""
    owner = Client()
    owner.force_login(User.objects.create_superuser("owner"))
    return {"sender": signed_in("Sender"), "manager": signed_in("Manager"), "owner": owner}


def answer(browser: Client, name: str, method: str, pk: int) -> tuple[int, str]:
    """The status, and the page without what differs on every page."""
    response = getattr(browser, method)(reverse(f"messaging:{name}", args=[pk]))
    page = re.sub(r"\b\w{64}\b", "", source(response))  # tokens
    page = re.sub(r"Printed on [^<]*", "", page)  # the minute may have changed
    return response.status_code, page.replace(f"/{pk}/", "/…/")


def test_every_address_of_a_campaign_is_looked_at() -> None:
    assert set(NOT_THERE) == addresses.of_a_campaign()


@pytest.mark.parametrize("is_doubted", [False, True])
def test_a_colleagues_draft_is_as_little_there_as_one_that_was_never_written(
    is_doubted: bool, draft: Campaign
) -> None:
    if is_doubted:
        Campaign.objects.update(doubted_at=draft.saved_at)
    before = Campaign.objects.values().get()
    for who, browser in people().items():
        for name, statuses in NOT_THERE.items():
            for method, status in zip(("get", "post"), statuses, strict=True):
                theirs = answer(browser, name, method, draft.pk)
                is_refused = who == "sender" and name in FOR_MANAGERS and status == 404
                assert theirs[0] == (403 if is_refused else status), (who, name, method)
                assert theirs == answer(browser, name, method, draft.pk + 1000), (who, name, method)
        compose = f"{reverse('messaging:compose')}?draft="
        assert browser.get(f"{compose}{draft.pk}").status_code == 404
    assert Campaign.objects.values().get() == before


def test_no_page_shows_a_colleagues_draft(draft: Campaign, sender: Browser) -> None:
    for who, browser in people().items():
        for name in addresses.without_a_number():
            said = words(browser.get(reverse(f"messaging:{name}"), follow=True))
            assert SECRET not in said, (who, name)
            assert "private marks.csv" not in said, (who, name)
    assert SECRET in words(sender.get(reverse("messaging:drafts")))


@pytest.mark.parametrize("who", ["manager", "owner"])
def test_the_admin_has_nothing_of_a_colleagues_draft(
    who: str, draft: Campaign, table: RecipientTable, sender: Browser
) -> None:
    admin = people()[who]
    file = ContactImport.objects.get()
    event = Event.objects.get()
    rows = [("messaging", draft), ("messaging", table), ("messaging", event), ("contacts", file)]
    for app, row in rows:
        page = f"/admin/{app}/{row._meta.model_name}/"
        for search in ("", "?q=headmaster", "?q=marks", f"?q={draft.pk}"):
            assert "0 " in words(admin.get(f"{page}{search}", follow=True)), (row, search)
            assert str(row.pk) not in re.findall(r"/([\w-]+)/change/", source(admin.get(page)))
        change = admin.get(f"{page}{row.pk}/change/", follow=True)
        assert change.redirect_chain == [("/admin/", 302)], row
        assert SECRET not in words(change)
        assert admin.get(f"{page}{row.pk}/history/").status_code in (302, 404)


def test_the_table_of_a_colleagues_draft_cannot_be_taken(
    draft: Campaign, table: RecipientTable
) -> None:
    typed = {"form_uuid": str(uuid.uuid4()), "table": str(table.pk), "text": "For {mark}."}
    for who, browser in people().items():
        address = f"{reverse('messaging:compose')}?table={table.pk}"
        assert "distinction" not in words(browser.get(address)), who
        for name in ("compose", "measure", "search", "own_placeholders", "choose_columns"):
            said = words(browser.post(reverse(f"messaging:{name}"), typed))
            assert "distinction" not in said, (who, name)
            assert "private marks.csv" not in said, (who, name)
        columns = reverse("messaging:table_columns", args=[ContactImport.objects.get().pk])
        assert browser.get(columns).status_code == 404, who
    assert "That spreadsheet was deleted" in words(
        signed_in("Sender").post(reverse("messaging:compose"), typed)
    )


def test_the_table_of_a_message_that_was_sent_goes_with_its_copy(
    sender: Browser, gateway: Gateway, table: RecipientTable
) -> None:
    sent = hand_over(gateway, Audience(table=str(table.pk)), text="For {mark}.", by=sender.user)
    other = signed_in("Sender")
    copied = other.post(reverse("messaging:copy", args=[sent.pk]), follow=True)
    assert "distinction" in words(copied)
    assert "private marks.csv" in words(
        signed_in("Manager").get("/admin/messaging/recipienttable/")
    )


def test_a_draft_is_not_saved_over_by_who_knows_its_form(draft: Campaign, gateway: Gateway) -> None:
    typed = {"form_uuid": str(draft.form_uuid), "numbers": "9841000009", "text": "Other words."}
    for who, browser in people().items():
        for name in ("compose", "save"):
            said = words(browser.post(reverse(f"messaging:{name}"), typed))
            assert "This draft belongs to someone else." in said, (who, name)
            assert SECRET not in said, (who, name)
    draft.refresh_from_db()
    assert draft.text == SECRET


def test_what_a_manager_opens_again_is_the_managers_draft(
    sender: Browser, manager: Browser, gateway: Gateway
) -> None:
    sent = hand_over(gateway, ["9841000001"], text=SECRET, by=sender.user)
    control.cancel(sent, by=sender.user)
    copied = schedule.copy(sent, gateway=gateway, by=manager.user)
    assert manager.get(copied.get_absolute_url()).status_code == 200
    assert sender.get(copied.get_absolute_url()).status_code == 404


def test_a_draft_of_a_script_belongs_to_no_user(gateway: Gateway, sender: Browser) -> None:
    draft = drafts.begin(SECRET, Audience(numbers="9841000001"), by=None, gateway=gateway)
    for browser in [sender, *people().values()]:
        assert browser.get(reverse("messaging:review", args=[draft.pk])).status_code == 404


def test_everyone_sees_a_template_made_from_a_draft(sender: Browser, gateway: Gateway) -> None:
    """Whoever saves a template shares it; of the draft nothing comes with it."""
    typed = {"form_uuid": str(uuid.uuid4()), "text": "Fees are due.", "template-name": "Fees"}
    sender.post(reverse("messaging:save_template"), {**typed, "numbers": "9841000001"})
    kept = MessageTemplate.objects.get()
    page = signed_in("Sender").get(reverse("messaging:template", args=[kept.pk]))
    assert "Fees are due." in words(page)
    assert "9841000001" not in source(page)


def test_who_has_only_drafts_is_no_sender_in_the_history(sender: Browser, gateway: Gateway) -> None:
    draft_of(sender, gateway, Audience(groups=(Group.objects.create(name="All").pk,)))
    page = signed_in("Manager").get(reverse("messaging:history"))
    assert sender.user.username not in words(page)
