"""Who signs in in a real browser."""

from django.contrib.auth import models
from playwright.sync_api import Page

from sociair_portal.accounts.models import Preferences
from sociair_portal.common.calendars import Calendar
from sociair_portal.roles import MANAGER
from tests.factories import UserFactory

_PASSWORD = "monsoon-and-marigold-7"


def sign_in_by_bikram_sambat(page: Page, server: str) -> None:
    """As a manager who counts by Bikram Sambat."""
    user = UserFactory.create(username="anita")
    user.groups.add(models.Group.objects.get(name=MANAGER))
    user.set_password(_PASSWORD)
    user.save()
    Preferences.objects.create(user=user, calendar=Calendar.BIKRAM_SAMBAT)
    page.goto(f"{server}/account/sign-in/")
    page.get_by_label("Name or e-mail").fill("anita")
    page.get_by_label("Password").fill(_PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
