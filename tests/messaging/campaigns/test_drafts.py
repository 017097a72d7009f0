"""Drafts: they save themselves as they are, and nobody's words are written over unasked."""

import uuid
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from messaging.models import Campaign, Gateway
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import drafts, handover
from messaging.services.campaigns.review import review_of
from messaging.services.money import affordability
from tests.at_once import at_once
from tests.conftest import Browser, signed_in
from tests.factories import GroupFactory
from tests.messaging.pages.test_compose import form
from tests.pages import source, words
from tests.sending import reading

pytestmark = pytest.mark.django_db

URL = "/compose/save/"


def save(browser: Browser, **typed: Any) -> Any:
    return browser.post(URL, typed)


def test_a_draft_is_saved_as_it_is_typed(sender: Browser, gateway: Gateway) -> None:
    typed = form(text="School is clo", numbers="", version=0)
    answer = sender.post(URL, typed)
    draft = Campaign.objects.get()
    assert "Saved as a draft at" in words(answer)
    assert answer.headers["Draft-Version"] == str(draft.version) == "1"
    assert answer.headers["HX-Replace-Url"] == f"/compose/?draft={draft.pk}"
    assert (draft.text, draft.created_by, draft.is_unfinished) == (
        "School is clo",
        sender.user,
        True,
    )
    assert "School is clo" in words(sender.get("/"))
    page = sender.get(draft.get_absolute_url())
    assert page.context["form"]["text"].value() == "School is clo"
    assert 'name="version" value="1" autocomplete="off"' in source(page)
    assert "There is a problem" not in words(page)


def test_autosave_keeps_one_draft_until_the_review(sender: Browser, gateway: Gateway) -> None:
    typed = form(text="School", numbers="", version=0)
    sender.post(URL, typed)
    typed |= {"text": "School is closed.", "numbers": "9841234567"}
    typed["version"] = Campaign.objects.get().version
    sender.post(URL, typed)
    draft = Campaign.objects.get()
    assert not draft.is_unfinished
    typed["version"] = draft.version
    answer = sender.post("/compose/", typed)
    assert answer.headers["Location"] == f"/campaigns/{draft.pk}/review/"
    assert Campaign.objects.count() == 1


@pytest.mark.parametrize(
    "typed",
    [
        {"text": "Dear {name"},
        {"text": "{nobody_knows}"},
        {"text": "x" * 5000},
        {"text": "zero\u200bwidth\x07 and\x00"},
        {"numbers": "not a number\x00, 98"},
        {"numbers": "\n".join(str(9800000000 + number) for number in range(10_500))},
        {"groups": ["999999"], "contacts": ["x", "77"]},
        {"text": "", "numbers": "9841234567"},
    ],
)
def test_a_draft_with_mistakes_is_saved_whole(
    sender: Browser, gateway: Gateway, typed: dict[str, Any]
) -> None:
    answer = sender.post(URL, form(**typed))
    draft = Campaign.objects.get()
    assert "Saved" in words(answer)
    assert draft.is_unfinished
    shown = sender.get(draft.get_absolute_url()).context["form"]
    for name in ("text", "numbers"):
        if name in typed:
            assert shown[name].value() == typed[name].strip().replace("\x00", "")
    # It cannot be sent, wherever someone tries.
    url = f"/campaigns/{draft.pk}/review/"
    assert sender.get(url).headers["Location"] == draft.get_absolute_url()
    assert sender.post(url).headers["Location"] == draft.get_absolute_url()


def test_an_unfinished_draft_is_not_handed_over(sender: Browser, gateway: Gateway) -> None:
    sender.post("/compose/", form())
    draft = Campaign.objects.get()
    seen = handover.Reviewed.of(draft, review_of(draft, reading(gateway)))
    Campaign.objects.update(is_unfinished=True)
    with pytest.raises(affordability.SendRefused):
        handover.hand_over(draft, reviewed=seen, by=sender.user)
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_an_empty_form_saves_no_draft(sender: Browser, gateway: Gateway) -> None:
    assert save(sender, **form(text="", numbers="")).status_code == 204
    assert save(sender, text="x", form_uuid="no").status_code == 204
    assert not Campaign.objects.exists()


def test_of_two_windows_with_a_draft_one_is_told(sender: Browser, gateway: Gateway) -> None:
    one = form(text="First.", version=0)
    sender.post(URL, one)
    known = Campaign.objects.get().version
    sender.post(URL, {**one, "text": "Second.", "version": known})
    late = {**one, "text": "Third.", "version": known}
    answer = sender.post(URL, late)
    assert "was changed in another window" in words(answer)
    assert "Draft-Version" not in answer.headers
    assert Campaign.objects.get().text == "Second."
    answer = sender.post("/compose/", late)
    assert "press Review again" in words(answer)
    assert answer.context["form"]["text"].value() == "Third."
    assert Campaign.objects.get().text == "Second."
    # Whoever says so keeps theirs; what saves itself meanwhile does not.
    now = Campaign.objects.get().version
    assert f'name="version" value="{known}"' in source(answer)
    assert f'btn-lg" name="version" value="{now}"' in source(answer)
    assert "was changed in another window" in words(sender.post(URL, {**late, "text": "Typed."}))
    sender.post(URL, {**late, "version": now})
    assert Campaign.objects.get().text == "Third."
    answer = sender.post("/compose/", {**late, "text": "Fourth.", "version": now})
    assert "press Review again" in words(answer)
    keep = Campaign.objects.get().version
    # The button's value comes after the form's own.
    answer = sender.post("/compose/", {**late, "text": "Fourth.", "version": [now, keep]})
    assert answer.status_code == 302
    assert Campaign.objects.get().text == "Fourth."


def test_ones_own_window_is_not_another(sender: Browser, gateway: Gateway) -> None:
    """Back from the review, or typing while it was saved: the page has counted on."""
    mine = form(text="First.", version=0)
    assert sender.post("/compose/", mine).status_code == 302
    assert "Saved" in words(sender.post(URL, {**mine, "text": "Second.", "version": 1}))
    assert Campaign.objects.get().text == "Second."
    late = {**mine, "version": 5, "text": "Fifth."}
    assert "Saved" in words(sender.post(URL, late))
    assert "was changed" in words(sender.post(URL, {**late, "version": 4, "text": "Fifth"}))
    other = {**mine, "version": 5, "text": "Third."}
    assert "was changed in another window" in words(sender.post(URL, other))
    answer = sender.post("/compose/", {**mine, "version": 6, "text": "Fourth."})
    assert answer.status_code == 302
    assert Campaign.objects.get().text == "Fourth."


def test_a_late_autosave_replaces_nothing_newer(sender: Browser, gateway: Gateway) -> None:
    """An autosave is overtaken by what is saved as the page is left; even the very first one."""
    mine = form(text="Dear all, the last words.", version=1)
    sender.post(URL, mine)
    answer = sender.post(URL, {**mine, "text": "Dear all,", "version": 0})
    assert "was changed in another window" in words(answer)
    draft = Campaign.objects.get()
    assert (draft.text, draft.version) == ("Dear all, the last words.", 2)


def test_whoever_lost_an_answer_writes_over_nothing(sender: Browser, gateway: Gateway) -> None:
    """Such a window knows the old version. Saving the same again tells it the new one."""
    mine = form(text="Mine.", version=0)
    sender.post(URL, mine)  # the answer is lost
    assert "was changed" in words(sender.post(URL, {**mine, "text": "Mine, longer."}))
    assert Campaign.objects.get().text == "Mine."
    answer = sender.post(URL, mine)
    assert answer.headers["Draft-Version"] == "1"
    sender.post(URL, {**mine, "text": "Theirs.", "version": 1})
    assert "was changed" in words(sender.post(URL, mine))
    assert Campaign.objects.get().text == "Theirs."


def test_the_same_words_are_no_news_to_another_window(sender: Browser, gateway: Gateway) -> None:
    mine = form(text="First.", version=0)
    sender.post(URL, mine)
    sender.post(URL, {**mine, "text": "Second.", "version": 1})
    answer = sender.post(URL, {**mine, "text": "Second.", "version": 0})
    assert answer.headers["Draft-Version"] == "2"
    assert "Saved" in words(sender.post(URL, {**mine, "text": "Third.", "version": 2}))


def test_a_made_up_version_does_not_lock_a_draft(sender: Browser, gateway: Gateway) -> None:
    mine = form(text="First.", version=2**30)
    for text in ("Second.", "Third."):
        assert "Saved" in words(sender.post(URL, {**mine, "text": text}))
    assert Campaign.objects.get().text == "Third."


def test_the_same_words_from_two_windows_warn_nobody(sender: Browser, gateway: Gateway) -> None:
    mine = form(text="First.", version=0)
    sender.post(URL, mine)
    sender.post(URL, {**mine, "version": 1})
    assert "Saved" in words(sender.post(URL, {**mine, "text": "Second.", "version": 1}))


@pytest.mark.parametrize("version", [None, "", "x", "-1", str(10**30)])
def test_a_form_without_a_version_asks_first(
    sender: Browser, gateway: Gateway, version: str | None
) -> None:
    """As one that was open while the portal was upgraded."""
    mine = form(text="First.") if version is None else form(text="First.", version=version)
    assert "Saved" in words(sender.post(URL, mine))
    answer = sender.post(URL, {**mine, "text": "Second."})
    assert "was changed in another window" in words(answer)
    assert Campaign.objects.get().text == "First."


@pytest.mark.django_db(transaction=True)
def test_of_two_first_saves_at_once_one_is_told(roles: None, gateway: Gateway) -> None:
    browser = signed_in("Sender")
    form_uuid = uuid.uuid4()

    def saved(text: str) -> str:
        try:
            return drafts.save_draft(
                form_uuid=form_uuid,
                text=text,
                audience=Audience(numbers="9841234567"),
                gateway=gateway,
                by=browser.user,
                version=0,
            ).text
        except drafts.ChangedElsewhere as changed:
            return f"{changed.campaign.text} is there."

    texts = [f"Number {place}" for place in range(8)]
    said = at_once([partial(saved, text) for text in texts])
    draft = Campaign.objects.get()
    assert draft.version == 1
    assert sorted(said) == sorted([draft.text, *[f"{draft.text} is there."] * 7])


def test_only_the_first_save_makes_a_row(sender: Browser, gateway: Gateway) -> None:
    typed = form(text="First.", version=0)
    for version, made in ((0, 1), (1, 0), (1, 0), (2, 0)):
        with CaptureQueriesContext(connection) as asked:
            sender.post(URL, {**typed, "text": f"After {version}.", "version": version})
        inserted = [one["sql"] for one in asked if one["sql"].startswith("INSERT")]
        assert len(inserted) == made
    assert Campaign.objects.get().version == 3


def test_what_the_review_asked_is_not_written_over(sender: Browser, gateway: Gateway) -> None:
    """The page behind the review does not know what was answered there."""
    typed = form(text="Dear {name}", version=0)
    sender.post("/compose/", typed)
    draft = Campaign.objects.get()
    answer = {"key": "name", "default": "friend", "seen": draft.fingerprint}
    sender.post(f"/campaigns/{draft.pk}/answer/", answer)
    said = words(sender.post("/compose/", {**typed, "text": "Dear {name}!", "version": 1}))
    assert "press Review again" in said
    assert Campaign.objects.get().text == "Dear {name|friend}"


def test_saving_the_same_draft_again_is_no_conflict(sender: Browser, gateway: Gateway) -> None:
    typed = form(version=0)
    for _time in range(3):
        assert "Saved" in words(sender.post(URL, typed))
    assert Campaign.objects.count() == 1


def test_a_sent_message_is_not_changed_by_autosave(sender: Browser, gateway: Gateway) -> None:
    typed = form(version=0)
    sender.post(URL, typed)
    draft = Campaign.objects.get()
    seen = handover.Reviewed.of(draft, review_of(draft, reading(gateway)))
    handover.hand_over(draft, reviewed=seen, by=sender.user)
    assert sender.post(URL, typed).status_code == 204
    assert "was already sent" in words(sender.post(URL, {**typed, "text": "Other."}))
    draft.refresh_from_db()
    assert draft.text == "School is closed tomorrow."


def test_a_draft_is_seen_by_its_author_alone(
    sender: Browser, gateway: Gateway, roles: None
) -> None:
    typed = form(text="Secret plans")
    sender.post(URL, typed)
    other = signed_in("Sender")
    assert "belongs to someone else" in words(other.post(URL, typed))
    draft = Campaign.objects.get()
    assert other.get(draft.get_absolute_url()).status_code == 404
    assert "Secret" not in words(other.get("/drafts/"))
    manager = signed_in("Manager")
    assert manager.get(draft.get_absolute_url()).status_code == 404


def test_the_list_of_drafts_has_them_all(sender: Browser, gateway: Gateway) -> None:
    for number in range(7):
        save(sender, form_uuid=str(uuid.uuid4()), text=f"Number {number}.")
    assert "All my drafts" in words(sender.get("/"))
    page = words(sender.get("/drafts/"))
    assert page.index("Number 6.") < page.index("Number 0.")


def test_answers_of_the_review_stay_in_a_draft(sender: Browser, gateway: Gateway) -> None:
    typed = form(version=0)
    sender.post("/compose/", typed)
    draft = Campaign.objects.get()
    told = {"again": "yes", "first": "yes", "prefer-7": "7"}

    def answers() -> tuple[bool, bool, list[int]]:
        draft.refresh_from_db()
        told = draft.audience
        return told["again"], told["first"], told["preferred"]

    groups = [GroupFactory.create(name=name) for name in "BA"]
    typed |= {"groups": [group.pk for group in reversed(groups)]}  # as the form lists them
    for changed, kept in (
        ({}, (True, True, [7])),
        ({"numbers": "9841234568"}, (False, False, [7])),
        ({"text": "Other words."}, (False, False, [7])),
    ):
        sender.post("/compose/", {**typed, "version": draft.version})
        draft.refresh_from_db()
        sender.post(f"/campaigns/{draft.pk}/answer/", {**told, "seen": draft.fingerprint})
        assert answers() == (True, True, [7])
        sender.post("/compose/", {**typed, "version": draft.version, **changed})
        assert answers() == kept
