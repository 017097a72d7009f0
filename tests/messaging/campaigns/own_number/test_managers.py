"""What a manager enters needs no code, and the portal records who entered it."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from messaging.models import (
    Gateway,
    Profile,
)
from messaging.services.campaigns import own_number
from tests.conftest import Browser
from tests.factories import UserFactory
from tests.messaging.campaigns.own_number.support import (
    MINE,
    PAGE,
    is_proved,
)
from tests.pages import source, words

pytestmark = pytest.mark.django_db


def test_what_a_manager_enters_needs_no_code_and_is_recorded(
    manager: Browser, gateway: Gateway
) -> None:
    page = words(manager.get(PAGE))
    assert "As a manager, you can enter your number without a code." in page
    manager.post(PAGE, {"mobile": MINE})
    own = Profile.objects.get()
    assert own.is_proved
    assert own.entered_by == manager.user
    assert f"{manager.user.username} entered 980-1000009 on" in words(manager.get(PAGE))


def test_a_manager_enters_a_colleagues_number_in_the_admin(
    manager: Browser, sender: Browser, gateway: Gateway
) -> None:
    page = "/admin/messaging/profile/"
    assert manager.post(f"{page}add/", {"user": sender.user.pk, "mobile": "12"}).status_code == 200
    manager.post(f"{page}add/", {"user": sender.user.pk, "mobile": "+977 980-1000009"})
    own = Profile.objects.get(user=sender.user)
    assert (own.mobile, own.entered_by, own.is_proved) == (MINE, manager.user, True)
    assert f"{manager.user.username} entered 980-1000009 on" in words(sender.get(PAGE))
    manager.post(f"{page}{own.pk}/change/", {"mobile": "9801000010"})
    own.refresh_from_db()
    assert (own.mobile, own.is_proved) == ("9801000010", True)
    sender.post(PAGE, {"mobile": MINE})
    own.refresh_from_db()
    assert (own.entered_by, own.is_proved) == (None, False)
    manager.post(f"{page}{own.pk}/change/", {"mobile": MINE})
    own.refresh_from_db()
    assert (own.entered_by, own.is_proved) == (manager.user, True)
    assert sender.get(page).status_code == 302
    assert "delete" not in source(manager.get(f"{page}{own.pk}/change/"))


def test_a_manager_does_not_change_the_number_of_a_superuser(
    manager: Browser, gateway: Gateway
) -> None:
    owner = User.objects.create_superuser("owner")
    own = own_number.save_number(owner, MINE, by=owner)
    page = f"/admin/messaging/profile/{own.pk}/change/"
    assert manager.post(page, {"mobile": "9801000010"}).status_code == 403
    assert f'value="{owner.pk}"' not in source(manager.get("/admin/messaging/profile/add/"))
    own.refresh_from_db()
    assert own.mobile == MINE


def test_a_number_from_before_the_upgrade_asks_its_sender_for_a_proof(
    sender: Browser, roles: None
) -> None:
    managed = UserFactory.create(role="Manager")
    for user in (sender.user, managed):
        Profile.objects.create(user=user, mobile=MINE)
    migration: Any = MigrationLoader(connection).get_migration("messaging", "0013_proved_numbers")
    migration.operations[-1].code(apps, None)
    assert not is_proved(sender)
    assert Profile.objects.get(user=sender.user).mobile == MINE
    vouched = Profile.objects.get(user=managed)
    assert (vouched.is_proved, vouched.entered_by) == (True, managed)
