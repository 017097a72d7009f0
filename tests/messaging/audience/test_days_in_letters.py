"""Days in messages, in both calendars, and placeholders that are written in Nepali."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from contacts.fields import RESERVED
from contacts.models import ContactField
from messaging.models import Gateway
from messaging.services.audience.choice import Audience
from messaging.services.audience.known_keys import offered
from messaging.services.audience.letters import Unwritable, day_of, writer_for
from messaging.services.campaigns import drafts
from messaging.text.days import sambat
from messaging.text.placeholders import ALIASES, DATE_BS, read_wording
from messaging.text.validity import InvalidText
from sociair_portal.common.calendars import bikram_sambat
from tests.conftest import Browser
from tests.factories import ContactFactory
from tests.pages import words
from tests.sending import reading

pytestmark = pytest.mark.django_db
DAY = datetime(2026, 8, 28, tzinfo=UTC)


def letter(text: str, **fields: object) -> str:
    return writer_for(text, None, day=DAY).write("9841000001", "Asha", fields).text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("On {date}, {date_bs}", "On 28 Aug 2026, 12 Bhadra 2083"),
        ("आज {date_bs}", "आज १२ भदौ २०८३"),
        ("{नाम}: {मिति}, {मिति वि.सं.}", "Asha: 28 Aug 2026, 12 Bhadra 2083"),
    ],
)
def test_the_sending_day_is_said_in_either_calendar(text: str, said: str) -> None:
    assert letter(text) == said
    with translation.override("ne"):
        assert letter(text) == said


def test_a_day_of_a_field_is_said_in_bikram_sambat_too() -> None:
    ContactField.objects.create(name="Due", key="due", kind="date")
    assert letter("{due} {due_bs}", due="2026-08-28") == "28 Aug 2026 12 Bhadra 2083"
    assert letter("{due_bs}", due=["2026-08-28", "2083-05-12"]) == "12 Bhadra 2083"
    assert letter("{due_bs|soon}", due=["", "2090-05-12"]) == "soon"
    with pytest.raises(Unwritable, match=r"no value for \{due_bs\}"):
        letter("{due_bs}", due="2043-08-28")


def test_a_field_of_that_name_is_meant_instead() -> None:
    for key in ("due_bs", "date_bs", "नाम"):
        ContactField.objects.create(name=key, key=key)
    ContactField.objects.create(name="Due", key="due", kind="date")
    values = {"due": "2026-08-28", "due_bs": "a", "date_bs": "b", "नाम": "c"}
    assert letter("{due_bs} {date_bs} {नाम}", **values) == "a b c"


def test_no_new_field_is_called_as_a_placeholder_of_ours() -> None:
    assert {DATE_BS, *ALIASES, *ALIASES.values()} <= RESERVED


def test_a_day_that_is_not_known_is_no_value() -> None:
    writer = writer_for("{date_bs|today}", None, day=datetime(2043, 8, 28, tzinfo=UTC))
    assert writer.write("9841000001", "Asha", {}).text == "today"


def test_months_are_called_as_on_pages() -> None:
    for month in range(1, 13):
        on = date(2026, month, 25)
        with translation.override("en"):
            assert sambat(on, in_devanagari=False) == bikram_sambat(on)
        with translation.override("ne"):
            shown = (sambat(on, in_devanagari=True) or "").split()[1]
            assert shown == (bikram_sambat(on) or "").split()[1]


def test_the_menu_is_in_the_language_of_the_page() -> None:
    ContactField.objects.create(name="Due", key="due", kind="date")
    keys = [one.key for one in offered()]
    assert keys == ["name", "number", "date", "date_bs", "due", "due_bs"]
    with translation.override("ne"):
        shown = [one.key for one in offered()]
    assert shown == ["नाम", "नम्बर", "मिति", "मिति_वि_सं", "due", "due_वि_सं"]
    assert letter(" ".join(f"{{{key}|x}}" for key in shown), due="2026-08-28").endswith(
        "12 Bhadra 2083"
    )


def test_every_unknown_placeholder_is_named() -> None:
    with pytest.raises(InvalidText) as refused:
        read_wording("{nmae} {zzz} {qqq}", ["name", "class"])
    assert refused.value.reason == (
        "There is no field {nmae}. Did you mean {name}? "
        "There are no fields {zzz}, {qqq}. You can use {name}, {class}."
    )


def test_who_is_chosen_is_not_asked_for_after_a_mistake_in_the_text(
    sender: Browser, gateway: Gateway
) -> None:
    reading(gateway)
    form = {
        "form_uuid": str(uuid.uuid4()),
        "contacts": ContactFactory.create().pk,
        "text": "Dear {nmae}",
    }
    page = sender.post(reverse("messaging:compose"), form)
    assert "Fix the fields to see the number of parts." in words(page)
    assert "Choose who gets it" not in words(page)
    assert "{date_bs} · Bikram Sambat (BS)" in words(page)


def test_the_review_says_which_day_stands_in_the_message(sender: Browser, gateway: Gateway) -> None:
    reading(gateway)
    draft = drafts.save_draft(
        form_uuid=uuid.uuid4(),
        text="आज {date_bs}",
        audience=Audience(contacts=(ContactFactory.create().pk,)),
        gateway=gateway,
        by=sender.user,
    )
    page = sender.get(draft.get_absolute_url())
    day = day_of(draft, None)
    assert day
    assert f"This message includes the sending date: {day}." in words(page)
    noon = timezone.localtime().replace(hour=12) + timedelta(days=3)
    later = {"at": f"{noon:%Y-%m-%dT%H:%M}", "later": "1", "signed": page.context["signed"]}
    page = sender.post(draft.get_absolute_url(), later, follow=True)
    draft.refresh_from_db()
    assert draft.state == "draft"
    assert f"It now says {day_of(draft, draft.scheduled_for)}. Review it again." in words(page)
