"""`manage.py demo`: people and groups to try the portal with, for the sandbox alone."""

from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import models
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from contacts.models import Contact, Group, OptOut
from contacts.names import name_key
from contacts.phone import operator_of, parse_mobile
from contacts.sounds import sound
from messaging.models import Profile
from messaging.services import templates
from messaging.services.campaigns import own_number
from sandbox.magic import INVALID, INVALID_SAYS, MAGIC
from sociair_portal.audit.actors import by_command
from sociair_portal.demo import DEMO_PASSWORD, DEMO_USER
from sociair_portal.roles import MANAGER

# Given names and surnames, as their owners write them.
_GIVEN: Final = """
    Aarati Bikash सीता Chandra Deepa रमेश Gita Hari Ishwor कमला Kiran Laxmi
    Manoj नवीन Nirmala Om Prakash सुनिता Rabina Sagar Tara उर्मिला Yogesh
"""
_SURNAMES: Final = (
    ("Adhikari", "अधिकारी"),
    ("Bhattarai", "भट्टराई"),
    ("Chaudhary", "चौधरी"),
    ("Gurung", "गुरुङ"),
    ("Karki", "कार्की"),
    ("Lama", "लामा"),
    ("Magar", "मगर"),
    ("Rai", "राई"),
    ("Shrestha", "श्रेष्ठ"),
    ("Tamang", "तामाङ"),
    ("Thapa", "थापा"),
)
# Some ranges of each operator, in about the shares that people have them.
_RANGES: Final = ("984", "980", "985", "981", "986", "982", "961", "974", "970", "988")
_GROUPS: Final = {"Class 8": 36, "Class 9": 41, "Teachers": 17, "Hostel guardians": 23}

_OWN_NUMBER: Final = "9851012345"  # of the demo account, for its tests

_TEMPLATES: Final = {
    "Fee reminder": "Dear {name}, this month's fee is due. Please pay it by Friday.",
    "Holiday": "School is closed tomorrow. Classes start again the day after.",
    "बिदा": "भोलि विद्यालय बिदा छ।",
}


class Command(BaseCommand):
    help = (
        "Load demo data for the sandbox: an account, contacts and groups. A second run changes "
        "nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SANDBOX:
            raise CommandError(
                _("Demo data is for the sandbox only. This portal is set up for the real Sociair."),
                returncode=2,
            )
        with by_command("demo"), transaction.atomic():
            _account()
            # Never among an office's own contacts; and what was deleted stays deleted.
            if not Contact.objects.exists() and not Group.objects.exists():
                _address_book()
                _templates()


def _account() -> None:
    """The demo account, with the password that `make run` prints."""
    user, _created = User.objects.get_or_create(username=DEMO_USER)
    if not user.check_password(DEMO_PASSWORD) or not user.is_active:
        user.set_password(DEMO_PASSWORD)
        user.is_active = True
        user.save()
    user.groups.add(models.Group.objects.get(name=MANAGER))
    if not Profile.objects.filter(user=user).exists():
        own_number.save_number(user, _OWN_NUMBER, by=user)


def _address_book() -> None:
    people = _people()
    members = {name: list(islice(people, size)) for name, size in _GROUPS.items()}
    # A family with one number, and someone whose operator has no rate.
    members["Class 8"] += [_contact(name, "9841000999") for name in ("Anita Bista", "चमेली बिष्ट")]
    members["Teachers"].append(_contact("Utsav Malla", "9721000999"))
    members["Bad days"] = list(_bad_days())
    for name, contacts in members.items():
        Group.objects.create(name=name).members.set(Contact.objects.bulk_create(contacts))
    OptOut.objects.create(
        mobile=members["Class 9"][0].mobile, reason="Asked by phone to get no messages."
    )


def _templates() -> None:
    for name, text in _TEMPLATES.items():
        templates.keep(name=name, text=text, by=None)


def _people() -> Iterator[Contact]:
    """An endless sequence of contacts, always the same."""
    names = zip(cycle(_GIVEN.split()), cycle(_SURNAMES), cycle(_RANGES), strict=True)
    for number, (given, (latin, devanagari), digits) in enumerate(names):
        surname = latin if given.isascii() else devanagari
        yield _contact(f"{given} {surname}", f"{digits}10{number:05d}")


def _bad_days() -> Iterator[Contact]:
    """The sandbox's magic numbers, named by what happens to whoever sends to them."""
    yield _contact(f"Sociair {INVALID_SAYS}", INVALID)
    for mobile, magic in MAGIC.items():
        yield _contact(f"Sociair {magic.says()}", mobile)


def _contact(name: str, written: str) -> Contact:
    mobile = parse_mobile(written)
    return Contact(
        name=name,
        name_key=name_key(name),
        sound_key=sound(name),
        mobile=mobile,
        operator=operator_of(mobile),
    )
