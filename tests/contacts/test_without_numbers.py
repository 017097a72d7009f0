"""What someone does who may do everything but see whole numbers."""

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from contacts.models import Contact, ContactField, OptOut
from messaging.models import Campaign, Gateway
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import drafts
from tests.conftest import Browser
from tests.factories import ContactFactory, UserFactory
from tests.pages import searched, words

_REFUSED = (
    "You are not allowed to see whole numbers, so you cannot search by digits. Search by name."
)


@pytest.fixture
def observer(db: None) -> Browser:
    observer = Browser()
    observer.user = UserFactory.create(is_staff=True)
    observer.user.user_permissions.set(Permission.objects.exclude(codename="view_number"))
    observer.force_login(observer.user)
    return observer


@pytest.fixture
def sita(db: None) -> Contact:
    return ContactFactory.create(name="Sita Rai", mobile="9841234567")


def found(answer: Any) -> list[str]:
    return [contact.name for contact in answer.context["page"].items]


def test_a_person_is_changed_and_keeps_the_number(observer: Client, sita: Contact) -> None:
    page = words(observer.get(f"/contacts/{sita.pk}/"))
    assert "984•••4567" in page
    assert "Mobile number" not in page
    observer.post(f"/contacts/{sita.pk}/", {"name": "Sita Lama", "mobile": "9801111111"})
    sita.refresh_from_db()
    assert (sita.name, sita.mobile) == ("Sita Lama", "9841234567")


def test_a_person_is_not_renamed_to_another_at_the_same_number(
    observer: Client, sita: Contact
) -> None:
    ContactFactory.create(name="Gita Rai", mobile="9841234567")
    answer = observer.post(f"/contacts/{sita.pk}/", {"name": "Gita Rai"})
    assert "A contact with this name and number already exists." in answer.text


def test_what_holds_a_number_is_not_offered_and_stays(observer: Client) -> None:
    for name, key in (("Second", "second"), ("Class", "class")):
        ContactField.objects.create(name=name, key=key)
    values = {"second": "980 1234567", "class": "9"}
    person = ContactFactory.create(name="984-1234567", mobile="9841234567", fields=values)
    form = observer.get(f"/contacts/{person.pk}/").context["form"]
    assert list(form.fields) == ["own_class"]
    observer.post(f"/contacts/{person.pk}/", {"own_class": "10", "own_second": "x", "name": "x"})
    person.refresh_from_db()
    assert person.fields == {"second": "980 1234567", "class": "10"}
    assert person.name == "984-1234567"


def test_a_number_is_typed_for_someone_new(observer: Client) -> None:
    observer.post("/contacts/new/", {"name": "Hari", "mobile": "9841111111"})
    assert Contact.objects.get().mobile == "9841111111"


@pytest.mark.parametrize("digits", ["1", "984", "0984-12", "९८४", "sita 7", "+977"])
@pytest.mark.parametrize("url", ["/contacts/", "/opt-outs/", "/history/recipients/"])
def test_nobody_is_found_by_digits(observer: Client, sita: Contact, url: str, digits: str) -> None:
    answer = observer.get(searched(observer, url, q=digits))
    assert _REFUSED in answer.text
    if url == "/contacts/":
        assert found(answer) == []


def test_people_are_found_by_name(observer: Client, sita: Contact) -> None:
    assert found(observer.get(searched(observer, "/contacts/", q="sita"))) == ["Sita Rai"]
    chosen = observer.post("/compose/contacts/", {"contact_search": "sita"})
    assert "984•••4567" in chosen.text


def test_contacts_are_not_chosen_by_digits_in_compose(observer: Client, sita: Contact) -> None:
    chosen = observer.post("/compose/contacts/", {"contact_search": "9841234567"})
    assert "Sita" not in chosen.text
    assert _REFUSED in chosen.text


@pytest.mark.parametrize("model", ["contacts/contact", "messaging/recipient", "contacts/optout"])
def test_nobody_is_found_by_digits_in_the_admin(
    observer: Client, sita: Contact, model: str
) -> None:
    answer = observer.get(searched(observer, f"/admin/{model}/", q="984"))
    assert _REFUSED in answer.text
    assert "Sita" not in answer.text


def test_a_person_is_changed_in_the_admin_and_keeps_the_number(
    observer: Client, sita: Contact
) -> None:
    url = f"/admin/contacts/contact/{sita.pk}/change/"
    assert "984•••4567" in observer.get(url).text
    none = {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0}
    inline = {f"Group_members-{name}": value for name, value in none.items()}
    form = {"name": "Sita Lama", "mobile": "9801111111", **inline}
    assert observer.post(url, form).status_code == 302
    sita.refresh_from_db()
    assert (sita.name, sita.mobile) == ("Sita Lama", "9841234567")


def test_people_are_not_put_in_the_order_of_their_numbers(observer: Client, sita: Contact) -> None:
    answer = observer.get("/contacts/?sort=number")
    assert "Select a valid choice" in answer.text
    assert "sort=number" not in observer.get("/contacts/").text


@pytest.mark.parametrize(
    ("kind", "how", "value", "is_refused"),
    [
        *(("text", how, "984", True) for how in ("has", "least", "most")),
        ("text", "is", "10", False),
        ("text", "is", "9841234567", True),
        ("text", "has", "Pokhara", False),
        ("number", "least", "1250", False),
        ("number", "least", "9841234567", True),
        ("number", "has", "98", True),
        ("date", "least", "2082-01-01", False),
    ],
)
def test_own_fields_are_not_searched_for_parts_of_numbers(
    observer: Client, sita: Contact, kind: str, how: str, value: str, *, is_refused: bool
) -> None:
    ContactField.objects.create(name="Second", key="second", kind=kind)
    answer = observer.get(searched(observer, "/contacts/", field="second", how=how, value=value))
    assert (_REFUSED in answer.text) == is_refused


def test_a_contacts_number_is_opted_out_unseen_and_once(observer: Client, sita: Contact) -> None:
    url = f"/contacts/{sita.pk}/opt-out/"
    assert "984•••4567" in observer.get(url).text
    said = observer.post(url, {"mobile": "9800000000", "reason": "Asked"}, follow=True)
    assert "984•••4567 is opted out and will get no more messages." in words(said)
    assert OptOut.objects.get().mobile == "9841234567"
    assert "This number is already opted out." in observer.post(url, {"reason": ""}).text


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_nothing_is_exported(observer: Client, sita: Contact, kind: str) -> None:
    answer = observer.get(f"/contacts/export.{kind}", follow=True)
    assert (
        "You cannot download this file, because you are not allowed to see whole numbers."
        in words(answer)
    )
    assert "/contacts/export." not in answer.text


def test_the_numbers_of_a_message_stay_whatever_is_posted(
    observer: Browser, sita: Contact, gateway: Gateway
) -> None:
    draft = drafts.save_draft(
        form_uuid=uuid.uuid4(),
        text="Hello",
        audience=Audience(contacts=(sita.pk,), numbers="9801234567, 9801234568"),
        gateway=gateway,
        by=observer.user,
    )
    page = observer.get(f"/compose/?draft={draft.pk}").text
    assert "The message also goes to 2 numbers that you are not allowed to see." in page
    assert "9801234567" not in page
    form = {"form_uuid": draft.form_uuid, "version": draft.version, "contacts": sita.pk}
    observer.post("/compose/", {**form, "text": "Hello all", "numbers": "9841111111"})
    saved = Campaign.objects.get()
    assert saved.text == "Hello all"
    assert saved.audience["numbers"] == "9801234567, 9801234568"
    assert not saved.is_unfinished


def test_a_new_message_has_no_numbers(observer: Browser, sita: Contact, gateway: Gateway) -> None:
    form = {"form_uuid": uuid.uuid4(), "version": 0, "contacts": sita.pk, "text": "Hello"}
    observer.post("/compose/", {**form, "numbers": "9841111111"})
    assert Campaign.objects.get().audience["numbers"] == ""
