"""Who was left out, and who was chosen, is read in the language of whoever looks."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import translation
from pytest_django import Settings

from messaging.models import Campaign, CampaignState, Gateway, LeftOut, TableRow
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import preparation
from messaging.services.privacy import rules
from tests.conftest import Browser
from tests.factories import ContactFactory, GroupFactory, OptOutFactory, UserFactory
from tests.importing import read_table
from tests.pages import words
from tests.sending import hand_over

pytestmark = pytest.mark.django_db

_ENGLISH = (
    "This number is too short. A mobile number has 10 digits, and this has 9.",
    "Same number as 984-1000001. Each number gets one message.",
    "Opted out on",
)
_NEPALI = ("यो नम्बर छोटो भयो।", "984-1000001 र यो एउटै नम्बर हो।", "मा सन्देश नचाहने भनिएको")
_ROWS = "Name,Mobile\nSita,9841000001\nRam,\n,98410000\n"


def _read(client: Client, address: str, language: str) -> str:
    page: Any = client.get(address, headers={"accept-language": language}, follow=True)
    assert page.status_code == 200
    return words(page)


def _look(client: Client, campaign: Campaign) -> tuple[str, str]:
    """The list of who was left out, in English and in Nepali."""
    address = f"/campaigns/{campaign.pk}/left-out/"
    return _read(client, address, "en"), _read(client, address, "ne")


@pytest.mark.parametrize("language", ["en", "ne"])
def test_who_was_left_out_by_a_colleague_is_read_in_ones_own_language(
    gateway: Gateway, admin_client: Client, language: str
) -> None:
    OptOutFactory.create(mobile="9841000002", reason="Asked by phone")
    pasted = "984100000, 9841000001, 984-1000001, 9841000002"
    with translation.override(language):
        campaign = hand_over(gateway, Audience(numbers=pasted))
    assert campaign.left_out.count() == 3
    english, nepali = _look(admin_client, campaign)
    for one, other in zip(_ENGLISH, _NEPALI, strict=True):
        assert one in english
        assert one not in nepali
        assert other in nepali
        assert other not in english
    assert "Asked by phone" in english
    assert "Asked by phone" in nepali


@pytest.mark.parametrize("language", ["en", "ne"])
def test_rows_of_a_file_that_nobody_can_be_texted_by_are_read_so_too(
    gateway: Gateway, admin_client: Client, tmp_path: Path, language: str
) -> None:
    file = tmp_path / "fees.csv"
    file.write_text(_ROWS)
    with translation.override(language):
        table = read_table(file, name="fees.csv")
        campaign = hand_over(gateway, Audience(table=str(table.pk)), text="Hello")
    english, nepali = _look(admin_client, campaign)
    entries = ("Line 3: Ram", "This row has no number.", "Line 4", "This number is too short.")
    read = ("Ram", "यो पङ्क्तिमा नम्बर छैन।", "लाइन 4", "यो नम्बर छोटो भयो।")
    for one, other in zip(entries, read, strict=True):
        assert one in english
        assert other in nepali
    compose = f"/compose/?table={table.pk}"
    assert "This row has no number." in _read(admin_client, compose, "en")
    assert "यो पङ्क्तिमा नम्बर छैन।" in _read(admin_client, compose, "ne")


@pytest.mark.parametrize("language", ["en", "ne"])
def test_who_was_chosen_is_read_in_ones_own_language(
    gateway: Gateway, admin_client: Client, language: str
) -> None:
    parents, staff = (GroupFactory.create(name=name) for name in ("Parents", "Staff"))
    parents.members.add(ContactFactory.create(mobile="9841000001"))
    chosen = Audience(groups=(parents.pk,), without=(staff.pk,), numbers="9841000009")
    with translation.override(language):
        campaign = hand_over(gateway, chosen)
    address = f"/campaigns/{campaign.pk}/"
    said = "in Parents, but not in Staff · 1 entered number"
    assert said in _read(admin_client, address, "en")
    nepali = "Parents समूहमा भएका, तर Staff समूहमा नभएका · टाइप गरिएको 1 नम्बर"
    assert nepali in _read(admin_client, address, "ne")


def test_what_an_older_portal_wrote_stays_as_it_is(gateway: Gateway, admin_client: Client) -> None:
    campaign = hand_over(gateway, Audience(numbers="984100000 9841000001"))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE messaging_leftout SET words = %s", ["Not a number."])
        cursor.execute("UPDATE messaging_campaign SET chosen = %s", ["2 entered numbers"])
    for page in _look(admin_client, campaign):
        assert "Not a number." in page
    assert "2 entered numbers" in _read(admin_client, f"/campaigns/{campaign.pk}/", "ne")


def test_the_admin_finds_a_reason_by_its_words(gateway: Gateway, admin_client: Client) -> None:
    with translation.override("ne"):
        hand_over(gateway, Audience(numbers="984100000 9841000001"))
    for sought in ("नम्बर छोटो", "too short"):
        page = _read(admin_client, f"/admin/messaging/leftout/?q={sought}", "en")
        assert _ENGLISH[0] in page


def test_a_reason_of_which_only_its_kind_is_kept_is_read_so_too(
    gateway: Gateway, admin_client: Client
) -> None:
    campaign = hand_over(gateway, Audience(numbers="984100000 9841000001"))
    rule = next(one for one in rules.RULES if one.name == "left_out")
    assert rule.remove(list(LeftOut.objects.values_list("pk", flat=True))) == 1
    english, nepali = _look(admin_client, campaign)
    assert "Not a mobile number" in english
    assert "मोबाइल नम्बर होइन" in nepali


def test_a_text_that_cannot_be_sent_any_more_pauses_in_both_languages(
    gateway: Gateway, admin_client: Client, settings: Settings
) -> None:
    campaign = hand_over(gateway, Audience(numbers="9841000001"))
    Campaign.objects.filter(pk=campaign.pk).update(
        state=CampaignState.PREPARING, prepared_up_to="", text="Pay {fee}."
    )
    campaign.refresh_from_db()
    assert preparation.prepare_or_pause(campaign, go_on=lambda: True)
    address = f"/campaigns/{campaign.pk}/"
    assert "There is no field {fee}. You can use" in _read(admin_client, address, "en")
    assert "There is no field" not in _read(admin_client, address, "ne")


def test_figures_have_the_digits_of_whoever_looks(gateway: Gateway, sender: Browser) -> None:
    campaign = hand_over(gateway, Audience(numbers="984100000 9841000001"), by=UserFactory.create())
    sender.post("/language/", {"language": "ne"})
    address = f"/campaigns/{campaign.pk}/left-out/"
    assert "यो 9 अङ्कको छ" in words(sender.get(address))
    sender.post("/account/preferences/", {"calendar": "ad", "devanagari_digits": "on"})
    assert "यो ९ अङ्कको छ" in words(sender.get(address))


def test_a_reason_is_longer_than_the_column_once_was(gateway: Gateway, tmp_path: Path) -> None:
    """With its source and as it was written."""
    file = tmp_path / "fees.csv"
    several = ", ".join(f"98410000{place:02}" for place in range(12))
    file.write_text(f'Name,Mobile\nSita,9841000001\nRam,"{several}"\n')
    with translation.override("ne"):
        read_table(file, name="fees.csv")
    with connection.cursor() as cursor:
        cursor.execute("SELECT reason FROM messaging_tablerow WHERE mobile = ''")
        ((stored,),) = cursor.fetchall()
    assert len(stored) > 300
    reason = TableRow.objects.get(mobile="").reason
    assert reason.startswith("This cell has several numbers: 984-1000000, ")
    assert reason.endswith("984-1000011. Put each in its own row.")
