"""A colleague who mistyped too often is seen by managers, who can let them try again."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from sociair_portal.accounts.devices import account_of
from sociair_portal.accounts.limits import lift, slowed_down
from sociair_portal.accounts.models import Try
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.models import Entry
from sociair_portal.common import formats
from sociair_portal.roles import MANAGER
from tests.conftest import Browser, signed_in
from tests.pages import words
from tests.portal.accounts.conftest import PASSWORD

SIGN_IN = "/account/sign-in/"
BUTTON = "Let them try again now"


def sign_in(client: Client, password: str = PASSWORD, address: str = "203.0.113.7") -> bool:
    """Whether it let someone in."""
    typed = {"login": "meera", "password": password}
    response = client.post(SIGN_IN, typed, headers={"X-Forwarded-For": address})
    return response.status_code == 302


def mistype(times: int = 5, address: str = "203.0.113.7") -> None:
    for number in range(times):
        sign_in(Client(), f"guess {number}", address)


def page(user: User, what: str = "") -> str:
    return f"/colleagues/{user.pk}/{what}"


def lets() -> int:
    return Entry.objects.filter(deed=Deed.SIGN_IN_LET).count()


@pytest.fixture(autouse=True)
def behind_a_proxy(settings: Settings) -> None:
    settings.PROXIES = 1


def test_a_manager_sees_until_when_and_lets_her_try_again(
    manager: Browser, client: Client, meera: User
) -> None:
    mistype()
    assert not sign_in(client)
    until = timezone.localtime(Try.objects.latest("at").at + timedelta(minutes=15))
    shown = words(manager.get(page(meera)))
    assert f"Sign-in is limited until {formats.moment(until)}" in shown
    assert BUTTON in shown

    answer = manager.post(page(meera, "try-again/"), follow=True)
    assert "can try again now" in words(answer)
    assert "is limited until" not in words(answer)
    assert sign_in(client)
    entry = Entry.objects.get(deed=Deed.SIGN_IN_LET)
    assert (entry.object_repr, entry.actor) == ("meera", manager.user)


def test_nothing_is_said_of_who_may_still_try(manager: Browser, meera: User) -> None:
    mistype(4)
    assert "is limited until" not in words(manager.get(page(meera)))
    mistype(4, address="198.51.100.1")
    assert "is limited until" not in words(manager.get(page(meera)))


def test_it_is_said_no_longer_than_it_lasts(manager: Browser, meera: User) -> None:
    mistype()
    for old in Try.objects.all():
        old.at -= timedelta(minutes=15)
        old.counts_until -= timedelta(minutes=15)
        old.save()
    assert "is limited until" not in words(manager.get(page(meera)))


def test_a_second_click_is_no_second_deed(manager: Browser, meera: User) -> None:
    mistype()
    for _click in range(2):
        manager.post(page(meera, "try-again/"))
    assert lets() == 1


def test_of_another_only_his_own_tries_go(manager: Browser, client: Client, meera: User) -> None:
    mistype()
    manager.post(page(signed_in("Sender").user, "try-again/"))
    assert not sign_in(client)
    assert lets() == 0


def test_a_browser_that_she_knows_is_let_in_again_too(
    manager: Browser, client: Client, meera: User
) -> None:
    assert sign_in(client)
    client.post("/account/sign-out/")
    for number in range(10):
        sign_in(client, f"guess {number}")
    assert not sign_in(client)
    manager.post(page(meera, "try-again/"))
    assert sign_in(client)


def test_a_day_has_no_more_guesses_however_often_it_is_lifted(
    manager: Browser, client: Client, meera: User
) -> None:
    looked_at = 0
    for number in range(130):
        looked_at += (
            "Too many"
            not in client.post(
                SIGN_IN,
                {"login": "meera", "password": f"guess {number}"},
                headers={"X-Forwarded-For": f"203.0.113.{number}"},
            ).text
        )
        manager.post(page(meera, "try-again/"))
    assert looked_at == 100
    shown = words(manager.get(page(meera)))
    assert "The limit for one day has been reached" in shown
    assert BUTTON not in shown


def test_what_is_counted_for_an_address_stays(manager: Browser, meera: User) -> None:
    mistype()
    before = Try.objects.filter(whose="").count()
    manager.post(page(meera, "try-again/"))
    assert Try.objects.filter(whose="").count() == before


@pytest.mark.parametrize("whose", ["another manager's", "their own"])
def test_a_manager_lifts_neither_anothers_nor_their_own(
    manager: Browser, meera: User, whose: str
) -> None:
    user = manager.user if whose == "their own" else signed_in(MANAGER).user
    User.objects.filter(pk=meera.pk).update(username="somebody", email="")
    User.objects.filter(pk=user.pk).update(username="meera")
    mistype()
    shown = words(manager.get(page(user)))
    assert "Sign-in is limited until" in shown
    assert BUTTON not in shown
    assert manager.post(page(user, "try-again/")).status_code == 403
    assert slowed_down(account_of(user))


def test_a_sender_lifts_nothing(sender: Browser, meera: User) -> None:
    mistype()
    assert sender.post(page(meera, "try-again/")).status_code == 403
    assert slowed_down(account_of(meera))


def test_who_it_is_is_asked_first(
    real: None, settings: Settings, manager: Browser, meera: User
) -> None:
    settings.SECOND_STEP = "nobody"
    mistype()
    answer = manager.post(page(meera, "try-again/"))
    assert answer.headers["Location"].startswith("/account/confirm/")
    assert slowed_down(account_of(meera))


def test_tries_of_before_an_upgrade_are_nobodys(meera: User) -> None:
    Try.objects.bulk_create(Try(bucket="of before") for _number in range(5))
    assert slowed_down(account_of(meera)) is None
    assert not lift(account_of(meera))
