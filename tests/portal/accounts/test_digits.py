"""Who reads Nepali chooses the digits of pages; what is stored or downloaded keeps 0 to 9."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.template import Context, Template
from django.urls import reverse
from django.utils import timezone, translation

from contacts.models import OptOut
from messaging.models import Gateway
from sociair_portal.accounts.models import Preferences
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.record import record
from sociair_portal.common.calendars import Calendar
from sociair_portal.common.shown_days import seen_in
from sociair_portal.common.shown_digits import seen_with
from tests.conftest import Browser
from tests.factories import ContactFactory, OptOutFactory, UserFactory
from tests.pages import words

AUGUST = datetime(2026, 8, 28, 8, 20, tzinfo=UTC)  # 14:05 in Nepal


def shown(source: str, **context: object) -> str:
    return unescape(Template(source).render(Context(context)))


def read_nepali(browser: Browser) -> None:
    browser.post(reverse("language"), {"language": "ne"})


def choose(browser: Browser, *, devanagari: bool) -> None:
    ticked = {"devanagari_digits": "on"} if devanagari else {}
    browser.post(reverse("preferences"), {"calendar": "ad", **ticked})


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("{{ cost|rupees }}", "रु\u00a0१,२३,४५६.८०"),
        ("{{ people|count }}", "१,२३,४५६"),
        ("{{ at|moment }}", "१२ भदौ २०८३, १४:०५"),
        ("{{ at|deciding_moment }}", "१२ भदौ २०८३ (२८ अगस्ट २०२६), १४:०५"),
        ("{{ fresh|fresh }}", "३\u00a0मिनेट अघि"),
        ("{% include 'messaging/_parts.html' with number=2 %}", "२ भाग"),
        ("{{ mobile|mobile }}", "984-1234567"),
    ],
)
def test_numbers_are_written_with_the_chosen_digits_but_phone_numbers_are_not(
    source: str, written: str
) -> None:
    values = {
        "cost": Decimal("123456.8"),
        "people": 123456,
        "at": AUGUST,
        "fresh": timezone.now() - timedelta(minutes=3),
        "mobile": "9841234567",
    }
    with (
        translation.override("ne"),
        seen_in(lambda: Calendar.BIKRAM_SAMBAT),
        seen_with(lambda: True),
    ):
        assert shown(source, **values).strip() == written


@pytest.mark.django_db
def test_pages_follow_the_choice_and_what_is_typed_there_does_not(
    sender: Browser, gateway: Gateway
) -> None:
    contact = ContactFactory.create(mobile="9841000001")
    OptOutFactory.create()
    OptOut.objects.update(created_at=AUGUST)
    read_nepali(sender)
    assert "28 अगस्ट 2026, 14:05" in words(sender.get("/opt-outs/"))

    choose(sender, devanagari=True)

    assert "२८ अगस्ट २०२६, १४:०५" in words(sender.get("/opt-outs/"))
    assert "984-1000001" in words(sender.get("/contacts/"))
    assert 'value="9841000001"' in sender.get(contact.get_absolute_url()).text
    choose(sender, devanagari=False)
    assert "28 अगस्ट 2026, 14:05" in words(sender.get("/opt-outs/"))


@pytest.mark.django_db
def test_a_choice_is_only_asked_for_and_followed_in_nepali(
    sender: Browser, gateway: Gateway
) -> None:
    OptOutFactory.create()
    OptOut.objects.update(created_at=AUGUST)
    assert "devanagari_digits" not in sender.get(reverse("preferences")).text
    choose(sender, devanagari=True)
    assert not Preferences.objects.get().devanagari_digits

    read_nepali(sender)
    assert "devanagari_digits" in sender.get(reverse("preferences")).text
    choose(sender, devanagari=True)
    sender.post(reverse("language"), {"language": "en"})
    choose(sender, devanagari=False)  # of the calendar, where digits are not asked for

    assert "28 Aug 2026, 14:05" in words(sender.get("/opt-outs/"))
    read_nepali(sender)
    assert "२८ अगस्ट २०२६, १४:०५" in words(sender.get("/opt-outs/"))


@pytest.mark.django_db
def test_a_downloaded_record_keeps_its_digits(manager: Browser, gateway: Gateway) -> None:
    record(Deed.EXPORTED, by=manager.user, people=123456)
    read_nepali(manager)
    choose(manager, devanagari=True)

    assert "१,२३,४५६" in words(manager.get("/record/"))
    download: Any = manager.get(reverse("record:export"))
    content = b"".join(download.streaming_content).decode()
    assert "1,23,456" in content
    assert not set("०१२३४५६७८९") & set(content)


@pytest.mark.django_db
def test_the_choice_holds_when_one_signs_in_again(client: Browser, gateway: Gateway) -> None:
    user = UserFactory.create(username="anita")
    user.set_password("monsoon-and-marigold-7")
    user.save()
    Preferences.objects.create(
        user=User.objects.get(pk=user.pk), language="ne", devanagari_digits=True
    )
    OptOutFactory.create()
    OptOut.objects.update(created_at=AUGUST)
    client.post(reverse("account_login"), {"login": "anita", "password": "monsoon-and-marigold-7"})
    assert client.session["devanagari_digits"] is True
