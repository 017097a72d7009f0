"""Managers look after users in the admin, and nobody climbs above the two roles there."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from sociair_portal.roles import MANAGER, SENDER
from tests.conftest import Browser
from tests.factories import UserFactory
from tests.queries import ADMIN

USERS = "/admin/auth/user/"
PASSWORD = "monsoon-and-marigold-7"
CLIMB: dict[str, Any] = {"is_superuser": "on", "is_staff": "on"}


def change(user: User) -> str:
    return f"{USERS}{user.pk}/change/"


def form(user: User, **changes: Any) -> dict[str, Any]:
    return {"username": user.username, "is_active": "on", **changes}


@pytest.fixture
def sita(roles: None) -> User:
    return UserFactory.create(username="sita", role=SENDER)


@pytest.fixture
def owner(roles: None) -> User:
    return User.objects.create_superuser("owner", password=PASSWORD)


def roles_of(user: User) -> set[str]:
    return set(user.groups.values_list("name", flat=True))


def test_a_manager_adds_a_user_with_a_role(manager: Browser) -> None:
    sender = Group.objects.get(name=SENDER)
    passwords = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    typed = {"username": "gita", "groups": [sender.pk], **passwords}
    assert manager.post(f"{USERS}add/", typed).status_code == 302
    gita = User.objects.get(username="gita")
    assert roles_of(gita) == {SENDER}
    assert gita.check_password(PASSWORD)
    page = manager.get(USERS).text
    assert "gita" in page
    assert SENDER in page


def test_a_manager_changes_a_role_and_ends_an_account(manager: Browser, sita: User) -> None:
    role = Group.objects.get(name=MANAGER)
    manager.post(change(sita), form(sita, first_name="Sita", groups=[role.pk]))
    sita.refresh_from_db()
    assert sita.first_name == "Sita"
    assert roles_of(sita) == {MANAGER}
    manager.post(change(sita), {"username": "sita"})
    sita.refresh_from_db()
    assert not sita.is_active


def test_a_manager_sets_a_colleagues_password(manager: Browser, sita: User) -> None:
    typed = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    manager.post(f"{USERS}{sita.pk}/password/", {**typed, "set-password": ""})
    sita.refresh_from_db()
    assert sita.check_password(PASSWORD)


def test_the_owner_may_do_everything(client: Client, owner: User, sita: User) -> None:
    client.force_login(owner)
    may = Permission.objects.get(codename="delete_user")
    client.post(change(sita), form(sita, **CLIMB, user_permissions=[may.pk]))
    sita.refresh_from_db()
    assert sita.is_superuser
    assert list(sita.user_permissions.all()) == [may]


@pytest.mark.parametrize("rows", [1, 30])
def test_queries_of_the_user_list_do_not_grow(
    manager: Browser, rows: int, django_assert_num_queries: Any
) -> None:
    for _ in range(rows):
        UserFactory.create(role=SENDER)
    manager.get(USERS)
    with django_assert_num_queries(ADMIN + 5):
        manager.get(USERS)


def test_a_manager_cannot_make_a_superuser(manager: Browser, sita: User) -> None:
    may = Permission.objects.get(codename="delete_user")
    role = Group.objects.get(name=MANAGER)
    climb = {**CLIMB, "user_permissions": [may.pk], "groups": [role.pk]}
    for user in (sita, manager.user):
        manager.post(change(user), form(user, **climb))
        user.refresh_from_db()
        assert (user.is_superuser, user.is_staff) == (False, False)
        assert not user.user_permissions.exists()
        assert roles_of(user) == {MANAGER}
    passwords = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    manager.post(f"{USERS}add/", {"username": "gita", **passwords, **climb})
    gita = User.objects.get(username="gita")
    assert (gita.is_superuser, gita.is_staff) == (False, False)


def test_a_manager_cannot_give_another_group(manager: Browser, sita: User) -> None:
    strong = Group.objects.create(name="Strong")
    strong.permissions.set(Permission.objects.all())
    for user in (sita, manager.user):
        before = roles_of(user)
        response = manager.post(change(user), form(user, groups=[strong.pk]))
        assert response.status_code == 200
        assert roles_of(user) == before
    passwords = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    manager.post(f"{USERS}add/", {"username": "gita", "groups": [strong.pk], **passwords})
    assert not User.objects.filter(username="gita").exists()


def attempts(manager: Browser, user: User) -> list[int]:
    """What came of a change, of a new password, and of a deletion."""
    typed = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    answers = [
        manager.post(change(user), form(user, email="mine@example.com")),
        manager.get(f"{USERS}{user.pk}/password/"),
        manager.post(f"{USERS}{user.pk}/password/", {**typed, "set-password": ""}),
        manager.post(f"{USERS}{user.pk}/delete/", {"post": "yes"}),
    ]
    return [answer.status_code for answer in answers]


def test_a_manager_cannot_touch_a_superuser(manager: Browser, owner: User) -> None:
    before = User.objects.values().get(pk=owner.pk)
    assert attempts(manager, owner) == [403] * 4
    assert User.objects.values().get(pk=owner.pk) == before


@pytest.mark.parametrize("more", ["permission", "group"])
def test_a_manager_cannot_become_somebody_who_may_more(
    manager: Browser, sita: User, more: str
) -> None:
    if more == "permission":
        sita.user_permissions.add(Permission.objects.get(codename="delete_user"))
    else:
        sita.groups.add(Group.objects.create(name="Strong"))
    before = User.objects.values().get(pk=sita.pk)
    assert attempts(manager, sita) == [403] * 4
    assert User.objects.values().get(pk=sita.pk) == before


def test_a_manager_cannot_change_what_a_role_may(manager: Browser) -> None:
    role = Group.objects.get(name=MANAGER)
    everything = list(Permission.objects.values_list("pk", flat=True))
    url = f"/admin/auth/group/{role.pk}/change/"
    assert manager.post(url, {"name": MANAGER, "permissions": everything}).status_code == 403
    assert manager.post("/admin/auth/group/add/", {"name": "Strong"}).status_code == 403
    assert role.permissions.count() < len(everything)


def test_a_sender_cannot_open_users_in_the_admin(sender: Browser) -> None:
    assert sender.get(USERS, follow=True).status_code == 403
    assert sender.post(change(sender.user), CLIMB, follow=True).status_code == 403
    assert not User.objects.filter(is_superuser=True).exists()


def test_the_admin_has_no_sign_in_of_its_own(client: Client, manager: Browser, db: None) -> None:
    """Django's would turn away managers, who have no flag "staff"."""
    response = client.get("/admin/login/?next=/admin/auth/user/")
    assert response.headers["Location"] == "/account/sign-in/?next=/admin/auth/user/"
    assert client.get(USERS).headers["Location"] == "/account/sign-in/?next=/admin/auth/user/"
    assert manager.get("/admin/login/", follow=True).redirect_chain[-1] == ("/admin/", 302)
