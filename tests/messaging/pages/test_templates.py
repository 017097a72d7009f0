"""Templates: saved, found, changed by one person at a time, used, and never what was sent."""

from typing import Any

import pytest
from django.test import Client

from messaging.models import Campaign, Gateway, MessageTemplate
from messaging.services import templates
from tests.conftest import Browser, signed_in
from tests.messaging.pages.test_compose import form as compose_form
from tests.pages import source, words
from tests.sending import hand_over, reading

pytestmark = pytest.mark.django_db

LIST = "/templates/"
NEW = "/templates/new/"


def kept(name: str = "Fee reminder", text: str = "Dear {name}, fees are due.") -> MessageTemplate:
    return templates.keep(name=name, text=text, by=None)


def test_a_template_is_saved_listed_and_used(sender: Browser, gateway: Gateway) -> None:
    answer = sender.post(NEW, {"name": " Fee  reminder ", "text": "Dear {name},\r\npay. "})
    assert answer.headers["Location"] == LIST
    template = MessageTemplate.objects.get()
    assert (template.name, template.text) == ("Fee reminder", "Dear {name},\npay.")
    assert template.created_by == template.changed_by == sender.user
    page = words(sender.get(LIST))
    assert "Fee reminder" in page
    assert "Never" in page
    page = source(sender.get(f"/compose/?template={template.pk}"))
    assert "Dear {name},\npay." in page
    assert f'name="template" value="{template.pk}"' in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": " \u200b", "text": "x"}, "Enter a name for the template."),
        ({"name": "A", "text": ""}, "Write the message."),
        ({"name": "A", "text": " \n"}, "Write a message."),
        ({"name": "A", "text": "Dear {name"}, "is never closed"),
        ({"name": "fee REMINDER", "text": "x"}, "There is already a template with this name."),
        ({"name": "A", "text": "x" * 2000}, "The most that can be sent is 10"),
    ],
)
def test_a_mistake_in_a_template_is_explained(
    sender: Browser, typed: dict[str, str], said: str
) -> None:
    kept()
    answer = sender.post(NEW, typed)
    assert said in words(answer)
    assert answer.context["form"]["text"].value() == typed["text"]
    assert MessageTemplate.objects.count() == 1


def test_an_unknown_field_in_a_template_is_explained(sender: Browser) -> None:
    answer = sender.post(NEW, {"name": "Marks", "text": "{name}: {marks}"}, follow=True)
    assert "{marks} is not a field of your contacts" in words(answer)
    assert MessageTemplate.objects.get().text == "{name}: {marks}"


def test_templates_are_searched_by_name_and_words(sender: Browser) -> None:
    kept("Fee reminder", "Dear {name}, pay.")
    kept("Holiday", "School is closed.")
    assert "Holiday" not in words(sender.get(LIST, {"q": "dear fee"}, follow=True))
    assert "Fee reminder" not in words(sender.get(LIST, {"q": "CLOSED"}, follow=True))
    assert "No templates match" in words(sender.get(LIST, {"q": "zebra"}, follow=True))


def test_a_template_is_changed(sender: Browser) -> None:
    template = kept()
    url = template.get_absolute_url()
    assert 'value="1"' in source(sender.get(url))
    answer = sender.post(url, {"name": "Fees", "text": "Pay.", "version": "1"})
    assert answer.headers["Location"] == LIST
    template.refresh_from_db()
    assert (template.name, template.text, template.version) == ("Fees", "Pay.", 2)
    assert template.changed_by == sender.user


def test_the_second_of_two_changes_to_a_template_is_not_saved_yet(
    sender: Browser, roles: None
) -> None:
    template, other = kept(), signed_in("Sender")
    url = template.get_absolute_url()
    other.post(url, {"name": "Fees", "text": "Theirs.", "version": "1"})
    answer = sender.post(url, {"name": "Fees", "text": "Mine.", "version": "1"})
    page = words(answer)
    assert f"{other.user.username} changed this template" in page
    assert "Theirs." in page
    assert "Mine." in page
    template.refresh_from_db()
    assert template.text == "Theirs."
    assert 'value="2"' in source(answer)
    sender.post(url, {"name": "Fees", "text": "Mine.", "version": "2"})
    template.refresh_from_db()
    assert template.text == "Mine."


def test_a_template_cannot_take_anothers_name(sender: Browser) -> None:
    template = kept()
    kept("Holiday")
    typed = {"name": "holiday", "text": "x", "version": "1"}
    answer = sender.post(template.get_absolute_url(), typed)
    assert "There is already a template with this name." in words(answer)


def test_a_message_keeps_its_words_when_the_template_changes(
    sender: Browser, gateway: Gateway
) -> None:
    template = kept(text="Fees are due.")
    reading(gateway)
    sender.post("/compose/", compose_form(text="Fees are due.", template=template.pk))
    draft = Campaign.objects.get()
    assert draft.template == template
    templates.change(template, seen=1, name="Fees", text="Other words.", by=None)
    draft.refresh_from_db()
    assert draft.text == "Fees are due."
    sender.post(f"/templates/{template.pk}/delete/")
    draft.refresh_from_db()
    assert draft.text == "Fees are due."
    assert not MessageTemplate.objects.exists()


def test_a_template_says_when_it_was_last_sent(gateway: Gateway) -> None:
    template = kept(text="Fees are due.")
    hand_over(gateway, ["9841234567"], text="Fees are due.")
    assert MessageTemplate.objects.get().used_at is None
    hand_over(gateway, ["9841234568"], text="Fees are due.", template=template)
    assert MessageTemplate.objects.get().used_at is not None
    assert templates.last_used(1) == [template]


def test_a_template_is_used_without_javascript(sender: Browser, gateway: Gateway) -> None:
    template = kept()
    answer = sender.post(
        "/compose/use-template/", compose_form(text="Hello.", use_template=template.pk)
    )
    form = answer.context["form"]
    assert form["text"].value() == "Hello.\nDear {name}, fees are due."
    assert form["template"].value() == str(template.pk)
    assert form["numbers"].value() == "9841234567"
    assert not Campaign.objects.exists()


def test_a_text_is_saved_as_a_template(sender: Browser, gateway: Gateway) -> None:
    typed: dict[str, Any] = {"template-name": "Closed"}
    answer = sender.post("/compose/save-template/", compose_form(**typed))
    assert "Closed is saved as a template." in words(answer)
    assert answer.context["form"]["numbers"].value() == "9841234567"
    assert MessageTemplate.objects.get().text == "School is closed tomorrow."
    answer = sender.post("/compose/save-template/", compose_form(**typed))
    assert "There is already a template with this name." in words(answer)
    assert answer.context["form"]["text"].value() == "School is closed tomorrow."
    assert MessageTemplate.objects.count() == 1


def test_a_template_is_text_and_never_markup(sender: Browser, gateway: Gateway) -> None:
    template = kept("<b>x</b>", "{{% debug %}} <script>alert(1)</script> {{{{ settings }}}}")
    for url in (LIST, template.get_absolute_url(), "/compose/", f"{LIST}{template.pk}/delete/"):
        page = source(sender.get(url))
        assert "<script>alert" not in page
        assert "<b>x</b>" not in page


@pytest.mark.parametrize("url", [LIST, NEW, "/templates/1/", "/templates/1/delete/"])
def test_strangers_see_no_templates(client: Client, roles: None, url: str) -> None:
    assert client.get(url).headers["Location"].startswith("/account/sign-in/")
    nobody = signed_in("")
    assert nobody.get(url).status_code == 403


def test_templates_are_listed_in_the_admin(manager: Browser) -> None:
    kept()
    assert "Fee reminder" in words(manager.get("/admin/messaging/messagetemplate/"))
