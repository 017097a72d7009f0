"""What a person decides about messages of which nobody knows, and sending those again."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.phone import Operator
from messaging.models import (
    BalanceReading,
    Batch,
    BatchState,
    Campaign,
    CampaignState,
    Event,
    EventKind,
    Gateway,
    Recipient,
    RecipientState,
    SentMessage,
    Verdict,
)
from messaging.services import affordability, balance, freezing, pricing
from messaging.services.acting import Actor, user_of
from messaging.services.affordability import SendRefused
from messaging.services.audience import Audience
from messaging.services.campaigns import fingerprint_of
from messaging.services.counters import count, finish_if_empty
from sociair_portal.bulk import insert_rows

_AT_ONCE = 50  # batches in one transaction
MOST_AGAIN = 100  # batches that one follow-up takes over
UNDECIDED = [BatchState.UNCONFIRMED, BatchState.PARTLY_REFUSED]


def undecided(campaign: Campaign) -> QuerySet[Batch]:
    """Batches with somebody of whom nobody knows whether the message went out."""
    return Batch.objects.filter(campaign=campaign, state__in=UNDECIDED, settled_as="").filter(
        pk__in=Recipient.objects.filter(campaign=campaign, state=RecipientState.UNCONFIRMED).values(
            "batch"
        )
    )


def undecided_with_calls(campaign: Campaign) -> QuerySet[Batch]:
    """The same, oldest first, each with its undecided `people` and its last call in
    `last_calls`."""
    last = SentMessage.objects.order_by("-attempt").defer("raw", "numbers")[:1]
    people = Count("recipients", filter=Q(recipients__state=RecipientState.UNCONFIRMED))
    return (
        undecided(campaign)
        .annotate(people=people)
        .prefetch_related(Prefetch("calls", last, to_attr="last_calls"))
        .order_by("id")
    )


def settle(
    campaign: Campaign, batches: Sequence[int], verdict: Verdict, *, by: Actor, why: str
) -> int:
    """A person says what became of some batches' unconfirmed recipients. How many people it was.

    Batches that somebody else has settled meanwhile are left as they are. Many are settled some at
    a time, so that saving an answer never waits long for the database.
    """
    people = 0
    for start in range(0, len(batches), _AT_ONCE):
        with transaction.atomic():
            locked = Campaign.objects.select_for_update().get(pk=campaign.pk)
            some = batches[start : start + _AT_ONCE]
            people += _settle(locked, some, verdict, by=by, why=why)
            finish_if_empty(locked)
    if people:
        words = f"{verdict.label}: {people}. {why}".strip()
        Event.objects.create(campaign=campaign, kind=EventKind.SETTLED, by=user_of(by), words=words)
    campaign.refresh_from_db()
    return people


def _settle(
    campaign: Campaign, batches: Sequence[int], verdict: Verdict, *, by: Actor, why: str
) -> int:
    """The caller holds the campaign's lock, without which no batch is settled."""
    state = RecipientState(verdict.value)
    open_ones = list(undecided(campaign).filter(pk__in=batches).values_list("pk", flat=True))
    people = Recipient.objects.filter(batch__in=open_ones, state=RecipientState.UNCONFIRMED).update(
        state=state
    )
    Batch.objects.filter(pk__in=open_ones, state__in=UNDECIDED).update(
        state=BatchState.SETTLED,
        settled_as=verdict,
        settled_at=timezone.now(),
        settled_by=user_of(by),
        settled_why=why,
    )
    count(campaign, RecipientState.UNCONFIRMED, -people)
    count(campaign, state, people)
    return people


# -- Sending again ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Again:
    """What sending some recipients' messages once more means, at today's rates (rupees)."""

    people: int
    cost: Decimal


def rates_again(campaign: Campaign, reading: BalanceReading) -> dict[Operator, Decimal]:
    """Today's rates; where there is none any more, the one that the campaign was reviewed with."""
    return {**pricing.from_json(campaign.rates), **pricing.rates_of(reading)}


def price_again(recipients: QuerySet[Recipient], rates: pricing.Rates) -> Again:
    return Again(recipients.count(), pricing.cost_of_recipients(recipients, rates=rates))


def unconfirmed_of(campaign: Campaign, batches: Sequence[int]) -> QuerySet[Recipient]:
    return Recipient.objects.filter(
        campaign=campaign,
        batch__in=undecided(campaign).filter(pk__in=batches),
        state=RecipientState.UNCONFIRMED,
    )


def send_again(
    campaign: Campaign,
    batches: Sequence[int],
    *,
    form_uuid: uuid.UUID,
    people: int,
    by: Actor,
    why: str,
) -> Campaign:
    """Settle batches as not sent and send their messages in a new campaign that follows this one.

    `people` is the number that the person typed. Two managers who do the same make one follow-up.
    Raises `SendRefused` with a sentence.
    """
    if (known := _known(form_uuid, campaign)) is not None:
        return known
    if campaign.gateway.base_url != settings.SOCIAIR_BASE_URL:
        raise SendRefused(_("This campaign belongs to another gateway: it is not sent from here."))
    if len(batches) > MOST_AGAIN:
        raise SendRefused(
            _("Send at most %(most)d requests again at a time.") % {"most": MOST_AGAIN}
        )
    reading = affordability.fresh_reading(campaign.gateway, button=_("Send"))
    rates = rates_again(campaign, reading)
    try:
        with transaction.atomic():
            # In the order in which an answer is recorded, or the two could wait for each other.
            locked = Campaign.objects.select_for_update().get(pk=campaign.pk)
            gateway = Gateway.objects.select_for_update().get(pk=campaign.gateway_id)
            if (known := _known(form_uuid, campaign)) is not None:
                return known  # the other half of a double click
            again = price_again(unconfirmed_of(locked, batches), rates)
            if again.people != people or not people:
                raise SendRefused(
                    _("The number of people is %(people)d now. Look again, then type it.")
                    % {"people": again.people}
                )
            affordability.check_covered(reading, balance.committed(gateway).cost + again.cost)
            follower = _follower(locked, form_uuid, rates, again, by)
            _copy(locked, follower, batches, rates)
            _settle(locked, batches, Verdict.NOT_SENT, by=by, why=why)
            finish_if_empty(locked)
            words = _("People: %(people)d. In campaign %(pk)d. %(why)s") % {
                "people": people,
                "pk": follower.pk,
                "why": why,
            }
            Event.objects.create(
                campaign=campaign, kind=EventKind.SENT_AGAIN, by=user_of(by), words=words
            )
    except IntegrityError:
        return Campaign.objects.get(form_uuid=form_uuid)
    campaign.refresh_from_db()
    return follower


def _known(form_uuid: uuid.UUID, campaign: Campaign) -> Campaign | None:
    return Campaign.objects.filter(form_uuid=form_uuid, follows=campaign).first()


def _follower(
    campaign: Campaign, form_uuid: uuid.UUID, rates: pricing.Rates, again: Again, by: Actor
) -> Campaign:
    now = timezone.now()
    nobody_new = Audience()
    follower = Campaign.objects.create(
        form_uuid=form_uuid,
        gateway=campaign.gateway,
        follows=campaign,
        text=campaign.text,
        audience=nobody_new.to_json(),
        fingerprint=fingerprint_of(campaign.text, nobody_new),
        created_by=user_of(by),
        sent_at=now,
        resumed_at=now,
        state=CampaignState.SENDING,
        prepared_up_to=Campaign.PREPARED,
        is_large=again.people > freezing.LARGE,
        rates=pricing.to_json(rates),
        reviewed_cost=again.cost,
        cost=again.cost,
        total=again.people,
        pending=again.people,
    )
    Event.objects.create(campaign=follower, kind=EventKind.SENT, by=user_of(by))
    return follower


def _copy(
    campaign: Campaign, follower: Campaign, batches: Sequence[int], rates: pricing.Rates
) -> None:
    """The same texts for the same people, in new batches; the old ones keep their history."""
    for old in undecided(campaign).filter(pk__in=batches).order_by("pk"):
        people = Recipient.objects.filter(batch=old, state=RecipientState.UNCONFIRMED)
        new = Batch.objects.create(
            campaign=follower,
            text=old.text,
            parts=old.parts,
            size=people.count(),
            cost=pricing.cost_of_recipients(people, rates=rates),
        )
        insert_rows(
            Recipient,
            ["campaign", "batch", "contact", "mobile", "name", "operator", "state"],
            [
                (follower.pk, new.pk, contact, mobile, name, operator, RecipientState.QUEUED.value)
                for contact, mobile, name, operator in people.order_by("pk").values_list(
                    "contact_id", "mobile", "name", "operator"
                )
            ],
        )
