"""What the portal wrote down is read in the language of whoever looks, and found by its words."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone, translation
from pytest_django import Settings

from messaging.models import Campaign, Event, EventKind, Gateway
from messaging.services.campaigns import control, schedule
from messaging.services.gateway import holds
from sandbox.server import Sandbox
from tests.factories import UserFactory
from tests.sending import hand_over, numbers, send_all

pytestmark = pytest.mark.django_db

_ENGLISH = "Sociair refused a message:"
_NEPALI = "सोसिएरले एउटा सन्देश लिएन:"


def _page(client: Client, campaign: Campaign, language: str) -> str:
    page = client.get(f"/campaigns/{campaign.pk}/", headers={"accept-language": language})
    assert page.status_code == 200
    return page.content.decode()


@pytest.fixture
def paused(gateway: Gateway, sandbox: Sandbox, settings: Settings) -> Campaign:
    """A campaign that a worker paused whose office has chosen Nepali."""
    settings.SOCIAIR_BATCH_SIZE = 2
    campaign = hand_over(gateway, numbers(4))
    sandbox.settings(script=["scam"])
    with translation.override("ne"):
        send_all(gateway)
    campaign.refresh_from_db()
    return campaign


def test_a_pause_by_the_worker_reads_in_both_languages(
    paused: Campaign, admin_client: Client
) -> None:
    english, nepali = _page(admin_client, paused, "en"), _page(admin_client, paused, "ne")
    assert _ENGLISH in english
    assert _NEPALI not in english
    assert _NEPALI in nepali
    assert _ENGLISH not in nepali


@pytest.mark.parametrize("words", ["सन्देश लिएन", "refused a message", "known scam pattern"])
def test_a_reason_is_found_as_it_was_written_and_by_its_source(
    paused: Campaign, admin_client: Client, words: str
) -> None:
    page = admin_client.get("/admin/messaging/event/", {"q": words}, follow=True)
    assert _ENGLISH in page.content.decode()


def test_a_reason_that_is_saved_again_in_another_language_is_stored_as_it_was(
    paused: Campaign,
) -> None:
    with translation.override("ne"):
        Campaign.objects.get(pk=paused.pk).save()
    assert Campaign.objects.get(pk=paused.pk).pause_reason.startswith(_ENGLISH)


@pytest.mark.parametrize("typed", ["A mistake in the text.", "\x1eA\x1e[1]", '[{"en": "Held"}]'])
def test_what_someone_typed_is_read_as_it_is(gateway: Gateway, typed: str) -> None:
    campaign = hand_over(gateway, numbers(2))
    assert control.pause(campaign, by=UserFactory.create(), why=typed)
    with translation.override("ne"):
        assert Campaign.objects.get(pk=campaign.pk).pause_reason == typed.lstrip("\x1e")


def test_a_finished_text_of_an_older_portal_stays_as_it_is(paused: Campaign) -> None:
    old = "सोसिएरले एउटा सन्देश लिएन: scam"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE messaging_campaign SET pause_reason = %s", [old])
    assert Campaign.objects.get(pk=paused.pk).pause_reason == old


def test_moments_and_plural_forms_are_written_as_the_reader_writes_them(
    gateway: Gateway, settings: Settings
) -> None:
    at = timezone.now() + timedelta(days=400)
    campaign = hand_over(gateway, numbers(2), at=at)
    assert campaign.scheduled_for == at
    assert schedule.move(campaign, at + timedelta(hours=1), seen=at, by=UserFactory.create())
    moved = Event.objects.get(kind=EventKind.MOVED)
    assert moved.words.startswith("From ")
    with translation.override("ne"):
        moved.refresh_from_db()
    assert moved.words.endswith("मा सारियो।")


def test_a_hold_and_what_was_said_with_it_read_in_both_languages(gateway: Gateway) -> None:
    with translation.override("ne"):
        holds.hold_unreachable(gateway, words="reset by peer")
    english = Event.objects.get(kind=EventKind.HELD).words
    assert english == "Sociair cannot be reached. Nothing was sent. reset by peer"
    with translation.override("ne"):
        nepali = Event.objects.get(kind=EventKind.HELD).words
    assert "Sociair cannot" not in nepali
    assert nepali.endswith(" reset by peer")
