"""A draft or a campaign can have a title of its own, which only colleagues see."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from messaging.models import Batch, Campaign, CampaignState
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import drafts, follow_ups, schedule
from messaging.services.gateway import holds
from messaging.services.templates import keep
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.models import Entry
from sociair_portal.roles import SENDER
from tests.conftest import Browser
from tests.sending import hand_over, numbers

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gateway")]


def url(campaign: Campaign) -> str:
    return reverse("messaging:title", args=[campaign.pk])


def test_a_title_stands_in_place_of_the_text_and_is_never_sent(manager: Browser) -> None:
    campaign = hand_over(holds.current_gateway(), numbers(2), by=manager.user)
    answer = manager.post(url(campaign), {"title": "  Fees,   Class 9 "})
    assert answer["Location"] == campaign.get_absolute_url()
    campaign.refresh_from_db()
    assert campaign.title == "Fees, Class 9"
    for page in ("messaging:history", "messaging:dashboard"):
        assert "Fees, Class 9" in manager.get(reverse(page)).content.decode()
    assert not Batch.objects.filter(text__contains="Fees").exists()
    entry = Entry.objects.get(deed=Deed.TITLED)
    assert "Fees" not in f"{entry.additional_data}{entry.changes_text}"


def test_the_history_is_searched_by_titles_and_texts(manager: Browser) -> None:
    campaign = hand_over(holds.current_gateway(), numbers(2), by=manager.user)
    Campaign.objects.filter(pk=campaign.pk).update(own_title="Winter fees")
    for page in ("messaging:history", "messaging:history_recipients"):
        found = manager.get(reverse(page), {"q": "winter"}, follow=True).content.decode()
        assert campaign.get_absolute_url() in found
        other = manager.get(reverse(page), {"q": "summer"}, follow=True).content.decode()
        assert campaign.get_absolute_url() not in other


def test_saving_a_draft_again_keeps_its_title(manager: Browser) -> None:
    gateway, by = holds.current_gateway(), manager.user
    template = keep(name="Holiday", text="Closed tomorrow", by=by)
    draft = drafts.begin("Closed", Audience(), by=by, gateway=gateway, template=template)
    assert 'value="Holiday"' in manager.get(url(draft)).content.decode()
    manager.post(url(draft), {"title": "Dashain"})
    assert not Entry.objects.filter(deed=Deed.TITLED).exists()
    saved = drafts.save_draft(
        form_uuid=draft.form_uuid, text="Open", audience=Audience(), gateway=gateway, by=by
    )
    assert (saved.text, saved.own_title) == ("Open", "Dashain")


def test_a_title_that_is_too_long_stays_in_its_field(manager: Browser) -> None:
    gateway, by = holds.current_gateway(), manager.user
    draft = drafts.begin("Closed", Audience(), by=by, gateway=gateway)
    page = manager.post(url(draft), {"title": "x" * 81}).content.decode()
    assert "x" * 81 in page
    assert Campaign.objects.get(pk=draft.pk).own_title == ""


def test_who_may_not_see_whole_numbers_sees_none_in_a_title_and_cannot_change_it(
    sender: Browser,
) -> None:
    Group.objects.get(name=SENDER).permissions.remove(
        Permission.objects.get(codename="view_number")
    )
    campaign = hand_over(holds.current_gateway(), numbers(2), by=sender.user)
    Campaign.objects.filter(pk=campaign.pk).update(own_title="Ask 984-1000001")
    for page in (campaign.get_absolute_url(), reverse("messaging:history")):
        content = sender.get(page).content.decode()
        assert "Ask 984•••0001" in content
        assert "1000001" not in content
    for answer in (sender.get(url(campaign)), sender.post(url(campaign), {"title": "Ask"})):
        assert answer["Location"] == campaign.get_absolute_url()
    assert (
        "You cannot change this title" in sender.get(campaign.get_absolute_url()).content.decode()
    )
    assert Campaign.objects.get(pk=campaign.pk).own_title == "Ask 984-1000001"


def test_no_browser_remembers_a_number_of_a_title(manager: Browser) -> None:
    campaign = hand_over(holds.current_gateway(), numbers(2), by=manager.user)
    Campaign.objects.filter(pk=campaign.pk).update(own_title="Ask 984-1000001")
    content = manager.get(campaign.get_absolute_url()).content.decode()
    assert "<title>Ask 984•••0001" in content
    assert "Ask 984-1000001</h1>" in content


def test_what_follows_a_campaign_has_its_title(manager: Browser) -> None:
    by = manager.user
    campaign = hand_over(holds.current_gateway(), numbers(2), by=by)
    Campaign.objects.filter(pk=campaign.pk).update(
        own_title="Fees", state=CampaignState.CANCELLED, pending=0, cancelled=2
    )
    campaign.recipients.update(state="cancelled")
    campaign.refresh_from_db()
    copied = schedule.copy(campaign, gateway=campaign.gateway, by=by)
    assert copied.own_title == follow_ups.follow_up(campaign, by=by).own_title == "Fees"
