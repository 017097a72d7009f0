"""What a password may be, how it is typed, and how it and other secrets are kept."""

from unittest import mock

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import global_settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from pytest_django import Settings

from tests.portal.accounts.conftest import PASSWORD

CHANGE = "/account/password/"


@pytest.mark.parametrize(
    "password", ["short-123", "sociair-portal", "ncellsms2026", "qwertyuiop", "1234567890"]
)
def test_a_password_that_is_short_known_or_made_of_our_own_words_is_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password)


@pytest.mark.parametrize(
    "password", ["terrace-and-rhododendron", "मेरो गोप्य शब्द", "🙂🙃 and more of them", "x7" * 50]
)
def test_a_long_one_of_any_characters_is_taken_and_compared_as_it_was_typed(
    client: Client, meera: User, password: str
) -> None:
    client.force_login(meera)
    typed = {"oldpassword": PASSWORD, "password1": password, "password2": password}
    assert client.post(CHANGE, typed).status_code == 302
    meera.refresh_from_db()
    assert meera.check_password(password)
    assert not meera.check_password(f" {password}")
    assert not meera.check_password(password[:-1])


def test_passwords_are_typed_unseen_and_filled_in_by_programs(client: Client, meera: User) -> None:
    page = client.get("/account/sign-in/").text
    assert 'type="password"' in page
    assert 'autocomplete="current-password"' in page
    assert 'autocomplete="username"' in page
    client.force_login(meera)
    assert client.get(CHANGE).text.count('autocomplete="new-password"') == 2
    assert "onpaste" not in page


def test_passwords_are_hashed_slowly() -> None:
    first = global_settings.PASSWORD_HASHERS[0]  # the portal's own settings have no other
    assert first.endswith("PBKDF2PasswordHasher")
    assert PBKDF2PasswordHasher.iterations >= 600_000


def test_a_secret_key_can_be_changed_and_second_steps_go_on(
    meera: User, settings: Settings
) -> None:
    secret = "JBSWY3DPEHPK3PXP"
    TOTP.activate(meera, secret)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a-new-one", [settings.SECRET_KEY]
    kept = Authenticator.objects.get(type="totp")
    with mock.patch("allauth.mfa.totp.internal.auth.validate_totp_code") as compare:
        TOTP(kept).validate_code("123456")
    compare.assert_called_once_with(secret, "123456")


def test_what_is_encrypted_cannot_be_changed_unseen(meera: User) -> None:
    TOTP.activate(meera, "JBSWY3DPEHPK3PXP")
    kept = Authenticator.objects.get(type="totp")
    token = kept.data["secret"]
    kept.data["secret"] = f"{token[:40]}{'A' if token[40] != 'A' else 'B'}{token[41:]}"
    with pytest.raises(ValidationError, match="Ask another manager to remove it"):
        TOTP(kept).validate_code("123456")
