"""`manage.py demo`: someone to sign in as and people to text, for the sandbox alone."""

import re

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db.models import Count
from django.http import HttpRequest
from pytest_django import Settings

from contacts.models import Contact, Group, OptOut
from contacts.phone import Operator, operator_of, parse_mobile
from contacts.sounds import sound
from messaging.models import MessageTemplate
from sandbox.magic import INVALID, MAGIC
from sociair_portal.demo import DEMO_PASSWORD, DEMO_USER
from sociair_portal.roles import MANAGER
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db

BAD_DAYS = {"en": "Bad days", "ne": "गडबडीका दिन"}


@pytest.fixture(autouse=True)
def in_sandbox(roles: None, settings: Settings) -> None:
    settings.SANDBOX = True


def demo() -> None:
    call_command("demo")


def signs_in() -> bool:
    return bool(authenticate(HttpRequest(), username=DEMO_USER, password=DEMO_PASSWORD))


def test_the_demo_makes_an_account_and_contacts(capsys: pytest.CaptureFixture[str]) -> None:
    demo()

    assert signs_in()
    assert list(Contact.objects.filter(groups__name="Teachers", operator=Operator.OTHER)) != []
    assert set(Contact.objects.values_list("operator", flat=True)) == set(Operator)
    assert {name.isascii() for name in Contact.objects.values_list("name", flat=True)} == {
        True,
        False,
    }
    assert capsys.readouterr() == ("", "")


def test_an_office_that_speaks_nepali_has_nepali_people_and_texts(settings: Settings) -> None:
    settings.LANGUAGE_CODE = "ne"
    demo()
    people = Contact.objects.exclude(groups__name=BAD_DAYS["ne"])
    written = [
        *people.values_list("name", flat=True),
        *Group.objects.values_list("name", flat=True),
    ]
    written += MessageTemplate.objects.exclude(name="Holiday").values_list("text", flat=True)
    written.append(OptOut.objects.get().reason)
    for one in written:
        assert not re.search("[A-Za-z]", one.replace("{name}", "")), one
    bad = Contact.objects.get(mobile="9800000500")
    assert bad.name == "सोसिएर: accepts the message, then fails (500)"
    # Who looks for them in Latin letters finds them.
    assert people.filter(sound_key=sound("Aarati Adhikari")).exists()


def test_the_demo_has_the_same_people_in_both_languages(settings: Settings) -> None:
    made = []
    for language in ("en", "ne"):
        settings.LANGUAGE_CODE = language
        demo()
        sizes = Group.objects.annotate(size=Count("members")).order_by("pk").values_list("size")
        mobiles = Contact.objects.order_by("pk").values_list("mobile", "operator")
        texts = MessageTemplate.objects.count()
        made.append((list(sizes), list(mobiles), OptOut.objects.get().mobile, texts))
        for model in (OptOut, Group, Contact, MessageTemplate):
            model._default_manager.all().delete()
    english, nepali = made
    assert english == nepali


@pytest.mark.parametrize("language", ["en", "ne"])
def test_demo_contacts_have_valid_mobile_numbers(settings: Settings, language: str) -> None:
    settings.LANGUAGE_CODE = language
    demo()
    people = Contact.objects.exclude(groups__name=BAD_DAYS[language])
    assert people.count() == 120
    for person in Contact.objects.all():
        assert person.mobile == parse_mobile(person.mobile)
        assert person.operator == operator_of(person.mobile)
    # Nobody but those who are meant to meets a magic number.
    assert not people.filter(mobile__in=[INVALID, *MAGIC]).exists()


def test_the_demo_has_a_shared_number_and_an_opt_out() -> None:
    demo()
    mobiles = list(Contact.objects.values_list("mobile", flat=True))
    assert len(mobiles) - len(set(mobiles)) == 1
    assert OptOut.objects.get().mobile in mobiles


def test_bad_days_can_be_tried() -> None:
    demo()
    bad = dict(Group.objects.get(name="Bad days").members.values_list("mobile", "name"))
    assert bad.keys() == {INVALID, *MAGIC}
    assert bad["9800000500"] == "Sociair accepts the message, then fails (500)"


def test_running_the_demo_again_changes_nothing() -> None:
    demo()
    before = list(Contact.objects.order_by("pk").values())
    demo()
    assert list(Contact.objects.order_by("pk").values()) == before
    assert OptOut.objects.count() == 1


def test_a_deleted_demo_group_stays_deleted() -> None:
    demo()
    Group.objects.get(name="Class 8").delete()
    demo()
    assert not Group.objects.filter(name="Class 8").exists()


def test_the_demo_adds_nobody_to_contacts_that_exist() -> None:
    ContactFactory.create()
    demo()
    assert Contact.objects.count() == 1


def test_the_demo_puts_its_password_back() -> None:
    demo()
    user = User.objects.get(username=DEMO_USER)
    user.set_password("something else")
    user.is_active = False
    user.save()
    demo()
    assert signs_in()


def test_the_demo_account_is_a_manager() -> None:
    demo()
    user = User.objects.get(username=DEMO_USER)
    assert [role.name for role in user.groups.all()] == [MANAGER]
    assert not user.is_superuser


def test_the_demo_is_refused_outside_the_sandbox(settings: Settings) -> None:
    settings.SANDBOX = False
    with pytest.raises(CommandError, match="for the sandbox only") as refused:
        demo()
    assert refused.value.returncode == 2
    assert not Contact.objects.exists()
    assert not signs_in()
