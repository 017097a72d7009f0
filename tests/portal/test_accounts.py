"""Signing in, signing out, and changing one's password."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.conftest import Browser

PASSWORD = "monsoon-and-marigold-7"
NEW = "terrace-and-rhododendron-8"
SIGN_IN = "/account/sign-in/"
CHANGE = "/account/password/"


@pytest.fixture
def meera(db: None) -> User:
    return User.objects.create_user("meera", password=PASSWORD)


def test_somebody_signs_in_and_out(client: Client, meera: User) -> None:
    assert client.get("/contacts/").headers["Location"] == f"{SIGN_IN}?next=/contacts/"
    response = client.post(
        SIGN_IN, {"username": "meera", "password": PASSWORD, "next": "/contacts/"}
    )
    assert (response.status_code, response["Location"]) == (302, "/contacts/")
    assert client.get(SIGN_IN).headers["Location"] == reverse("messaging:dashboard")
    response = client.post(reverse("logout"))
    assert response.headers["Location"] == SIGN_IN
    assert client.get("/contacts/").status_code == 302


def test_signing_out_needs_a_form(sender: Browser) -> None:
    assert sender.get(reverse("logout")).status_code == 405
    assert sender.get(CHANGE).status_code == 200


def test_a_password_is_changed_and_one_stays_signed_in(client: Client, meera: User) -> None:
    client.force_login(meera)
    typed = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    response = client.post(CHANGE, typed, follow=True)
    assert "Your password is changed" in response.text
    meera.refresh_from_db()
    assert meera.check_password(NEW)
    assert client.get(CHANGE).status_code == 200


def test_changing_a_password_signs_out_other_devices(client: Client, meera: User) -> None:
    other = Client()
    for browser in (client, other):
        browser.post(SIGN_IN, {"username": "meera", "password": PASSWORD})
    assert other.get(CHANGE).status_code == 200
    client.post(CHANGE, {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW})
    assert other.get(CHANGE).status_code == 302


@pytest.mark.parametrize(
    ("username", "password", "words"),
    [
        ("meera", "wrong", "Please enter a correct username and password."),
        ("nobody", PASSWORD, "Please enter a correct username and password."),
        ("", PASSWORD, "This field is required."),
    ],
)
def test_a_wrong_sign_in_is_said(
    client: Client, meera: User, username: str, password: str, words: str
) -> None:
    response = client.post(SIGN_IN, {"username": username, "password": password})
    assert response.status_code == 200
    assert words in response.text
    assert 'class="error-summary" role="alert"' in response.text
    assert PASSWORD not in response.text
    assert client.get(CHANGE).status_code == 302


def test_one_who_was_made_inactive_stays_out(client: Client, meera: User) -> None:
    client.force_login(meera)
    User.objects.update(is_active=False)
    assert client.get(CHANGE).status_code == 302
    client.post(SIGN_IN, {"username": "meera", "password": PASSWORD})
    assert client.get(CHANGE).status_code == 302


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:x"])
def test_signing_in_leads_to_no_other_site(client: Client, meera: User, elsewhere: str) -> None:
    typed = {"username": "meera", "password": PASSWORD, "next": elsewhere}
    assert client.post(SIGN_IN, typed).headers["Location"] == reverse("messaging:dashboard")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("old_password", "wrong", "Your old password was entered incorrectly."),
        ("new_password2", "other", "The two password fields didn’t match."),
        ("new_password2", "", "This field is required."),
    ],
)
def test_a_mistake_in_the_passwords_is_said(
    client: Client, meera: User, field: str, value: str, words: str
) -> None:
    client.force_login(meera)
    typed = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW, field: value}
    response = client.post(CHANGE, typed)
    assert response.status_code == 200
    assert words in response.text.replace("&#x27;", "'")
    meera.refresh_from_db()
    assert meera.check_password(PASSWORD)


@pytest.mark.parametrize("weak", ["meera", "12345678", "password", "short"])
def test_a_weak_password_is_refused(client: Client, meera: User, weak: str) -> None:
    client.force_login(meera)
    client.post(CHANGE, {"old_password": PASSWORD, "new_password1": weak, "new_password2": weak})
    meera.refresh_from_db()
    assert meera.check_password(PASSWORD)


def test_a_part_of_a_page_sends_the_whole_page_to_sign_in(client: Client, db: None) -> None:
    """Signed out meanwhile, a page that refreshes a part of itself must not show the form there."""
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/contacts/?q=sita"}
    response = client.get(reverse("messaging:dashboard"), headers=headers)
    assert response.status_code == 200
    assert response.content == b""
    assert response["HX-Redirect"] == "/account/sign-in/?next=/contacts/%3Fq%3Dsita"
