"""The portal speaks Nepali as it speaks English: every sentence, on every page."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from messaging.models import Gateway
from messaging.services.campaigns import number_codes
from sociair_portal.accounts.models import Preferences
from sociair_portal.common import calendars, formats, shown_days
from sociair_portal.roles import MANAGER
from sociair_portal.templatetags import portal
from tests import said
from tests.conftest import Browser
from tests.factories import UserFactory
from tests.portal.house_support import addresses, furnish
from tests.portal.test_admin_words import said_on

DOMAINS: Final = ("django", "djangojs")
_PLACES: Final = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w*\}")
# Names, and what is written alike in both languages.
_LATIN: Final = re.compile(
    r"%\(\w+\)[sd]|<[^>]*>|&\w+;|\{+[^{}]*\}+|[A-Z][A-Z_]{2,}\b|\b(?:NTC|Ncell|Smart Cell|CSV|XLSX"
    r"|VCF|JSON|PDF|URL|API|HTTPS?|SMS|TOTP|QR|IP|ID|MB|AD|BS|Preeti|Kantipur|Excel|Unicode)\b"
)


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_sentence_is_translated_and_nothing_else(domain: str) -> None:
    """`make messages` writes what is missing into the catalogue."""
    wanted, catalogue = said.wanted(domain), said.read("ne", domain)
    found = {(one.context, said.forms_of(one.id)[0]): one for one in catalogue if one.id}
    libraries = {key for key, one in found.items() if said.LIBRARY in one.user_comments}
    assert sorted(map(str, wanted.keys() - found.keys())) == []
    assert sorted(map(str, found.keys() - wanted.keys() - libraries)) == []
    for key, one in found.items():
        strings = said.forms_of(one.string)
        assert all(strings), key
        assert not one.fuzzy, key
        if key in wanted:
            assert len(strings) == len(wanted[key][0]), key


def test_make_messages_finds_nothing_to_write() -> None:
    """It is run as whoever changed a sentence runs it: what it reads is not changed by it."""
    before = [said.catalogue("ne", domain).read_bytes() for domain in DOMAINS]
    done = subprocess.run(
        [sys.executable, "-m", "tests.said"],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(": 0 new, 0 taken out") == len(DOMAINS)
    assert [said.catalogue("ne", domain).read_bytes() for domain in DOMAINS] == before


@pytest.mark.parametrize("domain", DOMAINS)
def test_placeholders_stay_as_they_are(domain: str) -> None:
    for one in said.read("ne", domain):
        if not one.id:
            continue
        forms = said.forms_of(one.id)
        every = set(_PLACES.findall("".join(forms)))
        for string in said.forms_of(one.string):
            assert set(_PLACES.findall(string)) <= every, one.id
            # What a sentence says for one may leave the figure out, as English does.
            needed = set.intersection(*(set(_PLACES.findall(form)) for form in forms))
            assert set(_PLACES.findall(string)) >= needed, one.id


@pytest.mark.parametrize("domain", DOMAINS)
def test_translations_are_written_in_nepali_letters(domain: str) -> None:
    """Latin words are names, or what has to be typed or pressed: they are in the English too."""
    shown = {one.id: one.string for one in said.read("en", domain)}
    for one in said.read("ne", domain):
        forms = (one.id, shown.get(one.id, "")) if one.id else ()
        english = "".join(part for form in forms for part in said.forms_of(form))
        for string in said.forms_of(one.string) if english else ():
            plain = _PLACES.sub("", _LATIN.sub("", string))
            assert all(word in english for word in re.findall(r"[A-Za-z]{3,}", plain)), english
            if re.search(r"[A-Za-z]{2}", _LATIN.sub("", english)) and re.search(r"\w", plain):
                assert re.search(r"[\u0900-\u097f]", string), english
            assert not string.rstrip().endswith(".") or string.rstrip().endswith("..."), english


@cache
def _english() -> tuple[frozenset[str], re.Pattern[str]]:
    """Sentences that have a translation of their own: whole ones, and those with places."""
    whole, places = set(), []
    for one in said.read("ne", "django"):
        strings = said.forms_of(one.string) if one.id else ()
        for form, string in zip(said.forms_of(one.id) if one.id else (), strings, strict=False):
            plain = " ".join(re.sub(r"<[^>]*>", " ", form).split())
            if form == string or not re.search(r"[A-Za-z]{2}", _LATIN.sub("", plain)):
                continue
            if _PLACES.search(plain):
                if len(_PLACES.sub("", plain)) > 8:
                    places.append(".+".join(map(re.escape, _PLACES.split(plain))))
            else:
                whole.add(plain)
    return frozenset(whole), re.compile("|".join(places))


def english_on(page: Any) -> set[str]:
    whole, places = _english()
    return {one for one in said_on(page) if one in whole or places.fullmatch(one)}


@pytest.fixture
def visitor(roles: None, gateway: Gateway, tmp_path: Path) -> Client:
    user = UserFactory.create(role=MANAGER)
    User.objects.filter(pk=user.pk).update(is_superuser=True, is_staff=True)
    furnish(user, gateway, tmp_path)  # as colleagues do who work in English
    browser = Client(headers={"Accept-Language": "ne"})
    browser.force_login(User.objects.get(pk=user.pk))
    return browser


def _pages(visitor: Client) -> Iterator[tuple[str, Any]]:
    for address in addresses():
        for url in address.urls[:2]:
            page = visitor.get(url)
            if "html" in page.get("Content-Type", "") and not page.streaming:
                yield url, page


# The heading of a file.
_DATA: Final = {"Name"}


def test_no_page_in_nepali_has_english_left(visitor: Client) -> None:
    shown = {url: english_on(page) - _DATA for url, page in _pages(visitor)}
    assert {url: found for url, found in shown.items() if found} == {}
    assert len(shown) > 80


def test_english_would_be_found(visitor: Client) -> None:
    visitor.post(reverse("language"), {"language": "en"})
    assert {"Contacts", "Compose"} <= english_on(visitor.get("/contacts/"))


def test_the_language_is_the_browsers_until_one_is_chosen(client: Client, db: None) -> None:
    sign_in = reverse("account_login")
    assert '<html lang="ne"' in client.get(sign_in, headers={"Accept-Language": "ne"}).text
    assert '<html lang="en"' in client.get(sign_in, headers={"Accept-Language": "fr"}).text
    page = client.get(sign_in).text
    assert 'value="ne" lang="ne"' in page
    back = client.post(f"{reverse('language')}?next={sign_in}", {"language": "ne"})
    assert back["Location"] == sign_in
    assert '<html lang="ne"' in client.get(sign_in).text


def test_the_language_is_kept_with_the_account(sender: Browser, gateway: Gateway) -> None:
    sender.post(f"{reverse('language')}?next=/contacts/", {"language": "ne"})
    assert Preferences.objects.get().language == "ne"
    sender.user.set_password("monsoon-and-marigold-7")
    sender.user.save()
    elsewhere = Client()
    typed = {"login": sender.user.get_username(), "password": "monsoon-and-marigold-7"}
    elsewhere.post(reverse("account_login"), typed)
    elsewhere.cookies.pop("django_language", None)
    assert '<html lang="ne"' in elsewhere.get("/contacts/").text


def test_no_other_language_is_taken(sender: Browser, gateway: Gateway) -> None:
    sender.post(reverse("language"), {"language": "xx"})
    assert not Preferences.objects.exists()
    assert '<html lang="en"' in sender.get("/contacts/").text


def test_amounts_and_months_are_nepali() -> None:
    with translation.override("ne"):
        assert formats.rupees(1234) == "रु\u00a01,234.00"
        assert shown_days.gregorian(date(2026, 8, 28)) == "28 अगस्ट 2026"
        assert portal.fresh(timezone.now() - timedelta(minutes=3)) == "3\u00a0मिनेट अघि"
        assert calendars.bikram_sambat(date(2026, 8, 28)) == "12 भदौ 2083"


def test_what_is_sent_is_in_the_language_of_the_office(monkeypatch: pytest.MonkeyPatch) -> None:
    """It costs the same, whoever looks."""
    with translation.override("ne"):
        assert "is your code" in number_codes.text_of_a_code()
    monkeypatch.setattr(settings, "LANGUAGE_CODE", "ne")
    assert "is your code" not in number_codes.text_of_a_code()
