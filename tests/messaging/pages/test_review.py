"""The receipt before a send: what it says, when it cannot be signed, and the send itself."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.conf import settings as site
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from messaging.models import BalanceReading, Campaign, CampaignState, Event, Gateway, LeftOut
from messaging.services import sociair
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import drafts
from messaging.services.money import balance
from sandbox.server import Sandbox
from tests.at_once import at_once
from tests.conftest import Browser, signed_in
from tests.factories import ContactFactory, GroupFactory, OptOutFactory, UserFactory
from tests.pages import source, words
from tests.sending import check_books, hand_over, numbers, reading, send_all
from tests.woken import OnCommit, woken

pytestmark = pytest.mark.django_db

Draft = Callable[..., Campaign]


@pytest.fixture
def draft(sender: Browser, gateway: Gateway) -> Draft:
    """Writes a draft of the sender's."""

    def written(*entries: str, text: str = "School is closed.", **audience: Any) -> Campaign:
        return drafts.save_draft(
            form_uuid=uuid.uuid4(),
            text=text,
            audience=Audience(numbers=", ".join(entries), **audience),
            gateway=gateway,
            by=sender.user,
        )

    return written


def url(campaign: Campaign) -> str:
    return reverse("messaging:review", args=[campaign.pk])


def signed(browser: Browser, campaign: Campaign) -> str:
    return str(browser.get(url(campaign)).context["signed"])


def send(browser: Browser, campaign: Campaign) -> Any:
    data = {"signed": signed(browser, campaign)}
    return browser.post(url(campaign), data, follow=True)


def test_a_reviewed_message_is_sent_for_its_price(
    sender: Browser,
    draft: Draft,
    gateway: Gateway,
    sandbox: Sandbox,
    django_capture_on_commit_callbacks: OnCommit,
) -> None:
    campaign = draft(*numbers(137))
    reading(gateway)
    shown = sender.get(url(campaign))
    assert "Send to 137 people for Rs 109.60" in words(shown)
    assert "Balance after it Rs 9,890.40" in words(shown)
    data = {"signed": shown.context["signed"]}
    tasks = woken(django_capture_on_commit_callbacks, lambda: sender.post(url(campaign), data))
    assert set(tasks) == {"send"}
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.SENDING
    send_all(gateway)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.accepted) == (CampaignState.DONE, 137)
    check_books(campaign, [entry.mobile for entry in sandbox.ledger()])
    assert Event.objects.filter(campaign=campaign).first().by == sender.user  # type: ignore[union-attr]


def test_the_receipt_lists_prices_people_and_omissions(
    sender: Browser, draft: Draft, gateway: Gateway
) -> None:
    hand_over(gateway, numbers(10))
    first, second = ContactFactory.create(name="Asha"), ContactFactory.create(name="Bikram")
    OptOutFactory.create(mobile=second.mobile)
    group = GroupFactory.create(members=[first, second])
    campaign = draft(
        "9801234567", "9611234567", first.mobile, "9801234567", "12", "9721234567",
        text="नमस्ते", groups=(group.pk,),
    )  # fmt: skip
    said = words(sender.get(url(campaign)))
    assert "6 characters (Unicode) · 1 part" in said
    assert "NTC 1 person × 1 part × Rs 0.80 Rs 0.80" in said
    assert "Smart Cell 1 person × 1 part × Rs 0.80 Rs 0.80" in said
    assert "3 people Rs 2.40" in said
    assert "Already committed 1 campaign under way − Rs 8.00" in said
    assert "This message − Rs 2.40" in said
    assert "Balance after it Rs 9,989.60" in said
    assert f"For: in {group.name}; 6 entered numbers" in said
    assert "5 entries get no message of their own" in said
    shown = f"{first.mobile[:3]}-{first.mobile[3:]}"
    assert f"{shown} The number of Asha, who is chosen already: it gets one message." in said
    assert "9801234567 The same number as 980-1234567: it gets one message." in said
    assert "12 This number is too short" in said
    assert "972-1234567 Sociair states no price for this operator." in said
    assert f"Bikram {second.mobile[:3]}-{second.mobile[3:]} Opted out on" in said
    assert "3 people get it" in said
    assert "Asha" in said
    assert "Send to 3 people for Rs 2.40" in said


def test_the_receipt_counts_one_in_the_singular(
    sender: Browser, draft: Draft, gateway: Gateway
) -> None:
    campaign = draft("9801234567", "1")
    reading(gateway)
    said = words(sender.get(url(campaign)))
    assert "Send to 1 person for Rs 0.80" in said
    assert "1 entry gets no message of its own" in said
    assert "1 person gets it" in said


def test_the_receipt_cuts_a_long_list_of_omissions(
    sender: Browser, draft: Draft, gateway: Gateway
) -> None:
    reading(gateway)
    shown = sender.get(url(draft("9801234567", *map(str, range(250)))))
    assert len(shown.context["review"].first_omissions) == 200
    assert "250 entries get no message of their own" in words(shown)
    assert "The first 200 of 250." in words(shown)


def test_omissions_are_kept_with_the_campaign(
    sender: Browser, draft: Draft, gateway: Gateway
) -> None:
    campaign = draft("9801234567", "1", "9801234567")
    reading(gateway)
    send(sender, campaign)
    reasons = LeftOut.objects.filter(campaign=campaign).values_list("reason", flat=True)
    assert sorted(reasons) == ["duplicate", "invalid"]


def test_a_large_campaign_from_the_review_wakes_the_preparation(
    sender: Browser,
    draft: Draft,
    gateway: Gateway,
    settings: Settings,
    django_capture_on_commit_callbacks: OnCommit,
) -> None:
    settings.INLINE_RECIPIENTS = 2
    campaign = draft(*numbers(3))
    reading(gateway)
    tasks = woken(django_capture_on_commit_callbacks, lambda: send(sender, campaign))
    assert tasks == ["prepare"]
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PREPARING


# -- Permission ------------------------------------------------------------------------------


def test_a_draft_is_reviewed_only_by_author_and_manager(
    sender: Browser, manager: Browser, draft: Draft, gateway: Gateway
) -> None:
    campaign = draft("9801234567")
    reading(gateway)
    assert signed_in("Sender").get(url(campaign)).status_code == 404
    shown = manager.get(url(campaign))
    assert f"This is a draft of {sender.user.username}, who alone can send it." in words(shown)
    assert "Send to" not in words(shown)
    data = {"signed": shown.context["signed"]}
    assert manager.post(url(campaign), data).status_code == 403
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.DRAFT


def test_the_review_is_for_those_who_may_send(
    client: Client, draft: Draft, gateway: Gateway
) -> None:
    campaign = draft("9801234567")
    client.force_login(UserFactory.create())
    for name in ("review", "receipt"):
        assert client.get(reverse(f"messaging:{name}", args=[campaign.pk])).status_code == 403
    delete = reverse("messaging:delete_draft", args=[campaign.pk])
    assert client.post(delete).status_code == 403
    for role in ("Manager", "Sender"):
        assert signed_in(role).get(delete).status_code == 404
        assert signed_in(role).post(delete).status_code == 404
    assert Campaign.objects.count() == 1


def test_a_draft_is_deleted_after_a_question(
    sender: Browser, draft: Draft, gateway: Gateway
) -> None:
    campaign = draft("9801234567")
    delete = reverse("messaging:delete_draft", args=[campaign.pk])
    assert "Delete this draft?" in words(sender.get(delete))
    assert Campaign.objects.count() == 1
    response = sender.post(delete, follow=True)
    assert "The draft is deleted." in words(response)
    assert Campaign.objects.count() == 0


def test_what_was_sent_cannot_be_deleted(sender: Browser, gateway: Gateway) -> None:
    campaign = hand_over(gateway, ["9801234567"], by=sender.user)
    delete = reverse("messaging:delete_draft", args=[campaign.pk])
    assert sender.post(delete).status_code == 404
    assert Campaign.objects.count() == 1


# -- The balance -----------------------------------------------------------------------------


def test_the_review_waits_for_a_fresh_balance(
    sender: Browser,
    draft: Draft,
    gateway: Gateway,
    django_capture_on_commit_callbacks: OnCommit,
) -> None:
    campaign = draft("9801234567")
    Gateway.objects.update(swept_at=timezone.now())
    tasks = woken(django_capture_on_commit_callbacks, lambda: sender.get(url(campaign)))
    assert tasks == ["read_balance"]
    shown = sender.get(url(campaign))
    assert "Reading the balance…" in words(shown)
    assert "Look again" in words(shown)
    assert "Send to" not in words(shown)
    assert 'hx-trigger="every 1s"' in source(shown)
    balance.read_balance(gateway)
    assert "Send to 1 person" in words(sender.get(url(campaign)))


def test_a_send_by_an_old_balance_comes_back(
    sender: Browser, draft: Draft, gateway: Gateway
) -> None:
    campaign = draft("9801234567")
    reading(gateway)
    data = {"signed": signed(sender, campaign)}
    BalanceReading.objects.update(
        asked_at=timezone.now() - timedelta(seconds=61),
        read_at=timezone.now() - timedelta(seconds=61),
    )
    response = sender.post(url(campaign), data, follow=True)
    assert response.redirect_chain == [(url(campaign), 302)]
    assert "Refreshing the balance. Press Send again in a few seconds." in words(response)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.DRAFT


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [("token", "Sociair refused the token."), ("down", "Sociair cannot be reached.")],
)
def test_the_review_says_why_there_is_no_balance(
    fault: str,
    sentence: str,
    sender: Browser,
    draft: Draft,
    gateway: Gateway,
    sandbox: Sandbox,
    settings: Settings,
) -> None:
    campaign = draft("9801234567")
    if fault == "token":
        settings.SOCIAIR_TOKEN = "wrong"
    else:
        sandbox.stop()
    with pytest.raises(sociair.BalanceUnknown):
        balance.read_balance(gateway)
    shown = sender.get(url(campaign))
    assert sentence in words(shown)
    assert "The message is kept as a draft" in words(shown)
    assert "School is closed." in words(shown)
    assert "Send to" not in words(shown)
    assert 'hx-trigger="every 5s"' in source(shown)


def test_the_review_says_that_the_worker_is_silent(
    sender: Browser, draft: Draft, gateway: Gateway
) -> None:
    Gateway.objects.update(swept_at=timezone.now() - timedelta(minutes=4))
    assert "The worker is not running, so the balance cannot be read" in words(
        sender.get(url(draft("9801234567")))
    )


def test_the_review_says_what_the_balance_lacks(
    sender: Browser, draft: Draft, gateway: Gateway
) -> None:
    campaign = draft("9801234567", "9811234567")
    reading(gateway, amount="1.00")
    shown = sender.get(url(campaign))
    assert "The balance does not suffice: Rs 0.60 more are needed." in words(shown)
    assert "Send to" not in words(shown)
    response = sender.post(url(campaign), {"signed": shown.context["signed"]}, follow=True)
    assert "Not enough balance left" in words(response)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.DRAFT


# -- What can change under one's hands -------------------------------------------------------


def test_the_review_says_that_nobody_is_left(
    sender: Browser, draft: Draft, gateway: Gateway
) -> None:
    by = UserFactory.create(username="asha")
    OptOutFactory.create(mobile="9801234567", reason="Asked at the desk", created_by=by)
    reading(gateway)
    shown = sender.get(url(draft("9801234567")))
    assert "Nobody is left to send to." in words(shown)
    today = timezone.localtime()
    said = f"Opted out on {today.day} {today:%b %Y} (entered by asha): Asked at the desk"
    assert f"980-1234567 {said}" in words(shown)
    assert "Send to" not in words(shown)


def test_the_review_says_that_a_group_is_gone(
    sender: Browser, draft: Draft, gateway: Gateway
) -> None:
    group = GroupFactory.create(members=[ContactFactory.create()])
    campaign = draft("9801234567", groups=(group.pk,))
    reading(gateway)
    data = {"signed": signed(sender, campaign)}
    group.delete()
    response = sender.post(url(campaign), data, follow=True)
    assert words(response).count("A group that you chose has been deleted meanwhile.") == 2
    assert "The message is kept as a draft." in words(response)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.DRAFT


def test_the_review_asks_again_when_dearer(sender: Browser, draft: Draft, gateway: Gateway) -> None:
    group = GroupFactory.create(members=[ContactFactory.create()])
    campaign = draft(groups=(group.pk,))
    reading(gateway)
    data = {"signed": signed(sender, campaign)}
    group.members.add(ContactFactory.create())
    response = sender.post(url(campaign), data, follow=True)
    assert "The recipients or the prices have changed since you looked" in words(response)
    assert "Send to 2 people for Rs 1.60" in words(response)


def test_the_review_says_it_changed_in_another_window(
    sender: Browser, draft: Draft, gateway: Gateway
) -> None:
    campaign = draft("9801234567")
    reading(gateway)
    data = {"signed": signed(sender, campaign)}
    drafts.save_draft(
        form_uuid=campaign.form_uuid,
        text="Other words.",
        audience=Audience(numbers="9801234567"),
        gateway=gateway,
        by=sender.user,
    )
    response = sender.post(url(campaign), data, follow=True)
    assert "This message was changed in another window." in words(response)
    assert "Other words." in words(response)


@pytest.mark.parametrize("wrong", ["", "x", "WyJhIiwxLCIxIl0:1abcde:x"])
def test_a_broken_signature_sends_nothing(
    wrong: str, sender: Browser, draft: Draft, gateway: Gateway
) -> None:
    campaign = draft("9801234567")
    reading(gateway)
    response = sender.post(url(campaign), {"signed": wrong}, follow=True)
    assert "Look at the receipt once more, then send." in words(response)


def test_a_signature_is_for_one_draft(sender: Browser, draft: Draft, gateway: Gateway) -> None:
    first, second = draft("9801234567"), draft("9801234567")
    reading(gateway)
    data = {"signed": signed(sender, first)}
    response = sender.post(url(second), data, follow=True)
    assert "Look at the receipt once more, then send." in words(response)


def test_a_receipt_that_is_sent_twice_sends_once(
    sender: Browser, draft: Draft, gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = draft("9801234567")
    reading(gateway, amount="1.00")
    data = {"signed": signed(sender, campaign)}
    for _click in range(2):
        response = sender.post(url(campaign), data, follow=True)
        assert response.redirect_chain[-1][0] == reverse("messaging:campaign", args=[campaign.pk])
        assert "alert-danger" not in source(response)
    send_all(gateway)
    assert len(sandbox.ledger()) == 1


@pytest.mark.django_db(transaction=True)
def test_ten_clicks_at_once_send_once(roles: None, gateway: Gateway, sandbox: Sandbox) -> None:
    browser = signed_in("Sender")
    campaign = drafts.save_draft(
        form_uuid=uuid.uuid4(),
        text="Closed.",
        audience=Audience(numbers="9801234567"),
        gateway=gateway,
        by=browser.user,
    )
    reading(gateway, amount="1.00")
    data = {"signed": signed(browser, campaign)}
    clients = [Client() for _click in range(10)]
    for each in clients:
        each.cookies[site.SESSION_COOKIE_NAME] = browser.cookies[site.SESSION_COOKIE_NAME]
    responses = at_once([partial(each.post, url(campaign), data) for each in clients])
    assert {response.headers["Location"] for response in responses} == {
        reverse("messaging:campaign", args=[campaign.pk])
    }
    send_all(gateway)
    assert len(sandbox.ledger()) == 1


def test_a_draft_for_another_gateway_cannot_be_sent(
    sender: Browser, draft: Draft, gateway: Gateway
) -> None:
    campaign = draft("9801234567")
    other = Gateway.objects.create(base_url="https://other.example/api")
    Campaign.objects.update(gateway=other)
    reading(other)
    shown = sender.get(url(campaign))
    assert "This draft was written for another gateway (https://other.example/api)." in words(shown)
    assert "Send to" not in words(shown)


# -- The open page ---------------------------------------------------------------------------


def look(browser: Browser, campaign: Campaign, seen: str) -> Any:
    return browser.get(reverse("messaging:receipt", args=[campaign.pk]), {"seen": seen})


def test_an_open_review_follows_the_balance(
    sender: Browser, draft: Draft, gateway: Gateway
) -> None:
    campaign = draft("9801234567")
    waiting = sender.get(url(campaign)).context["seen"]
    assert look(sender, campaign, waiting).status_code == 204
    reading(gateway)
    ready = look(sender, campaign, waiting)
    assert "Send to 1 person for Rs 0.80" in words(ready)
    seen = ready.context["seen"]
    assert look(sender, campaign, seen).status_code == 204
    reading(gateway)
    assert look(sender, campaign, seen).status_code == 204
    reading(gateway, amount="50")
    assert "Balance after it Rs 49.20" in words(look(sender, campaign, seen))
    hand_over(gateway, numbers(5))
    seen = sender.get(url(campaign)).context["seen"]
    hand_over(gateway, numbers(5, first=9000))
    reading(gateway, amount="50")
    assert "Already committed 2 campaigns under way − Rs 8.00" in words(
        look(sender, campaign, seen)
    )


def test_an_open_review_leads_to_the_sent_campaign(
    sender: Browser, draft: Draft, gateway: Gateway
) -> None:
    campaign = draft("9801234567")
    reading(gateway)
    send(sender, campaign)
    response = look(sender, campaign, "")
    assert response.headers["HX-Redirect"] == reverse("messaging:campaign", args=[campaign.pk])
    assert sender.get(url(campaign)).headers["Location"] == response.headers["HX-Redirect"]


def test_queries_of_the_review_do_not_grow_with_people(
    sender: Browser,
    draft: Draft,
    gateway: Gateway,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    reading(gateway)
    for people in (1, 60):
        campaign = draft(
            groups=(GroupFactory.create(members=ContactFactory.create_batch(people)).pk,)
        )
        with django_assert_max_num_queries(23):
            sender.get(url(campaign))
