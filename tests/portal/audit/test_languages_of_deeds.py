"""How people were chosen for a deed is read in the language of whoever reads the record."""

from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import translation

from contacts.services.filters import ContactFilter
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.models import Entry
from sociair_portal.audit.record import record
from tests.conftest import Browser
from tests.factories import GroupFactory
from tests.pages import words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gateway")]

_ENGLISH = "Name or number: 984•••4567 · Group: Class 9 · Not opted out"


def _in(browser: Browser, language: str) -> None:
    browser.post(reverse("language"), {"language": language})


def _download(browser: Browser) -> str:
    answer: Any = browser.get(reverse("record:export"))
    return b"".join(answer.streaming_content).decode()


@pytest.mark.parametrize("language", ["en", "ne"])
def test_a_search_by_a_colleague_reads_in_ones_own_language(
    manager: Browser, language: str
) -> None:
    chosen = ContactFilter(
        words="984-1234567", group=GroupFactory.create(name="Class 9"), opted_out=False
    )
    with translation.override(language):
        record(Deed.EXPORTED, by=manager.user, words=chosen.sentence, people=3)
    _in(manager, "ne")
    assert _ENGLISH not in (page := words(manager.get("/record/")))
    assert "984•••4567" in page
    assert "समूह: Class 9" in page
    assert _ENGLISH not in _download(manager)
    _in(manager, "en")
    assert _ENGLISH in words(manager.get("/record/"))
    assert _ENGLISH in _download(manager)


def test_a_number_in_it_is_masked_in_the_database(manager: Browser) -> None:
    said = ContactFilter(words="984-1234567").sentence
    entry = record(Deed.EXPORTED, by=manager.user, words=said)
    with connection.cursor() as cursor:
        cursor.execute("SELECT changes_text FROM audit_entry WHERE id = %s", [entry.pk])
        ((stored,),) = cursor.fetchall()
    assert "984•••4567" in stored
    assert "1234567" not in stored


def test_an_entry_of_an_older_portal_stays_as_it_is(manager: Browser) -> None:
    entry = record(Deed.EXPORTED, by=manager.user, words="समूह: Class 9")
    assert Entry.objects.get(pk=entry.pk).changes_text == "समूह: Class 9"
    assert "समूह: Class 9" in words(manager.get("/record/"))
