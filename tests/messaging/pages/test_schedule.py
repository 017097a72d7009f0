"""What goes out later: the list by day, another time, opened again, copied."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from contacts.models import Group
from messaging.models import BalanceReading, Campaign, CampaignState, Event, Gateway, Recipient
from messaging.services.audience import letters
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import control, follow_ups, schedule
from messaging.services.money import affordability
from sandbox.server import Sandbox
from sociair_portal.common.actors import Actor
from tests.conftest import Browser
from tests.factories import ContactFactory, GroupFactory
from tests.pages import words
from tests.sending import check_books, hand_over, reading, send_all

pytestmark = pytest.mark.django_db


def in_days(days: int, hour: int = 12) -> datetime:
    at = timezone.localtime() + timedelta(days=days)
    return at.replace(hour=hour, minute=0, second=0, microsecond=0)


def scheduled(
    gateway: Gateway, at: datetime, text: str = "Exams begin.", *, by: Actor = None
) -> Campaign:
    campaign = hand_over(gateway, ["9841234567", "9801234567"], text=text, at=at, by=by)
    assert campaign.state == CampaignState.SCHEDULED
    return campaign


def move(sender: Browser, campaign: Campaign, **typed: Any) -> Any:
    assert campaign.scheduled_for is not None
    typed = {"seen": campaign.scheduled_for.isoformat(), **typed}
    return sender.post(f"/campaigns/{campaign.pk}/move/", typed, follow=True)


def shown(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M}"


def test_scheduled_campaigns_are_listed_by_day_and_moved(sender: Browser, gateway: Gateway) -> None:
    first = scheduled(gateway, in_days(3), "Exams begin.", by=sender.user)
    scheduled(gateway, in_days(3, hour=15), "Bring a pen.", by=sender.user)
    scheduled(gateway, in_days(9), "Results.", by=sender.user)
    hand_over(gateway, ["9841234567"], text="At once.", by=sender.user)
    page = words(sender.get("/schedule/"))
    assert page.index("Exams begin.") < page.index("Bring a pen.") < page.index("Results.")
    assert "At once." not in page.split("Scheduled", 3)[-1]
    assert "4 people · Rs 3.20" in page
    assert "2 people · Rs 1.60" in page
    answer = move(sender, first, at=shown(in_days(5)))
    assert "The new time is saved." in words(answer)
    first.refresh_from_db()
    assert first.scheduled_for == in_days(5)
    event = Event.objects.get(campaign=first, kind="moved")
    assert event.by == sender.user
    assert "12:00" in event.words


def test_an_empty_schedule_says_so(sender: Browser, gateway: Gateway) -> None:
    assert "Nothing is scheduled" in words(sender.get("/schedule/"))


def test_the_schedule_says_that_the_balance_is_not_enough(
    sender: Browser, gateway: Gateway
) -> None:
    scheduled(gateway, in_days(1), by=sender.user)
    BalanceReading.objects.update(balance="1")
    assert "is not enough for everything" in words(sender.get("/schedule/"))


def test_one_of_two_moves_a_scheduled_campaign(sender: Browser, gateway: Gateway) -> None:
    campaign = scheduled(gateway, in_days(3), by=sender.user)
    late = Campaign.objects.get(pk=campaign.pk)
    move(sender, campaign, at=shown(in_days(4)))
    answer = move(sender, late, at=shown(in_days(8)))
    assert "someone else moved it" in words(answer)
    campaign.refresh_from_db()
    assert campaign.scheduled_for == in_days(4)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("", "Enter the date and time"),
        ("yesterday", "Enter the date and time"),
        ("2020-01-01T12:00", "This time has passed."),
        ("2199-01-01T12:00", "within the next year"),
    ],
)
def test_a_campaign_is_not_moved_to_an_impossible_time(
    sender: Browser, gateway: Gateway, at: str, said: str
) -> None:
    campaign = scheduled(gateway, in_days(3), by=sender.user)
    answer = move(sender, campaign, at=at)
    assert said in words(answer)
    campaign.refresh_from_db()
    assert campaign.scheduled_for == in_days(3)


def test_moving_a_campaign_into_quiet_hours_asks_first(
    sender: Browser, gateway: Gateway, settings: Any
) -> None:
    campaign = scheduled(gateway, in_days(3), by=sender.user)
    settings.QUIET_HOURS = (21, 7)
    assert "That time is in quiet hours" in words(
        move(sender, campaign, at=shown(in_days(3, hour=22)))
    )
    move(sender, campaign, at=shown(in_days(3, hour=22)), at_night="1")
    campaign.refresh_from_db()
    assert campaign.scheduled_for == in_days(3, hour=22)


def test_moving_a_campaign_to_a_saturday_asks_first(
    sender: Browser, gateway: Gateway, settings: Any
) -> None:
    campaign = scheduled(gateway, in_days(8), by=sender.user)
    settings.QUIET_SATURDAYS = True
    saturday = in_days((5 - timezone.localtime().weekday()) % 7 or 7)
    assert "That time is on a Saturday" in words(move(sender, campaign, at=shown(saturday)))
    move(sender, campaign, at=shown(saturday), at_night="1")
    campaign.refresh_from_db()
    assert campaign.scheduled_for == saturday


def test_a_scheduled_campaign_is_sent_now(
    sender: Browser, gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = scheduled(gateway, in_days(3), by=sender.user)
    assert "Send now to 2 people for Rs 1.60" in words(
        sender.get(f"/campaigns/{campaign.pk}/move/")
    )
    assert "It is being sent." in words(move(sender, campaign, now="1"))
    answer = move(sender, campaign, now="1")  # a second click
    assert "This campaign is no longer scheduled." in words(answer)
    send_all(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert campaign.accepted == 2
    # Paused and resumed it goes on, and does not wait for the time that it had.
    assert Campaign.objects.get(pk=campaign.pk).scheduled_for is None


def test_a_text_that_says_its_day_stays_on_it(sender: Browser, gateway: Gateway) -> None:
    campaign = scheduled(gateway, in_days(3), "Come on {date}.", by=sender.user)
    for typed in ({"at": shown(in_days(4))}, {"now": "1"}):
        assert "was written for" in words(move(sender, campaign, **typed))
    campaign.refresh_from_db()
    assert (campaign.state, campaign.scheduled_for) == ("scheduled", in_days(3))
    move(sender, campaign, at=shown(in_days(3, hour=16)))
    campaign.refresh_from_db()
    assert campaign.scheduled_for == in_days(3, hour=16)


def test_a_scheduled_campaign_is_opened_again_to_change(
    sender: Browser, gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = scheduled(gateway, in_days(3), by=sender.user)
    url = f"/campaigns/{campaign.pk}/open-again/"
    answer = sender.post(url)
    draft = Campaign.objects.get(state="draft")
    assert answer.headers["Location"] == f"/compose/?draft={draft.pk}"
    assert draft.created_by == sender.user
    assert (draft.text, draft.audience) == (campaign.text, campaign.audience)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.cancelled) == ("cancelled", 2)
    sender.post(url)  # a second click
    assert Campaign.objects.filter(state="draft").count() == 1
    send_all(gateway)
    assert sandbox.ledger() == []


def test_a_campaign_that_has_begun_is_not_opened_again(sender: Browser, gateway: Gateway) -> None:
    campaign = hand_over(gateway, ["9841234567"], by=sender.user)
    answer = sender.post(f"/campaigns/{campaign.pk}/open-again/", follow=True)
    assert "is no longer scheduled" in words(answer)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.SENDING
    assert not Campaign.objects.filter(state="draft").exists()


def test_a_campaign_is_copied_into_a_draft(sender: Browser, gateway: Gateway) -> None:
    group = GroupFactory.create(members=[ContactFactory.create()])
    audience = Audience(groups=(group.pk,), again=True)
    campaign = hand_over(gateway, audience, text="Dear {name}.", by=sender.user)
    answer = sender.post(f"/campaigns/{campaign.pk}/copy/")
    draft = Campaign.objects.get(state="draft")
    assert answer.headers["Location"] == f"/compose/?draft={draft.pk}"
    assert draft.text == "Dear {name}."
    assert draft.audience["groups"] == [group.pk]
    assert not draft.audience["again"]
    assert Recipient.objects.count() == 1
    page = sender.get(draft.get_absolute_url())
    assert page.context["form"]["text"].value() == "Dear {name}."


def test_a_copy_for_a_deleted_group_can_be_opened(sender: Browser, gateway: Gateway) -> None:
    group = GroupFactory.create(members=[ContactFactory.create()])
    campaign = hand_over(gateway, Audience(groups=(group.pk,)))
    control.cancel(campaign, by=None)
    Group.objects.all().delete()
    draft = schedule.copy(campaign, gateway=gateway, by=sender.user)
    reading(gateway)
    assert sender.get(draft.get_absolute_url()).status_code == 200


@pytest.mark.parametrize("what", ["move", "open-again", "copy"])
def test_drafts_cannot_be_moved_reopened_or_copied(
    sender: Browser, gateway: Gateway, what: str
) -> None:
    sender.post(
        "/compose/save/", {"form_uuid": "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "text": "x"}
    )
    draft = Campaign.objects.get()
    assert sender.post(f"/campaigns/{draft.pk}/{what}/").status_code == 404


def test_what_is_moved_while_it_would_begin_does_not_begin(
    gateway: Gateway, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = scheduled(gateway, in_days(3))
    Campaign.objects.filter(pk=campaign.pk).update(scheduled_for=timezone.now())
    campaign.refresh_from_db()
    seen = campaign.scheduled_for
    assert seen is not None
    begin = control._move

    def moved_first(*args: Any, **kwargs: Any) -> bool:
        other = Campaign.objects.get(pk=campaign.pk)
        assert schedule.move(other, in_days(2), seen=seen, by=None)
        return begin(*args, **kwargs)

    monkeypatch.setattr(control, "_move", moved_first)
    assert control.start_due(gateway) == 0
    campaign.refresh_from_db()
    assert (campaign.state, campaign.scheduled_for) == ("scheduled", in_days(2))
    send_all(gateway)
    assert sandbox.ledger() == []


def test_what_belongs_to_another_gateway_is_not_moved(sender: Browser, gateway: Gateway) -> None:
    campaign = scheduled(gateway, in_days(3), by=sender.user)
    other = Gateway.objects.create(base_url="https://elsewhere.example/api")
    Campaign.objects.update(gateway=other)
    for typed in ({"now": "1"}, {"at": shown(in_days(4))}):
        assert "belongs to another connection to Sociair" in words(move(sender, campaign, **typed))
    campaign.refresh_from_db()
    assert (campaign.state, campaign.scheduled_for) == ("scheduled", in_days(3))


def test_a_campaign_opened_again_bars_follow_ups(
    sender: Browser, manager: Browser, gateway: Gateway
) -> None:
    """A colleague does not write the old words to the same people."""
    campaign = scheduled(gateway, in_days(3), by=sender.user)
    draft = schedule.open_again(campaign, gateway=gateway, by=sender.user)
    assert draft is not None
    assert draft.scheduled_for == in_days(3)
    with pytest.raises(
        affordability.SendRefused, match="is already writing a message to these people"
    ):
        follow_ups.follow_up(campaign, by=manager.user)


def test_what_is_due_and_does_not_go_out_is_listed(sender: Browser, gateway: Gateway) -> None:
    campaign = scheduled(gateway, in_days(1), by=sender.user)
    Campaign.objects.filter(pk=campaign.pk).update(
        scheduled_for=timezone.now() - timedelta(minutes=5)
    )
    assert [day.campaigns for day in schedule.coming()] == [[campaign]]


def test_a_text_that_says_its_day_is_resumed_by_who_has_seen_it(
    sender: Browser, gateway: Gateway
) -> None:
    campaign = hand_over(gateway, ["9841234567"], text="Come on {date}.", by=sender.user)
    control.pause(campaign, by=None)
    yesterday = timezone.now() - timedelta(days=1)
    Campaign.objects.filter(pk=campaign.pk).update(written_for=yesterday)
    campaign.refresh_from_db()
    with pytest.raises(affordability.SendRefused, match="Check it, then resume"):
        control.resume(campaign, by=None)
    page = sender.get(campaign.get_absolute_url())
    assert f"This message includes the sending date: {page.context['stale_day']}." in words(page)
    typed = {"day": page.context["stale_day"], "cost": str(campaign.cost)}
    sender.post(f"/campaigns/{campaign.pk}/resume/", typed)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.SENDING


def test_a_text_sent_at_once_keeps_its_reviewed_date(gateway: Gateway) -> None:
    later = timezone.now() + timedelta(seconds=1)
    campaign = hand_over(gateway, ["9841234567"], text="Come on {date}.", at=later)
    Campaign.objects.filter(pk=campaign.pk).update(sent_at=later - timedelta(days=3))
    campaign.refresh_from_db()
    assert schedule.move(campaign, None, seen=later, by=None)
    assert letters.stale_day(campaign) == ""
