"""An address that only a button uses says so to whoever opens it, and nobody is led there."""

import pytest
from django.test import Client
from pytest_django import Settings

from sociair_portal.common.buttons import page_at_or_above
from tests.conftest import Browser
from tests.pages import words
from tests.portal.test_matrix import ROUTES, Office, office

pytestmark = pytest.mark.django_db

__all__ = ["office"]  # the fixture

SAID = "This address works only when you press its button. Go back and press it again."
SIGN_IN = "/account/sign-in/?next="


@pytest.mark.parametrize(
    ("address", "above"),
    [("/privacy/person/", "/privacy/"), ("/colleagues/3/link/sms/", "/colleagues/3/")],
)
def test_whoever_opens_it_reads_how_it_works_and_where_it_stands(
    address: str, above: str, manager: Browser
) -> None:
    page = manager.get(address)
    assert (page.status_code, page.headers["Allow"]) == (405, "POST")
    assert SAID in words(page)
    assert f'href="{above}"' in page.text
    assert manager.head(address).status_code == 405


@pytest.mark.parametrize("header", [{"HX-Request": "true"}, {"Accept": "application/json"}])
def test_a_part_of_a_page_and_a_program_get_no_page(
    header: dict[str, str], manager: Browser
) -> None:
    answer = manager.get("/privacy/person/", headers=header)
    assert (answer.status_code, answer.headers["Allow"], answer.content) == (405, "POST", b"")


def test_every_address_that_takes_no_get_leads_to_a_page_above_it(office: Office) -> None:
    manager = office.people[3]
    by_button = [
        address
        for address in map(office.address, ROUTES)
        if manager.get(address).status_code == 405
    ]
    assert len(by_button) > 25
    for address in by_button:
        assert SAID in words(manager.get(address)), address
        assert manager.get(page_at_or_above(address)).status_code != 405, address


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("/privacy/person/", "/privacy/"),
        ("/privacy/person/forget/", "/privacy/"),
        ("/campaigns/1/settle/", "/campaigns/1/"),
        ("/gateway/release/", "/"),
        ("/contacts/new/", "/contacts/new/"),
    ],
)
def test_signing_in_leads_from_a_button_to_a_page(address: str, page: str, client: Client) -> None:
    for answer in (client.post(address), client.get(address)):
        assert answer.headers["Location"] == f"{SIGN_IN}{page}"


def test_confirming_leads_back_to_a_page_too(manager: Browser, settings: Settings) -> None:
    settings.SANDBOX, settings.SECOND_STEP = False, "nobody"
    here = {"Referer": "http://testserver/campaigns/1/settle/"}
    answer = manager.post("/campaigns/1/send-again/", headers=here)
    assert answer.headers["Location"] == "/account/confirm/?next=%2Fcampaigns%2F1%2F"
