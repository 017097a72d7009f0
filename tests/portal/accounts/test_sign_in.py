"""Signing in and out, and changing one's password."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from sociair_portal.accounts.models import Try
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.models import Entry
from sociair_portal.demo import DEMO_PASSWORD, DEMO_USER
from tests.conftest import Browser
from tests.portal.accounts.conftest import PASSWORD

NEW = "terrace-and-rhododendron-8"
SIGN_IN = "/account/sign-in/"
CHANGE = "/account/password/"
CHANGED = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}


def sign_in(client: Client, login: str = "meera", password: str = PASSWORD, **more: str) -> int:
    """The status: 302 lets in, 200 is the form again."""
    return client.post(SIGN_IN, {"login": login, "password": password, **more}).status_code


@pytest.mark.parametrize("login", ["meera", "meera@example.com", "MEERA@example.com", " meera "])
def test_somebody_signs_in_and_out(client: Client, meera: User, login: str) -> None:
    assert client.get("/contacts/").headers["Location"] == f"{SIGN_IN}?next=/contacts/"
    response = client.post(SIGN_IN, {"login": login, "password": PASSWORD, "next": "/contacts/"})
    assert (response.status_code, response["Location"]) == (302, "/contacts/")
    assert client.get(SIGN_IN).headers["Location"] == reverse("messaging:dashboard")
    response = client.post(reverse("account_logout"))
    assert response.headers["Location"] == SIGN_IN
    assert client.get("/contacts/").status_code == 302


def test_signing_out_needs_a_form(sender: Browser) -> None:
    assert sender.get(reverse("account_logout")).status_code == 200
    assert sender.get(CHANGE).status_code == 200


def test_nobody_signs_up(client: Client, db: None) -> None:
    assert client.get("/account/signup/").status_code == 404
    assert "sign up" not in client.get(SIGN_IN).text.casefold()


@pytest.mark.parametrize(
    ("login", "password", "words"),
    [
        ("meera", "wrong", "The name or the password is wrong"),
        ("nobody", PASSWORD, "The name or the password is wrong"),
        ("meera@example.com", "wrong", "The name or the password is wrong"),
        ("", PASSWORD, "This field is required."),
    ],
)
def test_a_wrong_sign_in_is_said(
    client: Client, meera: User, login: str, password: str, words: str
) -> None:
    response = client.post(SIGN_IN, {"login": login, "password": password})
    assert response.status_code == 200
    assert words in response.text
    assert 'class="error-summary" role="alert"' in response.text
    assert PASSWORD not in response.text
    assert client.get(CHANGE).status_code == 302


def test_a_closed_account_stays_out_and_its_sessions_are_over_for_good(
    client: Client, meera: User
) -> None:
    client.force_login(meera)
    User.objects.update(is_active=False)
    assert client.get(CHANGE).status_code == 302
    assert sign_in(client) == 302
    assert client.get(CHANGE).status_code == 302
    User.objects.update(is_active=True)
    assert client.get(CHANGE).status_code == 302


def test_the_demo_account_is_of_the_sandbox(client: Client, real: None, db: None) -> None:
    User.objects.create_superuser(DEMO_USER, password=DEMO_PASSWORD)
    sign_in(client, DEMO_USER, DEMO_PASSWORD)
    assert client.get(CHANGE).status_code == 302


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:x"])
def test_signing_in_leads_to_no_other_site(client: Client, meera: User, elsewhere: str) -> None:
    typed = {"login": "meera", "password": PASSWORD, "next": elsewhere}
    assert client.post(SIGN_IN, typed).headers["Location"] == reverse("messaging:dashboard")


class TestNewPassword:
    def test_is_set_and_one_stays_signed_in_here_alone(self, client: Client, meera: User) -> None:
        other = Client()
        for browser in (client, other):
            sign_in(browser)
        assert "Your password has been changed" in client.post(CHANGE, CHANGED, follow=True).text
        meera.refresh_from_db()
        assert meera.check_password(NEW)
        assert client.get(CHANGE).status_code == 200
        assert other.get(CHANGE).status_code == 302

    @pytest.mark.parametrize(
        ("field", "value", "words"),
        [
            ("oldpassword", "wrong", "This is not your password."),
            ("password2", "other", "Enter the same password both times."),
            ("password2", "", "This field is required."),
        ],
    )
    def test_says_what_is_wrong(
        self, client: Client, meera: User, field: str, value: str, words: str
    ) -> None:
        client.force_login(meera)
        response = client.post(CHANGE, {**CHANGED, field: value})
        assert response.status_code == 200
        assert words in response.text
        meera.refresh_from_db()
        assert meera.check_password(PASSWORD)

    @pytest.mark.parametrize("weak", ["meera", "12345678", "password", "short"])
    def test_is_no_weak_one(self, client: Client, meera: User, weak: str) -> None:
        client.force_login(meera)
        client.post(CHANGE, {**CHANGED, "password1": weak, "password2": weak})
        meera.refresh_from_db()
        assert meera.check_password(PASSWORD)

    def test_cannot_be_had_by_guessing_the_old_one(self, client: Client, meera: User) -> None:
        client.force_login(meera)
        for number in range(5):
            client.post(CHANGE, {**CHANGED, "oldpassword": f"guess {number}"})
        assert "Too many tries" in client.post(CHANGE, CHANGED).text
        meera.refresh_from_db()
        assert meera.check_password(PASSWORD)


def _from(address: str, client: Client, password: str) -> int:
    headers = {"X-Forwarded-For": address}
    return client.post(
        SIGN_IN, {"login": "meera", "password": password}, headers=headers
    ).status_code


class TestGuessing:
    def test_is_stopped_after_five_tries_with_words(self, client: Client, meera: User) -> None:
        for number in range(5):
            assert sign_in(client, password=f"guess {number}") == 200
        page = client.post(SIGN_IN, {"login": "meera", "password": PASSWORD}).text
        until = timezone.localtime(Try.objects.earliest("at").at + timedelta(minutes=16))
        assert "Too many tries. Try again at " in page  # after midnight with the day
        assert f"{until:%H:%M}. A manager can let you try again now." in page
        assert client.get(CHANGE).status_code == 302

    def test_does_not_reach_the_hash_any_more(
        self, client: Client, meera: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(5):
            sign_in(client, password=f"guess {number}")
        monkeypatch.setattr(User, "check_password", None)
        assert sign_in(client) == 200

    def test_goes_on_after_the_time_that_was_said(self, client: Client, meera: User) -> None:
        for number in range(7):  # what was refused does not make it longer
            sign_in(client, password=f"guess {number}")
        for old in Try.objects.all():
            old.at -= timedelta(minutes=15)
            old.save()
        assert sign_in(client) == 302

    def test_of_a_colleagues_name_from_elsewhere_locks_nobody_out(
        self, client: Client, meera: User, settings: Settings
    ) -> None:
        settings.PROXIES = 1
        assert _from("203.0.113.7", client, PASSWORD) == 302
        client.post(reverse("account_logout"))
        for number in range(60):
            _from(f"198.51.100.{number}", Client(), "guess")
        assert _from("203.0.113.7", client, PASSWORD) == 302

    def test_from_many_addresses_is_slowed_down(
        self, client: Client, meera: User, settings: Settings
    ) -> None:
        settings.PROXIES = 1
        pages = [
            client.post(
                SIGN_IN,
                {"login": "meera", "password": "guess"},
                HTTP_X_FORWARDED_FOR=f"198.51.100.{number}",
            ).text
            for number in range(42)
        ]
        assert ["Too many tries" in page for page in pages] == [False] * 40 + [True] * 2

    def test_of_many_names_from_one_address_is_stopped(self, client: Client, meera: User) -> None:
        pages = [
            client.post(SIGN_IN, {"login": f"name{number}", "password": "guess"}).text
            for number in range(41)
        ]
        assert ["Too many tries" in page for page in pages] == [False] * 40 + [True]
        assert "A manager" not in pages[-1]  # who can only let an account go on

    def test_counts_a_name_and_its_e_mail_as_one(self, client: Client, meera: User) -> None:
        for login in ("meera", "meera@example.com", "MEERA", "meera", "Meera@example.com"):
            sign_in(client, login, "guess")
        assert "Too many tries" in client.post(
            SIGN_IN, {"login": "meera@example.com", "password": PASSWORD}
        ).text  # fmt: skip

    def test_cannot_hide_behind_a_made_up_address(self, client: Client, meera: User) -> None:
        for number in range(5):
            client.post(
                SIGN_IN,
                {"login": "meera", "password": "guess"},
                HTTP_X_FORWARDED_FOR=f"198.51.100.{number}",
            )
        assert sign_in(client) == 200

    def test_leaves_no_name_or_address_in_the_table(self, client: Client, meera: User) -> None:
        sign_in(client, password="guess")
        for row in Try.objects.all():
            assert len(row.bucket) == 64
        right = Try.objects.count()
        sign_in(client)
        assert Try.objects.count() == right  # a right password is no guess


class TestRecord:
    def test_has_who_came_and_who_failed_but_not_what_was_typed(
        self, client: Client, meera: User
    ) -> None:
        sign_in(client, password="my-other-password")
        sign_in(client, "my-password-in-the-wrong-field", "x")
        sign_in(client)
        client.post(reverse("account_logout"))

        deeds = Entry.objects.exclude(deed="").order_by("id")
        assert [(entry.deed, entry.object_repr) for entry in deeds] == [
            (Deed.SIGN_IN_FAILED, "meera"),
            (Deed.SIGN_IN_FAILED, ""),
            (Deed.SIGNED_IN, "meera"),
            (Deed.SIGNED_OUT, "meera"),
        ]
        assert {entry.remote_addr for entry in deeds} == {"127.0.0.1"}
        kept = str(list(Entry.objects.values()))
        assert "my-other-password" not in kept
        assert "wrong-field" not in kept


class TestForgottenPassword:
    def test_without_e_mail_says_whom_to_ask(self, client: Client, db: None) -> None:
        page = client.get("/account/password/forgotten/").text
        assert "Ask a manager for a link" in page

    def test_is_set_by_a_link_in_an_e_mail(
        self, client: Client, meera: User, settings: Settings, mailoutbox: list[object]
    ) -> None:
        settings.EMAIL_IS_SET_UP = True
        client.post("/account/password/forgotten/", {"email": "meera@example.com"})
        (mail,) = mailoutbox
        body: str = mail.body  # type: ignore[attr-defined]
        link = next(word for word in body.split() if "/password/new/" in word)
        page = client.get(link, follow=True)
        url = page.redirect_chain[-1][0]
        assert client.post(url, {"password1": NEW, "password2": NEW}).status_code == 302
        meera.refresh_from_db()
        assert meera.check_password(NEW)
        assert Entry.objects.filter(deed=Deed.PASSWORD_RESET, object_repr="meera").exists()

    def test_writes_to_no_stranger(
        self, client: Client, meera: User, settings: Settings, mailoutbox: list[object]
    ) -> None:
        settings.EMAIL_IS_SET_UP = True
        response = client.post("/account/password/forgotten/", {"email": "who@example.com"})
        assert response.status_code == 302
        assert mailoutbox == []


class TestTwoAccounts:
    def test_of_one_name_and_one_e_mail_give_no_more_guesses(
        self, client: Client, meera: User
    ) -> None:
        """An own account that is called like someone's e-mail opens no second door to it."""
        other = User.objects.create_user("meera@example.com", password="other-password-12")
        for number in range(8):
            if number % 2:
                sign_in(client, "meera@example.com", "other-password-12")
                client.post(reverse("account_logout"))
            sign_in(client, "meera@example.com", f"guess {number}")
        page = client.post(SIGN_IN, {"login": "meera@example.com", "password": PASSWORD}).text
        assert "Too many tries" in page
        assert other.username == "meera@example.com"

    def test_the_kelvin_sign_is_a_k(self, client: Client, db: None) -> None:
        User.objects.create_user("kumar", email="kumar@office.np", password=PASSWORD)
        for login in ("kumar", "\u212aumar@office.np", "KUMAR", "kumar@office.np", "Kumar"):
            sign_in(client, login, "guess")
        assert sign_in(client, "kumar") == 200


def test_knocking_fills_no_record(client: Client, meera: User) -> None:
    for number in range(20):
        sign_in(client, password=f"guess {number}")
    assert Entry.objects.filter(deed=Deed.SIGN_IN_SLOWED).count() == 1


def test_ipv6_is_counted_by_network(client: Client, meera: User, settings: Settings) -> None:
    settings.PROXIES = 1
    for number in range(5):
        _from(f"2001:db8::{number:x}", client, "guess")
    assert _from("2001:db8::ffff", client, PASSWORD) == 200
    assert _from("2001:db8:1::1", client, PASSWORD) == 302
