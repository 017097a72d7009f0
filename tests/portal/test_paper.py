"""A page on paper says whose it is, of when, and whether it was real."""

import pytest
from pytest_django import Settings

from messaging.models import Gateway
from tests.conftest import Browser
from tests.pages import words

pytestmark = pytest.mark.django_db


def test_a_printed_page_names_the_office_and_who_printed_it(
    sender: Browser, gateway: Gateway, settings: Settings
) -> None:
    settings.OFFICE_NAME = "Shree Himal School"
    page = words(sender.get("/contacts/"))
    assert "Shree Himal School · Printed on " in page
    assert f"by {sender.user.get_username()} · Sandbox: nothing is really sent" in page


def test_without_a_name_the_rest_is_said(sender: Browser, gateway: Gateway) -> None:
    page = sender.get("/contacts/").content.decode()
    assert '<p class="on-paper paper-head">Printed on ' in page
