"""Reviews that the worker counts: as if counted at once, of what is there now, by one worker."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from contacts.models import Contact, ContactField, Group
from messaging.models import (
    BalanceReading,
    Campaign,
    CampaignState,
    CountState,
    Gateway,
    PeopleCount,
    RecipientTable,
)
from messaging.services.audience.choice import Audience
from messaging.services.audience.counts import most_people
from messaging.services.campaigns import (
    counting,
    drafts,
    handover,
    kept_counts,
    preparation,
    review,
    review_counts,
    signed_people,
)
from messaging.services.campaigns.estimate import estimate
from messaging.services.campaigns.review import Review, review_of
from messaging.services.privacy.erasing import begin, go_on_with
from tests.factories import ContactFactory, GroupFactory, OptOutFactory
from tests.sending import hand_over, numbers, reading

pytestmark = pytest.mark.django_db

STATIC, PERSONAL = "School is closed.", "Dear {name}, the fee is {fee}."


@pytest.fixture(autouse=True)
def all_are_many(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.COUNTED_AT_ONCE = 0
    settings.INLINE_RECIPIENTS = 3
    settings.SAME_TEXT_HOURS = 24
    monkeypatch.setattr(review, "_PIECE", 4)


@pytest.fixture
def group(db: None) -> Group:
    """Of everyone whom a review has something to say of."""
    ContactField.objects.create(name="Fee", key="fee", kind="number")
    people = [ContactFactory.create(fields={"fee": n}) for n in range(12)]
    people.append(ContactFactory.create(fields={}))
    people.append(ContactFactory.create(fields={"fee": "9" * 150}))
    people += [ContactFactory.create(mobile="9801234567", fields={"fee": n}) for n in range(2)]
    people.append(ContactFactory.create(mobile="9721234567", fields={"fee": 1}))
    OptOutFactory.create(mobile=people[3].mobile)
    return GroupFactory.create(members=people)


def draft_of(gateway: Gateway, text: str, **audience: Any) -> Campaign:
    return drafts.save_draft(
        form_uuid=uuid.uuid4(), text=text, audience=Audience(**audience), gateway=gateway, by=None
    )


def work() -> None:
    counting.count_what_waits(go_on=lambda: True)


def count_of(campaign: Campaign, balance: BalanceReading | None = None) -> PeopleCount:
    count = review_counts.count_of(campaign, balance or reading(campaign.gateway))
    assert count is not None
    return count


def counted(campaign: Campaign) -> Review:
    balance = reading(campaign.gateway)
    assert not count_of(campaign, balance).is_done
    work()
    count = count_of(campaign, balance)
    assert count.is_done
    return review_counts.review_from(count, campaign, balance)


def said(found: Review) -> dict[str, Any]:
    """All that a receipt says, and what is signed."""
    names = Review.__dataclass_fields__.keys() - {"reading", "committed", "first_questions"}
    return {name: getattr(found, name) for name in names} | {
        "questions": [
            (question.mobile, [(person.pk, text) for person, text in question.choices])
            for question in found.first_questions
        ],
        "asked": found.questions,
        "who": signed_people.who_is_signed(found),
        "cost": found.cost,
        "parts": found.parts,
    }


@pytest.mark.parametrize("text", [STATIC, PERSONAL, "Hello {name|friend}"])
@pytest.mark.parametrize("pasted", ["", "9861234567 9801234567 12 9861234567 9861234568"])
def test_what_is_counted_by_the_worker_is_what_a_page_would_count(
    gateway: Gateway, group: Group, text: str, pasted: str
) -> None:
    some = group.members.order_by("mobile").values_list("mobile", flat=True)[4:6]
    preparation.prepare(hand_over(gateway, [*some, "9861234567"], text="School is closed."))
    campaign = draft_of(gateway, text, groups=(group.pk,), numbers=pasted)
    found = said(counted(campaign))
    expected = said(review_of(campaign, BalanceReading.objects.latest("id")))
    assert found["repeated"] == (0 if text != STATIC else 3 if pasted else 2)
    assert found == expected


def test_a_table_is_counted_by_the_worker_too(gateway: Gateway) -> None:
    table = RecipientTable.objects.create(
        file_name="fees.csv",
        columns=[["name", "Name"], ["mobile", "Mobile"], ["fee", "Fee"]],
        number_key="mobile",
        name_key="name",
        is_complete=True,
        size=3,
        unreadable=1,
    )
    for line, mobile, reason in (
        (2, "9841234567", ""),
        (3, "", "No number."),
        (4, "9841234568", ""),
    ):
        table.rows.create(
            line=line, mobile=mobile, reason=reason, name=f"P{line}", fields={"fee": str(line)}
        )
    campaign = draft_of(gateway, "Pay {fee}", table=str(table.pk))
    found = counted(campaign)
    assert said(found) == said(review_of(campaign, BalanceReading.objects.latest("id")))
    assert (found.people, found.omitted, len(found.first_omissions)) == (2, 1, 1)


def _other_text(campaign: Campaign) -> None:
    change(campaign, text="Another {name}")


def _other_answers(campaign: Campaign) -> None:
    change(campaign, again=True)


def change(campaign: Campaign, text: str = "", **audience: Any) -> None:
    told = Audience.from_json(campaign.audience | audience)
    assert drafts.change_draft(
        campaign, text=text or campaign.text, audience=told, seen=campaign.fingerprint
    )
    campaign.refresh_from_db()


def _another_day(campaign: Campaign) -> None:
    drafts.plan(campaign, timezone.now() + timedelta(days=3))


def _somebody_got_it(campaign: Campaign) -> None:
    hand_over(campaign.gateway, numbers(1), text="Dear {name|you}")


CHANGES: dict[str, Callable[[Campaign], object]] = {
    "somebody is added": lambda _c: Group.objects.get().members.add(ContactFactory.create()),
    "a field is changed": lambda _c: Contact.objects.update(fields={"fee": 1}),
    "numbers are written otherwise": lambda _c: ContactField.objects.update(shown_as="decimals"),
    "somebody opts out": lambda _c: OptOutFactory.create(),
    "the text": _other_text,
    "an answer": _other_answers,
    "the day": _another_day,
    "the same text goes out to others": _somebody_got_it,
}


@pytest.mark.parametrize("changed", CHANGES.values(), ids=CHANGES)
def test_what_has_changed_is_counted_anew(
    gateway: Gateway, group: Group, changed: Callable[[Campaign], object]
) -> None:
    campaign = draft_of(gateway, "{name} {fee} {date}", groups=(group.pk,))
    counted(campaign)
    assert count_of(campaign).is_done
    changed(campaign)
    assert count_of(campaign).state == CountState.ASKED
    work()
    assert count_of(campaign).is_done
    found = review_counts.review_from(count_of(campaign), campaign, reading(gateway))
    assert said(found) == said(review_of(campaign, reading(gateway)))


def test_an_operator_that_has_a_price_now_is_counted_anew(
    gateway: Gateway, group: Group, settings: Settings
) -> None:
    campaign = draft_of(gateway, STATIC, groups=(group.pk,))
    before = counted(campaign).people
    settings.SOCIAIR_OTHER_RATE = Decimal(2)
    assert counted(campaign).people == before + 1


def test_another_price_changes_the_cost_and_needs_no_count(gateway: Gateway, group: Group) -> None:
    campaign = draft_of(gateway, PERSONAL, groups=(group.pk,))
    before = counted(campaign)
    dearer = reading(gateway)
    BalanceReading.objects.filter(pk=dearer.pk).update(ntc_rate="1.60", ncell_rate="1.60")
    dearer.refresh_from_db()
    count = count_of(campaign, dearer)
    assert count.is_done
    now = review_counts.review_from(count, campaign, dearer)
    assert (now.cost, now.people) == (before.cost * 2, before.people)


def test_a_change_while_it_is_counted_makes_it_be_counted_anew(
    gateway: Gateway, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = draft_of(gateway, PERSONAL, groups=(group.pk,))
    count_of(campaign)
    note = kept_counts.note
    added: list[Contact] = []

    def noted(count: PeopleCount, **found: Any) -> None:
        note(count, **found)
        if "counted" in found and not added:
            added.append(ContactFactory.create(fields={"fee": 5}))
            group.members.add(added[0])

    monkeypatch.setattr(kept_counts, "note", noted)
    work()
    assert added
    assert not count_of(campaign).is_done
    work()
    assert count_of(campaign).is_done


def test_people_who_change_do_not_stop_the_count_that_runs(gateway: Gateway, group: Group) -> None:
    """Else it would never end in an office where someone is changed now and then."""
    campaign = draft_of(gateway, PERSONAL, groups=(group.pk,))
    count_of(campaign)
    looks: list[CountState] = []

    def go_on() -> bool:
        if len(looks) < 4:
            group.members.add(ContactFactory.create(fields={"fee": 5}))
        looks.append(CountState(count_of(campaign).state))
        return True

    assert kept_counts.may_wake(count_of(campaign))
    counting.count_what_waits(go_on=go_on)
    assert looks[0] == CountState.ASKED
    assert set(looks[1:4]) == {CountState.RUNNING}
    assert looks.count(CountState.ASKED) == 2  # again at its end, and no oftener
    assert looks[-1] == CountState.DONE
    group.members.add(ContactFactory.create(fields={"fee": 5}))
    again = count_of(campaign)
    assert again.state == CountState.ASKED  # it was of people as they were
    assert not kept_counts.may_wake(again)  # pages that look do not keep the worker busy
    PeopleCount.objects.update(woken_at=timezone.now() - timedelta(seconds=11))
    assert kept_counts.may_wake(again)
    work()
    assert count_of(campaign).is_done


def test_another_text_stops_the_count_that_runs(gateway: Gateway, group: Group) -> None:
    campaign = draft_of(gateway, PERSONAL, groups=(group.pk,))
    assert kept_counts.may_wake(count_of(campaign))
    running = kept_counts.take()
    assert running is not None
    change(campaign, text="Another {name}")
    count = count_of(campaign)
    assert count.state == CountState.ASKED
    assert kept_counts.may_wake(count)
    with pytest.raises(kept_counts.Overtaken):
        kept_counts.note(running, result={"people": 1}, state=CountState.DONE)


def test_a_count_grows_and_is_not_taken_by_two(gateway: Gateway, group: Group) -> None:
    campaign = draft_of(gateway, PERSONAL, groups=(group.pk,))
    count_of(campaign)
    grown: list[int] = []

    def go_on() -> bool:
        grown.append(PeopleCount.objects.get().counted)
        assert grown == [0] or kept_counts.take() is None
        return True

    counting.count_what_waits(go_on=go_on)
    assert grown[:4] == [0, 0, 3, 7]
    assert count_of(campaign).is_done


def test_a_count_of_one_text_for_all_shows_that_its_worker_is_there(
    gateway: Gateway, group: Group
) -> None:
    """Between the questions, of which each may take long; else another worker takes it over."""
    group.members.add(*ContactFactory.create_batch(5))
    campaign = draft_of(gateway, STATIC, groups=(group.pk,))
    count_of(campaign)
    steps: list[int] = []

    def go_on() -> bool:
        steps.append(PeopleCount.objects.get().counted)
        PeopleCount.objects.update(worked_at=timezone.now() - timedelta(seconds=50))
        return True

    counting.count_what_waits(go_on=go_on)
    assert steps == [0, 0, 20, 20, 20]
    assert count_of(campaign).is_done


def test_a_worker_that_ends_leaves_the_count_to_the_next(gateway: Gateway, group: Group) -> None:
    campaign = draft_of(gateway, PERSONAL, groups=(group.pk,))
    count_of(campaign)
    steps = iter([True, True, False, False])
    counting.count_what_waits(go_on=lambda: next(steps))
    assert count_of(campaign).state == CountState.ASKED
    work()
    assert count_of(campaign).is_done


def test_a_killed_workers_count_is_made_from_the_beginning(gateway: Gateway, group: Group) -> None:
    campaign = draft_of(gateway, PERSONAL, groups=(group.pk,))
    count_of(campaign)
    killed = kept_counts.take()
    assert killed is not None
    kept_counts.note(killed, counted=7)
    work()
    assert count_of(campaign).state == CountState.RUNNING  # it may only be slow
    PeopleCount.objects.update(worked_at=timezone.now() - timedelta(minutes=2))
    work()
    assert count_of(campaign).is_done
    with pytest.raises(kept_counts.Overtaken):  # it was slow after all
        kept_counts.note(killed, result={"people": 1})


def test_a_count_that_fails_is_given_up_and_tried_again_by_a_page(
    gateway: Gateway, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = draft_of(gateway, PERSONAL, groups=(group.pk,))
    count_of(campaign)
    with monkeypatch.context() as patch:
        patch.setattr(counting, "review_of", lambda *_args, **_more: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            work()
    assert count_of(campaign).is_given_up
    PeopleCount.objects.update(worked_at=timezone.now() - timedelta(minutes=2))
    assert count_of(campaign).state == CountState.ASKED
    work()
    assert count_of(campaign).is_done


def test_two_windows_wait_for_one_count_and_wake_the_worker_once(
    gateway: Gateway, group: Group
) -> None:
    campaign = draft_of(gateway, PERSONAL, groups=(group.pk,))
    balance = reading(gateway)
    first, second = count_of(campaign, balance), count_of(campaign, balance)
    assert first.pk == second.pk
    assert [kept_counts.may_wake(first), kept_counts.may_wake(second)] == [True, False]
    PeopleCount.objects.update(woken_at=timezone.now() - timedelta(minutes=1))
    assert kept_counts.may_wake(second)
    work()
    assert not kept_counts.may_wake(second)


def test_what_is_handed_over_is_what_was_counted_and_signed(gateway: Gateway, group: Group) -> None:
    campaign = draft_of(gateway, PERSONAL, groups=(group.pk,))
    signed = handover.Reviewed.of(campaign, counted(campaign))
    reading(gateway)
    handover.hand_over(campaign, reviewed=signed, by=None)
    assert campaign.state == CampaignState.PREPARING  # not in the page, however few are left
    preparation.prepare(campaign)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.cost) == (CampaignState.SENDING, signed.cost)


@pytest.mark.parametrize("text", [STATIC, PERSONAL])
def test_who_is_swapped_after_the_count_is_seen(gateway: Gateway, group: Group, text: str) -> None:
    campaign = draft_of(gateway, text, groups=(group.pk,))
    signed = handover.Reviewed.of(campaign, counted(campaign))
    group.members.remove(group.members.order_by("mobile")[4])
    group.members.add(ContactFactory.create(fields={"fee": 1}))
    reading(gateway)
    handover.hand_over(campaign, reviewed=signed, by=None)
    preparation.prepare(campaign)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PAUSED
    assert "Someone was added" in campaign.pause_reason


def test_an_estimate_uses_the_count_whatever_the_text_says(gateway: Gateway, group: Group) -> None:
    reading(gateway)
    audience = Audience(groups=(group.pk,), numbers="9861234567 9801234567")
    unknown = estimate(STATIC, audience, gateway)
    assert (unknown.is_unknown, unknown.waits, unknown.cost) == (True, True, None)
    work()
    found = estimate("Another text", audience, gateway)
    assert not found.waits
    small = Audience(groups=(group.pk,), numbers="9861234567 9801234567")
    assert found.reached == 15
    assert (
        found.omitted
        == review_of(
            draft_of(gateway, STATIC, groups=small.groups, numbers=small.numbers), reading(gateway)
        ).omitted
    )
    group.members.add(ContactFactory.create())
    old = estimate(STATIC, audience, gateway)
    assert (old.is_old, old.waits, old.reached) == (True, True, 15)
    work()
    assert estimate(STATIC, audience, gateway).reached == 16


def test_a_count_holds_no_name_and_no_number(gateway: Gateway, group: Group) -> None:
    campaign = draft_of(gateway, PERSONAL, groups=(group.pk,), numbers="9861234567")
    counted(campaign)
    estimate(PERSONAL, Audience(groups=(group.pk,), numbers="9861234567"), gateway)
    work()
    kept = str(list(PeopleCount.objects.values()))
    assert "9861234567" not in kept
    for contact in Contact.objects.all():
        assert contact.mobile not in kept
        assert contact.name not in kept


def test_a_count_of_one_person_left_of_two_large_groups_does_not_tell_who_it_is(
    gateway: Gateway, group: Group, settings: Settings
) -> None:
    settings.COUNTED_AT_ONCE = 10
    one = group.members.order_by("pk")[0]
    other = GroupFactory.create(members=[one, *ContactFactory.create_batch(12)])
    audience = Audience(groups=(group.pk, other.pk), of_all=True)
    assert estimate(STATIC, audience, gateway).is_unknown
    work()
    assert estimate(STATIC, audience, gateway).reached == 1
    draft = draft_of(gateway, STATIC, groups=audience.groups, of_all=True)
    assert counted(draft).people == 1
    kept = str(list(PeopleCount.objects.values()))
    assert PeopleCount.objects.count() == 2
    assert one.mobile not in kept


def test_anonymising_someone_deletes_the_counts(gateway: Gateway, group: Group) -> None:
    """Also one that is just being made, whose worker saves nothing any more."""
    campaign = draft_of(gateway, STATIC, groups=(group.pk,))
    before = counted(campaign)
    estimate(STATIC, Audience(groups=(group.pk,)), gateway)
    counting_her = kept_counts.take()
    assert counting_her is not None
    erasure = begin(group.members.order_by("pk")[0].mobile, by=None, reason="Asked.")
    assert go_on_with(erasure)
    assert not PeopleCount.objects.exists()
    with pytest.raises(kept_counts.Overtaken):
        kept_counts.note(counting_her, result={"mark": before.mark})
    assert counted(campaign).people == before.people - 1


def test_counts_of_what_was_sent_and_old_ones_are_forgotten(gateway: Gateway, group: Group) -> None:
    campaign = draft_of(gateway, PERSONAL, groups=(group.pk,))
    counted(campaign)
    estimate(STATIC, Audience(groups=(group.pk,)), gateway)
    work()
    kept_counts.forget_old()
    assert PeopleCount.objects.count() == 2
    Campaign.objects.filter(pk=campaign.pk).update(state=CampaignState.CANCELLED)
    kept_counts.forget_old()
    assert PeopleCount.objects.count() == 1
    PeopleCount.objects.update(worked_at=timezone.now() - timedelta(days=2))
    kept_counts.forget_old()
    assert PeopleCount.objects.count() == 0


def test_few_people_are_counted_at_once(gateway: Gateway, group: Group, settings: Settings) -> None:
    settings.COUNTED_AT_ONCE = 18
    campaign = draft_of(gateway, PERSONAL, groups=(group.pk,), numbers="9861234567")
    assert most_people(Audience.from_json(campaign.audience)) == 18
    assert review_counts.count_of(campaign, reading(gateway)) is None
    settings.COUNTED_AT_ONCE = 17
    assert review_counts.count_of(campaign, reading(gateway)) is not None
