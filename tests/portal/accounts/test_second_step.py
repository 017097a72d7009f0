"""The second step of signing in: an app, recovery codes, a browser that is remembered."""

import re
import time
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from sociair_portal.accounts.models import Try
from sociair_portal.accounts.sessions_end import end_sessions
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.models import Entry
from tests.conftest import Browser
from tests.portal.accounts.conftest import PASSWORD

SIGN_IN = "/account/sign-in/"
STEP = "/account/second-step/authenticate/"
TRUST = "/account/second-step/trust/"
DEVICES = "/account/devices/"
SET_UP = "/account/second-step/"
APP = "/account/second-step/totp/activate/"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code(at: int = 0) -> str:
    """What the app shows, so many half minutes from now."""
    return format_hotp_value(hotp_value(SECRET, int(time.time()) // 30 + at))


@pytest.fixture
def with_app(meera: User) -> User:
    TOTP.activate(meera, SECRET)
    RecoveryCodes.activate(meera)
    return meera


def begin(client: Client) -> None:
    response = client.post(SIGN_IN, {"login": "meera", "password": PASSWORD})
    assert response["Location"] == STEP


def remembered(client: Client) -> Client:
    """Remember a browser, and sign out in it."""
    begin(client)
    client.post(STEP, {"code": code()})
    client.post(TRUST, {"action": "trust"})
    client.post("/account/sign-out/")
    return client


def is_in(client: Client) -> bool:
    return client.get("/").status_code == 200


class TestSigningIn:
    @pytest.mark.parametrize("written", ["plain", "spaced", "devanagari"])
    def test_needs_the_code_of_the_app(self, client: Client, with_app: User, written: str) -> None:
        begin(client)
        assert not is_in(client)
        typed = code()
        if written == "spaced":
            typed = f" {typed[:3]} {typed[3:]} "
        if written == "devanagari":
            typed = typed.translate(str.maketrans("0123456789", "०१२३४५६७८९"))
        assert client.post(STEP, {"code": typed})["Location"] == TRUST
        assert not is_in(client)
        client.post(TRUST, {"action": "skip"})
        assert is_in(client)

    def test_takes_each_code_once(self, client: Client, with_app: User) -> None:
        typed = code()
        begin(client)
        client.post(STEP, {"code": typed})
        other = Client()
        begin(other)
        assert "This code is wrong" in other.post(STEP, {"code": typed}).text

    def test_takes_a_recovery_code_once(self, client: Client, with_app: User) -> None:
        spare = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]
        begin(client)
        client.post(STEP, {"code": spare})
        client.post(TRUST, {"action": "skip"})
        assert is_in(client)
        other = Client()
        begin(other)
        assert "This code is wrong" in other.post(STEP, {"code": spare}).text

    def test_cannot_be_guessed(self, client: Client, with_app: User) -> None:
        begin(client)
        for _guess in range(5):
            client.post(STEP, {"code": "000000"})
        assert "Too many tries. Try again at " in client.post(STEP, {"code": code()}).text
        assert not is_in(client)
        assert Entry.objects.filter(deed=Deed.SIGN_IN_FAILED, object_repr="meera").count() == 5

    def test_cannot_be_gone_around(self, client: Client, with_app: User) -> None:
        begin(client)
        client.post(TRUST, {"action": "trust"})
        assert client.get(SET_UP).status_code == 302
        assert not is_in(client)


class TestHalfASignIn:
    """A browser that has given the password, and perhaps the code, but is not in yet."""

    @pytest.mark.parametrize("at", [STEP, TRUST])
    @pytest.mark.parametrize("what", ["signed out", "everywhere else", "password", "second step"])
    def test_ends_when_the_colleague_is_signed_out(
        self, client: Client, with_app: User, manager: Browser, what: str, at: str
    ) -> None:
        begin(client)
        if at == TRUST:
            client.post(STEP, {"code": code()})
        if what == "signed out":
            manager.post(f"/colleagues/{with_app.pk}/sign-out/")
        elif what == "everywhere else":
            own = Client()
            own.force_login(with_app)
            own.post(DEVICES)
        elif what == "password":
            with_app.set_password("another-of-mine-9")
            with_app.save()
        else:
            Authenticator.objects.filter(type="totp").delete()
            TOTP.activate(with_app, SECRET)
        client.post(STEP, {"code": code(1)})
        response = client.post(TRUST, {"action": "trust"}, follow=True)
        assert not is_in(client)
        assert "trusted" not in client.cookies
        assert "Sign in" in response.text

    def test_says_why_it_ended(self, client: Client, with_app: User) -> None:
        begin(client)
        client.post(STEP, {"code": code()})
        end_sessions(with_app)
        page = client.post(TRUST, {"action": "trust"}, follow=True)
        assert "You were signed out everywhere, or your password was changed." in page.text


class TestRememberedBrowser:
    def test_is_not_asked_for_thirty_days(
        self, client: Client, with_app: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        remembered(client)
        response = client.post(SIGN_IN, {"login": "meera", "password": PASSWORD})
        assert response["Location"] == "/"

        client.post("/account/sign-out/")
        later = time.time() + timedelta(days=30, minutes=1).total_seconds()
        with monkeypatch.context() as patch:
            patch.setattr("allauth.mfa.internal.flows.trust.time.time", lambda: later)
            begin(client)

    def test_is_asked_again_after_a_new_app(self, client: Client, with_app: User) -> None:
        remembered(client)
        Authenticator.objects.filter(type="totp").delete()
        TOTP.activate(with_app, SECRET)
        begin(client)

    def test_is_asked_again_after_signing_out_everywhere_else(
        self, client: Client, with_app: User
    ) -> None:
        lost = remembered(Client())
        client.force_login(with_app)
        page = client.get(DEVICES).text
        assert "Forget remembered browsers" in page
        client.post(DEVICES)
        assert is_in(client)
        begin(lost)
        assert Entry.objects.get(deed=Deed.SESSIONS_ENDED).additional_data == {"sessions": 0}

    @pytest.mark.parametrize("end", ["signed out", "closed"])
    def test_is_asked_again_after_a_manager_ended_all(
        self, client: Client, with_app: User, manager: Browser, end: str
    ) -> None:
        remembered(client)
        if end == "signed out":
            manager.post(f"/colleagues/{with_app.pk}/sign-out/")
            entry = Entry.objects.get(deed=Deed.SIGNED_OUT_BY)
            assert entry.what == "Signed a colleague out everywhere"
        else:
            manager.post(f"/colleagues/{with_app.pk}/close/")
            manager.post(f"/colleagues/{with_app.pk}/open/")
        begin(client)

    def test_is_remembered_anew_after_that(self, client: Client, with_app: User) -> None:
        end_sessions(with_app)
        remembered(client)
        response = client.post(SIGN_IN, {"login": "meera", "password": PASSWORD})
        assert response["Location"] == "/"


class TestSettingUp:
    def test_shows_codes_for_the_lost_telephone_once(self, client: Client, meera: User) -> None:
        client.force_login(meera)
        client.post("/account/confirm/", {"password": PASSWORD})
        page = client.get(APP).text
        secret = re.search(r'<code class="key">([\w ]+)</code>', page)
        assert secret
        assert "data:image/svg+xml" in page
        typed = format_hotp_value(hotp_value(secret[1].replace(" ", ""), int(time.time()) // 30))
        codes = client.post(APP, {"code": typed}, follow=True).text
        assert len(re.findall(r"<li><code>\d{8}</code>", codes)) == 10
        assert not re.search(
            r"<code>\d{8}</code>", client.get("/account/second-step/recovery-codes/").text
        )

    def test_and_new_codes_are_two_things_in_the_record(
        self,
        client: Client,
        meera: User,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        RecoveryCodes.activate(meera)
        TOTP.activate(meera, SECRET)
        client.force_login(meera)
        client.post("/account/second-step/reauthenticate/", {"code": code()})
        with django_capture_on_commit_callbacks(execute=True):
            client.post("/account/second-step/recovery-codes/generate/")
        deeds = Entry.objects.exclude(deed="").exclude(deed=Deed.IDENTITY_CONFIRMED)
        assert [entry.what for entry in deeds] == ["Made new recovery codes"]

    def test_needs_the_password_again(self, client: Client, meera: User) -> None:
        client.force_login(meera)
        assert client.get(APP)["Location"].startswith("/account/confirm/?next=")

    def test_keeps_no_secret_in_plain(self, with_app: User) -> None:
        kept = str(list(Authenticator.objects.values()))
        seed = Authenticator.objects.get(type="recovery_codes").wrap()
        assert SECRET not in kept
        assert not any(spare in kept for spare in seed.get_unused_codes())
        assert TOTP(Authenticator.objects.get(type="totp")).validate_code(code())


class TestWhoMust:
    def test_is_nobody_in_the_sandbox(self, manager: Browser) -> None:
        assert is_in(manager)

    def test_is_a_manager_before_anything_else(self, real: None, manager: Browser) -> None:
        for page in ("/", "/compose/", "/contacts/", "/admin/", "/colleagues/"):
            assert manager.get(page)["Location"] == SET_UP
        assert manager.post("/contacts/new/", {"name": "x"})["Location"] == SET_UP
        assert "Your role needs a second step" in manager.get(SET_UP).text

    def test_is_no_sender_unless_the_setting_says_everybody(
        self, real: None, sender: Browser, settings: Settings
    ) -> None:
        assert is_in(sender)
        settings.SECOND_STEP = "everybody"
        assert sender.get("/")["Location"] == SET_UP

    def test_is_not_who_has_one(self, real: None, manager: Browser) -> None:
        TOTP.activate(manager.user, SECRET)
        assert is_in(manager)

    def test_is_still_who_has_recovery_codes_alone(self, real: None, manager: Browser) -> None:
        RecoveryCodes.activate(manager.user)
        assert manager.get("/")["Location"] == SET_UP

    def test_is_nobody_if_the_office_says_so(
        self, real: None, manager: Browser, settings: Settings
    ) -> None:
        settings.SECOND_STEP = "nobody"
        assert is_in(manager)


class TestConfirming:
    def test_takes_the_second_step_of_who_has_one(self, client: Client, with_app: User) -> None:
        client.force_login(with_app)
        response = client.get("/account/confirm/?next=/contacts/")
        assert response["Location"] == "/account/second-step/reauthenticate/?next=%2Fcontacts%2F"
        typed = {"code": code(), "next": "/contacts/"}
        assert client.post(response["Location"], typed)["Location"] == "/contacts/"

    def test_is_counted(self, client: Client, meera: User) -> None:
        client.force_login(meera)
        for _guess in range(5):
            client.post("/account/confirm/", {"password": "guess"})
        page = client.post("/account/confirm/", {"password": PASSWORD}).text
        assert "Too many tries" in page
        assert Entry.objects.filter(deed=Deed.IDENTITY_NOT_CONFIRMED, actor=meera).count() == 5
        assert Try.objects.exists()

    def test_keeps_nothing_that_was_posted(self, client: Client, with_app: User) -> None:
        client.force_login(with_app)
        client.post("/account/second-step/totp/deactivate/", {"x": "my secret words"})
        assert "my secret words" not in str(client.session.items())
