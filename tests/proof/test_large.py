"""A campaign too large for a web request: prepared in pieces, through kills, and never in the way
of a small one."""

import uuid
from signal import SIGKILL

import pytest

from contacts.models import Contact, Group
from contacts.phone import operator_of
from messaging import tasks
from messaging.models import Batch, Campaign, CampaignState, Gateway, Recipient
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import control, drafts, handover
from messaging.services.campaigns.review import review_of
from sandbox.server import Sandbox
from sociair_portal.common.bulk_rows import insert_rows, take_stock
from tests.proof.conftest import Start
from tests.proof.person import see_to_its_end
from tests.proof.steps import Step, Strike
from tests.proof.workers import until
from tests.sending import check_books, numbers, reading

pytestmark = pytest.mark.django_db(transaction=True)


_RICH = 1_000_000  # rupees
_SENDERS = 2
_FEW = 20_000  # recipients; a campaign of so many is not sent to its end but cancelled


def _group_of(people: int) -> Group:
    group = Group.objects.create(name="Everybody")
    everybody = Contact.objects.bulk_create(
        Contact(
            name=f"Person {place}",
            name_key=f"person{place}",
            mobile=mobile,
            operator=operator_of(mobile),
        )
        for place, mobile in enumerate(numbers(people))
    )
    through = Group.members.through
    insert_rows(through, ["group", "contact"], [(group.pk, person.pk) for person in everybody])
    take_stock(Contact, through, added=people)
    return group


def _hand_over(gateway: Gateway, audience: Audience, text: str) -> Campaign:
    draft = drafts.save_draft(
        form_uuid=uuid.uuid4(),
        text=text,
        audience=audience,
        gateway=gateway,
        by=None,
    )
    seen = review_of(draft, reading(gateway, amount=str(_RICH)))
    assert handover.hand_over(draft, reviewed=handover.Reviewed.of(draft, seen), by=None)
    return draft


@pytest.mark.parametrize("people", [12_000, pytest.param(100_000, marks=pytest.mark.long)])
def test_a_large_campaign_is_prepared_through_kills(
    people: int, start: Start, gateway: Gateway, sandbox: Sandbox
) -> None:
    sandbox.settings(balance=_RICH)
    everybody = Audience(groups=(_group_of(people).pk,))
    campaign = _hand_over(gateway, everybody, "The fair begins tomorrow.")
    assert campaign.state == CampaignState.PREPARING

    # Killed in the middle of a piece, twice; each time it goes on with that piece.
    frozen = []
    for _kill in range(2):
        with start(strike=Strike(Step.PREPARING, nth=4)) as worker:
            assert worker.ended() == -SIGKILL
        campaign.refresh_from_db()
        frozen.append(campaign.total)
        assert Recipient.objects.count() == campaign.total
    assert 0 < frozen[0] < frozen[1] < people
    assert campaign.state == CampaignState.PREPARING

    start(senders=_SENDERS)
    until(lambda: len(sandbox.requests()) >= 3)
    campaign.refresh_from_db()
    mobiles = Recipient.objects.filter(campaign=campaign).values_list("mobile", flat=True)
    assert sorted(mobiles) == sorted(numbers(people))
    assert campaign.total == people == sum(Batch.objects.values_list("size", flat=True))

    _a_single_message_goes_first(gateway, sandbox)

    if people > _FEW:
        see_to_its_end(campaign)
        assert campaign.accepted == people
    else:
        control.cancel(campaign, by=None)
        tasks.sweep()  # the worker closes what is left
        until(lambda: Campaign.objects.get(pk=campaign.pk).pending == 0)
    check_books(campaign, (e.mobile for e in sandbox.ledger() if e.text == campaign.text))


def _a_single_message_goes_first(gateway: Gateway, sandbox: Sandbox) -> None:
    """One number takes the next free slot. A sender that had chosen its batch may finish it."""
    one = Audience(numbers=numbers(1, first=9_000_000)[0])
    single = _hand_over(gateway, one, "You have won a bicycle.")
    calls = len(sandbox.requests())
    tasks.kick()
    see_to_its_end(single)
    (place,) = [request.number for request in sandbox.requests() if request.numbers == 1]
    assert place <= calls + _SENDERS + 1
    assert Batch.objects.filter(state="queued").exists(), "the large one was over before"
