"""E-mails about an account, in the portal's own words."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from sociair_portal.accounts.models import Preferences
from tests.conftest import Browser
from tests.portal.accounts.conftest import PASSWORD

NEW = "terrace-and-rhododendron-8"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(autouse=True)
def set_up(settings: Settings) -> None:
    settings.EMAIL_IS_SET_UP = settings.ACCOUNT_EMAIL_NOTIFICATIONS = True


def test_a_link_to_a_new_password_says_how_long_it_works(
    client: Client, meera: User, mailoutbox: list[Any]
) -> None:
    client.post("/account/password/forgotten/", {"email": meera.email})
    (mail,) = mailoutbox
    assert mail.subject == "Choose a new password for Sociair Portal"
    assert "You sign in as meera." in mail.body
    assert "It works once, within 1 hour:\nhttp" in mail.body
    assert mail.body.endswith("Your password stays as it is.\n\nSociair Portal")


def test_a_change_of_the_password_says_from_where_it_came(
    client: Client, meera: User, mailoutbox: list[Any]
) -> None:
    client.force_login(meera)
    typed = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    client.post("/account/password/", typed, headers={"user-agent": FIREFOX})
    (mail,) = mailoutbox
    assert mail.subject == "Your Sociair Portal password has been changed"
    assert mail.body.startswith("Your password has been changed.\n\nIf this was you,")
    assert "- Browser: Firefox, Linux\n- IP address: 127.0.0.1\n" in mail.body


def test_mails_are_in_the_language_of_who_gets_them(
    manager: Browser, client: Client, meera: User, mailoutbox: list[Any]
) -> None:
    """Meera has chosen Nepali; the office, and the browser that asks, have English."""
    Preferences.objects.create(user=meera, language="ne")
    manager.post(f"/colleagues/{meera.pk}/link/", headers={"accept-language": "en"})
    client.post("/account/password/forgotten/", {"email": meera.email})
    client.force_login(meera)
    typed = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    client.post("/account/password/", typed, headers={"user-agent": FIREFOX})
    invitation, forgotten, changed = mailoutbox
    assert invitation.subject == "सोसिएर पोर्टलमा तपाईंको खाता"
    assert invitation.body.startswith("नमस्ते ")
    assert forgotten.body.startswith("कसैले, सायद तपाईंले नै,")
    assert forgotten.body.endswith("\n\nसोसिएर पोर्टल")
    assert "यो तपाईंले नै गर्नुभएको हो भने केही गर्नुपर्दैन।" in changed.body
    assert not re.search("[A-Za-z]", invitation.subject + forgotten.subject + changed.subject)


def test_who_has_chosen_no_language_is_sent_the_offices(
    client: Client, meera: User, settings: Settings, mailoutbox: list[Any]
) -> None:
    settings.LANGUAGE_CODE = "ne"
    client.post(
        "/account/password/forgotten/", {"email": meera.email}, headers={"accept-language": "en"}
    )
    assert mailoutbox[0].body.startswith("कसैले, सायद तपाईंले नै,")


def test_who_has_chosen_no_language_is_invited_in_that_of_who_invites(
    manager: Browser, meera: User, mailoutbox: list[Any]
) -> None:
    manager.post("/language/", {"language": "ne"})
    page = manager.post(f"/colleagues/{meera.pk}/link/")
    assert page.status_code == 200
    assert mailoutbox[0].body.startswith("नमस्ते ")
