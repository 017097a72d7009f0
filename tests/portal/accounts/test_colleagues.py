"""Colleagues are added, changed, closed and helped by managers, and by nobody who may not."""

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from sociair_portal.accounts.models import Invitation
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.models import Entry
from sociair_portal.roles import MANAGER, SENDER
from tests.conftest import Browser
from tests.factories import UserFactory
from tests.portal.accounts.conftest import PASSWORD
from tests.queries import FRAME

LIST = "/colleagues/"
NEW = "/colleagues/new/"
SITA = {"first_name": "Sita Thapa", "username": "sita", "email": "", "role": SENDER}
CHOSEN = {"new_password1": PASSWORD, "new_password2": PASSWORD}


def page(user: User, what: str = "") -> str:
    return f"{LIST}{user.pk}/{what}"


def link_in(text: str) -> str:
    found = re.search(r'value="http://testserver(/j/[^"]+)"', text)
    assert found
    return found[1]


@pytest.fixture
def sita(roles: None) -> User:
    return UserFactory.create(username="sita", role=SENDER)


@pytest.fixture
def owner(roles: None) -> Browser:
    browser = Browser()
    browser.user = User.objects.create_superuser("owner", password=PASSWORD)
    browser.force_login(browser.user)
    return browser


class TestAdding:
    def test_makes_a_link_with_which_the_colleague_chooses_a_password(
        self, manager: Browser, client: Client
    ) -> None:
        link = link_in(manager.post(NEW, SITA).text)
        sita = User.objects.get(username="sita")
        assert not sita.has_usable_password()

        assert client.get(link)["Location"] == "/account/join/"
        assert "You will sign in as <strong>sita</strong>" in client.get("/account/join/").text
        assert client.post("/account/join/", CHOSEN)["Location"] == "/account/sign-in/"
        client.post("/account/sign-in/", {"login": "sita", "password": PASSWORD})
        assert client.get("/compose/").status_code == 200
        deeds = Entry.objects.exclude(deed="").order_by("id").values_list("deed", "actor_name")
        assert list(deeds) == [
            (Deed.ROLES_CHANGED, manager.user.username),
            (Deed.INVITED, manager.user.username),
            (Deed.INVITATION_USED, "sita"),
            (Deed.SIGNED_IN, "sita"),
        ]

    def test_mails_the_link_where_e_mail_is_set_up(
        self, manager: Browser, settings: Settings, mailoutbox: list[Any]
    ) -> None:
        settings.EMAIL_IS_SET_UP = True
        shown = manager.post(NEW, {**SITA, "email": "sita@example.com"}).text
        (mail,) = mailoutbox
        assert mail.to == ["sita@example.com"]
        assert link_in(shown) in mail.body

    def test_a_name_or_an_address_adds_nothing_to_the_head_of_a_mail(
        self, manager: Browser, settings: Settings, mailoutbox: list[Any]
    ) -> None:
        settings.EMAIL_IS_SET_UP = True
        two_lines = {"email": "sita@example.com\r\nBcc: all@example.com"}
        assert "Enter an e-mail address in full" in manager.post(NEW, {**SITA, **two_lines}).text
        named = {"first_name": "Sita\r\nBcc: all@example.com", "email": "sita@example.com"}
        manager.post(NEW, {**SITA, **named})
        (mail,) = mailoutbox
        assert mail.recipients() == ["sita@example.com"]
        assert "all@example.com" not in "".join(mail.message().values())

    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("  Sita   Thapa\r\nRai ", "Sita Thapa Rai"),
            ("Sita\u202e Thapa\x07", "Sita Thapa"),
            ("सीता\u00a0थापा", "सीता थापा"),
        ],
    )
    def test_keeps_a_full_name_on_one_line_and_without_hidden_signs(
        self, typed: str, kept: str, manager: Browser
    ) -> None:
        manager.post(NEW, {**SITA, "first_name": typed})
        assert User.objects.get(username="sita").first_name == kept

    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ({"first_name": ""}, "This field is required."),
            ({"first_name": "\u202e\u200b"}, "Enter the full name."),
            ({"username": "two words"}, "Use only small letters a to z"),
            ({"username": "meera"}, "Another colleague already has this name."),
            ({"email": "Meera@Example.com"}, "Another colleague already has this e-mail address."),
            ({"email": "nonsense"}, "Enter an e-mail address in full"),
            ({"role": "Owner"}, "Select a valid choice."),
            ({"role": ""}, "This field is required."),
        ],
    )
    def test_says_what_is_wrong_beside_the_field(
        self, manager: Browser, meera: User, typed: dict[str, str], words: str
    ) -> None:
        response = manager.post(NEW, {**SITA, **typed})
        assert response.status_code == 200
        assert words in response.text
        assert User.objects.filter(username__iexact="sita").count() == 0

    def test_is_not_for_senders(self, sender: Browser) -> None:
        assert sender.get(LIST).status_code == 403
        assert sender.post(NEW, SITA).status_code == 403
        assert "Colleagues" not in sender.get("/").text

    def test_cannot_make_a_superuser(self, manager: Browser) -> None:
        manager.post(NEW, {**SITA, "is_superuser": "on", "is_staff": "on", "user_permissions": "1"})
        sita = User.objects.get(username="sita")
        assert (sita.is_superuser, sita.is_staff) == (False, False)
        assert not sita.user_permissions.exists()


class TestList:
    @pytest.mark.parametrize("rows", [1, 30])
    def test_queries_do_not_grow_with_colleagues(
        self, manager: Browser, rows: int, django_assert_num_queries: Any
    ) -> None:
        for _ in range(rows):
            TOTP.activate(UserFactory.create(role=SENDER), "JBSWY3DPEHPK3PXP")
        manager.get(LIST)
        with django_assert_num_queries(FRAME + 3):  # people, their roles, their second steps
            page = manager.get(LIST)
        assert page.text.count('data-label="Second step">yes') == rows


class TestLink:
    def test_works_once(self, manager: Browser, client: Client, sita: User) -> None:
        link = link_in(manager.post(page(sita, "link/")).text)
        other = Client()
        for browser in (client, other):
            browser.get(link)
        assert client.post("/account/join/", CHOSEN).status_code == 302
        again = {"new_password1": "another-of-mine-9", "new_password2": "another-of-mine-9"}
        assert other.post("/account/join/", again).status_code == 410
        assert other.get(link).status_code == 410
        sita.refresh_from_db()
        assert sita.check_password(PASSWORD)

    def test_works_for_three_days(self, manager: Browser, client: Client, sita: User) -> None:
        link = link_in(manager.post(page(sita, "link/")).text)
        Invitation.objects.update(ends_at=timezone.now() + timedelta(seconds=5))
        assert client.get(link).status_code == 302
        Invitation.objects.update(ends_at=timezone.now())
        assert client.get(link).status_code == 410
        assert client.post("/account/join/", CHOSEN).status_code == 410
        assert "This link does not work" in client.get(link).text

    def test_makes_a_new_manager(self, manager: Browser, client: Client) -> None:
        link = link_in(manager.post(NEW, {**SITA, "role": MANAGER}).text)
        client.get(link)
        assert client.post("/account/join/", CHOSEN).status_code == 302
        client.post("/account/sign-in/", {"login": "sita", "password": PASSWORD})
        assert client.get("/colleagues/").status_code == 200

    @pytest.mark.parametrize("after", ["superuser", "more rights", "maker demoted", "has joined"])
    def test_of_a_new_manager_opens_nothing_more(
        self, manager: Browser, client: Client, after: str
    ) -> None:
        link = link_in(manager.post(NEW, {**SITA, "role": MANAGER}).text)
        new = User.objects.get(username="sita")
        if after == "superuser":
            User.objects.filter(pk=new.pk).update(is_superuser=True)
        elif after == "more rights":
            new.user_permissions.add(Permission.objects.get(codename="delete_user"))
        elif after == "maker demoted":
            manager.user.groups.clear()
        else:
            new.set_password(PASSWORD)
            new.save()
        assert client.get(link).status_code == 410

    def test_stops_when_a_newer_one_is_made_or_it_is_taken_back(
        self, manager: Browser, client: Client, sita: User
    ) -> None:
        first = link_in(manager.post(page(sita, "link/")).text)
        second = link_in(manager.post(page(sita, "link/")).text)
        assert client.get(first).status_code == 410
        assert client.get(second).status_code == 302
        manager.post(page(sita, "no-link/"))
        assert client.post("/account/join/", CHOSEN).status_code == 410

    def test_stops_when_the_account_is_closed(
        self, manager: Browser, client: Client, sita: User
    ) -> None:
        link = link_in(manager.post(page(sita, "link/")).text)
        manager.post(page(sita, "close/"))
        assert client.get(link).status_code == 410

    def test_is_kept_nowhere(self, manager: Browser, sita: User) -> None:
        secret = link_in(manager.post(page(sita, "link/")).text).split("/")[-1]
        assert secret not in str(list(Invitation.objects.values()))
        assert secret not in str(list(Entry.objects.values()))
        assert secret not in manager.get(page(sita)).text

    def test_cannot_be_guessed(self, client: Client, db: None) -> None:
        answers = [client.get(f"/j/guess{n}").status_code for n in range(22)]
        assert answers == [410] * 20 + [429] * 2

    def test_takes_no_weak_password(self, manager: Browser, client: Client, sita: User) -> None:
        client.get(link_in(manager.post(page(sita, "link/")).text))
        weak = {"new_password1": "sita", "new_password2": "sita"}
        assert client.post("/account/join/", weak).status_code == 200
        sita.refresh_from_db()
        assert not sita.check_password("sita")
        assert client.post("/account/join/", CHOSEN).status_code == 302

    def test_ends_the_sessions_that_there_were(
        self, manager: Browser, client: Client, sita: User
    ) -> None:
        sita.set_password("the-old-one-of-sita-1")
        sita.save()
        thief = Client()
        thief.post("/account/sign-in/", {"login": "sita", "password": "the-old-one-of-sita-1"})
        client.get(link_in(manager.post(page(sita, "link/")).text))
        client.post("/account/join/", CHOSEN)
        assert thief.get("/").status_code == 302


class TestManaging:
    def test_changes_name_and_role(self, manager: Browser, sita: User) -> None:
        manager.post(page(sita), {**SITA, "role": MANAGER})
        sita.refresh_from_db()
        assert sita.first_name == "Sita Thapa"
        assert [group.name for group in sita.groups.all()] == [MANAGER]
        facts = Entry.objects.get(deed=Deed.ROLES_CHANGED).additional_data
        assert facts == {"before": [SENDER], "after": [MANAGER]}

    def test_closes_an_account_and_opens_it_again(self, manager: Browser, sita: User) -> None:
        manager.post(page(sita, "close/"))
        sita.refresh_from_db()
        assert not sita.is_active
        assert "closed" in manager.get(LIST).text
        manager.post(page(sita, "open/"))
        sita.refresh_from_db()
        assert sita.is_active

    def test_takes_a_lost_second_step_away_with_a_reason(
        self, manager: Browser, sita: User
    ) -> None:
        TOTP.activate(sita, "JBSWY3DPEHPK3PXP")
        assert (
            "This field is required"
            in manager.post(page(sita, "second-step/"), {"reason": ""}).text
        )
        manager.post(page(sita, "second-step/"), {"reason": "Lost her telephone"})
        assert not sita.authenticator_set.exists()
        entry = Entry.objects.get(deed=Deed.SECOND_STEP_RESET)
        assert (entry.object_repr, entry.changes_text) == ("sita", "Lost her telephone")

    def test_takes_it_away_from_another_manager_too_but_not_from_oneself(
        self, manager: Browser, roles: None
    ) -> None:
        other = UserFactory.create(role=MANAGER)
        for user in (other, manager.user):
            TOTP.activate(user, "JBSWY3DPEHPK3PXP")
        reason = {"reason": "Lost"}
        assert manager.post(page(other, "second-step/"), reason).status_code == 302
        assert manager.post(page(manager.user, "second-step/"), reason).status_code == 403
        assert manager.user.authenticator_set.exists()

    @pytest.mark.parametrize(
        "what", ["", "link/", "link/sms/", "no-link/", "close/", "open/", "sign-out/"]
    )
    @pytest.mark.parametrize("whose", ["manager", "owner", "permission", "staff", "oneself"])
    def test_of_somebody_who_may_as_much_is_refused(
        self, manager: Browser, owner: Browser, sita: User, what: str, whose: str
    ) -> None:
        target = {"owner": owner.user, "oneself": manager.user}.get(whose, sita)
        if whose == "manager":
            target = UserFactory.create(role=MANAGER)
        if whose == "permission":
            sita.user_permissions.add(Permission.objects.get(codename="delete_user"))
        if whose == "staff":
            User.objects.filter(pk=sita.pk).update(is_staff=True)
        before = User.objects.values().get(pk=target.pk)
        assert manager.post(page(target, what), SITA).status_code == 403
        assert User.objects.values().get(pk=target.pk) == before
        assert not Invitation.objects.exists()

    def test_of_managers_is_for_superusers(self, owner: Browser, roles: None) -> None:
        other = UserFactory.create(role=MANAGER)
        assert owner.post(page(other, "close/")).status_code == 302
        other.refresh_from_db()
        assert not other.is_active

    def test_is_not_for_senders(self, sender: Browser, sita: User) -> None:
        for what in (
            "link/",
            "link/sms/",
            "no-link/",
            "close/",
            "open/",
            "sign-out/",
            "second-step/",
        ):
            assert sender.post(page(sita, what), SITA).status_code == 403

    def test_asks_outside_of_the_sandbox_who_it_is(
        self, real: None, settings: Settings, manager: Browser, sita: User
    ) -> None:
        settings.SECOND_STEP = "nobody"
        for what in ("", "link/", "link/sms/", "close/", "sign-out/", "second-step/"):
            response = manager.post(page(sita, what), SITA)
            assert response["Location"].startswith("/account/confirm/?next=%2Fcolleagues%2F")
        sita.refresh_from_db()
        assert sita.is_active

        manager.user.set_password(PASSWORD)
        manager.user.save()
        manager.force_login(manager.user)
        manager.post("/account/confirm/", {"password": PASSWORD})
        assert manager.post(page(sita, "close/"))["Location"] == page(sita)
        sita.refresh_from_db()
        assert not sita.is_active


class TestNoRole:
    def test_gets_nowhere_and_is_told_whom_to_ask(self, client: Client, roles: None) -> None:
        UserFactory.create(first_name="Ramesh Karki", role=MANAGER)
        client.force_login(UserFactory.create())
        for url in ("/", "/compose/", "/contacts/", "/admin/"):
            response = client.get(url)
            assert response.status_code == 403
            assert "You have no role yet" in response.text
            assert "Ramesh Karki" in response.text
        assert client.get("/account/password/").status_code == 200


class TestAdmin:
    def test_has_accounts_for_superusers_alone(self, manager: Browser, owner: Browser) -> None:
        users = "/admin/auth/user/"
        assert manager.get(users).status_code == 403
        assert (
            manager.post(f"{users}{manager.user.pk}/change/", {"is_superuser": "on"}).status_code
            == 403
        )
        assert owner.get(users).status_code == 200
        change = owner.get(f"{users}{manager.user.pk}/change/").text
        assert "pbkdf2" not in change
        assert "Raw passwords" not in change
        assert owner.get(f"{users}{manager.user.pk}/password/").status_code == 302
        assert owner.get(f"{users}add/").status_code == 403

    def test_has_no_sign_in_of_its_own(self, client: Client, manager: Browser) -> None:
        response = client.get("/admin/login/?next=/admin/auth/user/")
        assert response.headers["Location"] == "/account/sign-in/?next=/admin/auth/user/"
        assert manager.get("/admin/login/", follow=True).redirect_chain[-1] == ("/admin/", 302)

    def test_changes_of_the_owner_ask_who_it_is(
        self, real: None, settings: Settings, owner: Browser, sita: User
    ) -> None:
        settings.SECOND_STEP = "nobody"
        response = owner.post(f"/admin/auth/user/{sita.pk}/change/", {"is_superuser": "on"})
        assert response["Location"].startswith("/account/confirm/")
        sita.refresh_from_db()
        assert not sita.is_superuser


class TestHarm:
    def test_no_name_looks_like_another(self, manager: Browser, roles: None) -> None:
        UserFactory.create(username="boss", role=MANAGER)
        for name in ("ＢＯＳＳ", "BOSS", "bоss", "boss@office.np", "bo ss", "boss."):
            page = manager.post(NEW, {**SITA, "username": name}).text
            assert "Use only small letters a to z" in page, name
        assert User.objects.filter(username__iexact="boss").count() == 1

    @pytest.mark.parametrize("after", ["promoted", "superuser", "maker closed"])
    def test_a_link_stops_when_its_maker_could_not_make_it_any_more(
        self, manager: Browser, owner: Browser, client: Client, sita: User, after: str
    ) -> None:
        link = link_in(manager.post(page(sita, "link/")).text)
        client.get(link)
        if after == "promoted":
            owner.post(page(sita), {**SITA, "role": MANAGER})
        elif after == "superuser":
            User.objects.filter(pk=sita.pk).update(is_superuser=True)
        else:
            owner.post(page(manager.user, "close/"))
        assert client.post("/account/join/", CHOSEN).status_code == 410
        assert client.get(link).status_code == 410

    def test_a_password_of_a_new_manager_is_not_set_by_e_mail(
        self, client: Client, sita: User, settings: Settings, mailoutbox: list[Any]
    ) -> None:
        """Whoever planted an e-mail before the promotion would become her."""
        settings.EMAIL_IS_SET_UP, settings.SANDBOX = True, False
        settings.SECOND_STEP = "managers"
        User.objects.filter(pk=sita.pk).update(email="planted@example.com", is_superuser=True)
        client.post("/account/password/forgotten/", {"email": "planted@example.com"})
        assert mailoutbox == []

    def test_an_old_e_mail_gets_no_links_any_more(
        self,
        manager: Browser,
        client: Client,
        sita: User,
        settings: Settings,
        mailoutbox: list[Any],
    ) -> None:
        settings.EMAIL_IS_SET_UP = True
        User.objects.filter(pk=sita.pk).update(email="old@example.com")
        client.post("/account/password/forgotten/", {"email": "old@example.com"})
        manager.post(page(sita), {**SITA, "email": "new@example.com"})
        mailoutbox.clear()
        client.post("/account/password/forgotten/", {"email": "old@example.com"})
        assert mailoutbox == []
        client.post("/account/password/forgotten/", {"email": "new@example.com"})
        assert [mail.to for mail in mailoutbox] == [["new@example.com"]]
