"""Each part of the menu is explained, and the dashboard has the first steps until they are done."""

import re
from datetime import timedelta

import pytest
from django.urls import resolve
from django.utils import timezone

from messaging.models import Campaign, Gateway
from messaging.services.audience.known_keys import known_keys
from sociair_portal.help_pages import BY_SLUG, PAGES, page_about
from tests.conftest import Browser
from tests.factories import ContactFactory
from tests.pages import words
from tests.sending import hand_over, numbers

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("slug", list(BY_SLUG))
def test_a_page_says_what_it_is_about(slug: str, sender: Browser, gateway: Gateway) -> None:
    page = sender.get(f"/help/{slug}/")
    assert str(BY_SLUG[slug].title) in words(page)
    for section in BY_SLUG[slug].sections:
        assert len(section.sentences) > 1
        assert str(section.heading) in words(page)


def test_the_list_leads_to_every_page(sender: Browser, gateway: Gateway) -> None:
    listed = sender.get("/help/").text
    assert all(f'href="/help/{page.slug}/"' in listed for page in PAGES)


def test_every_address_that_is_explained_is_there() -> None:
    for page in PAGES:
        for beginning in page.about:
            if beginning not in ("/account/", "/campaigns/", "/gateway/"):  # only pages below these
                assert resolve(beginning)


@pytest.mark.parametrize(
    ("path", "slug"),
    [
        ("/compose/", "first-message"),
        ("/campaigns/7/", "results"),
        ("/contacts/", "contacts"),
        ("/contacts/import/3/", "import"),
        ("/", None),
        ("/admin/", None),
    ],
)
def test_the_help_of_a_page_is_about_it(path: str, slug: str | None) -> None:
    page = page_about(path)
    assert (page and page.slug) == slug


def test_help_leads_back_to_where_one_was(sender: Browser, gateway: Gateway) -> None:
    page = sender.get("/contacts/import/").text
    assert 'href="/help/import/?next=/contacts/import/"' in page
    assert 'href="/contacts/import/"' in sender.get("/help/import/?next=/contacts/import/").text


def test_a_page_that_is_not_there_is_not_found(sender: Browser, gateway: Gateway) -> None:
    assert sender.get("/help/nothing/").status_code == 404


def test_the_first_steps_go_away_when_a_message_was_sent(sender: Browser, gateway: Gateway) -> None:
    first = words(sender.get("/"))
    assert "Your first day" in first
    assert "Import your contacts" in first
    assert "Done" not in first
    ContactFactory.create()
    assert "Done" in words(sender.get("/"))
    campaign = hand_over(gateway, numbers(1), by=sender.user)
    assert "Your first day" not in words(sender.get("/"))
    Campaign.objects.filter(pk=campaign.pk).update(sent_at=timezone.now() - timedelta(days=400))
    assert "Your first day" not in words(sender.get("/"))


def test_who_cannot_send_has_no_first_steps(client: Browser, gateway: Gateway) -> None:
    assert "Your first day" not in words(client.get("/", follow=True))


@pytest.mark.parametrize("language", ["en", "ne"])
def test_the_field_that_help_names_is_one_of_a_message(
    language: str, sender: Browser, gateway: Gateway
) -> None:
    ContactFactory.create()
    sender.cookies["django_language"] = language
    for address in ("/help/first-message/", "/compose/"):
        found = re.findall(r"\{([^{}\s\"]+)\}", words(sender.get(address)))
        assert found
        assert {key.partition("|")[0] for key in found} <= known_keys().keys()
