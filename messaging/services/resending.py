"""Messages sent once more, in a new campaign that follows the first; history is never rewritten."""

import uuid
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, QuerySet
from django.db.models.functions import Substr
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.phone import Operator
from messaging.models import (
    Batch,
    Campaign,
    CampaignState,
    Event,
    EventKind,
    Recipient,
    RecipientState,
)
from messaging.services import freezing, pricing
from messaging.services.acting import Actor, user_of
from messaging.services.affordability import SendRefused
from messaging.services.audience import Audience
from messaging.services.campaigns import fingerprint_of
from messaging.text import measure
from sociair_portal.bulk import insert_rows

MOST_AGAIN = 100  # batches that one follow-up takes over


@dataclass(frozen=True, slots=True)
class Again:
    """What sending some recipients' messages once more means, at today's rates (rupees)."""

    people: int
    cost: Decimal


def known(form_uuid: uuid.UUID, campaign: Campaign) -> Campaign | None:
    """What was sent by the same form before: a second click meets the same campaign."""
    return Campaign.objects.filter(form_uuid=form_uuid, follows=campaign).first()


def check_gateway(campaign: Campaign) -> None:
    if campaign.gateway.base_url != settings.SOCIAIR_BASE_URL:
        raise SendRefused(_("This campaign belongs to another gateway: it is not sent from here."))


def price_again(recipients: QuerySet[Recipient], rates: pricing.Rates) -> Again:
    """By today's count of parts and operators, whatever it was when they were written to."""
    rows = recipients.order_by().values_list("batch__text", Substr("mobile", 1, 3), "operator")
    counts: Counter[tuple[Operator, int]] = Counter()
    for text, prefix, signed, people in rows.annotate(people=Count("pk")):
        counts[pricing.operator_now(prefix, signed, rates), measure(text).parts] += people
    return Again(counts.total(), pricing.cost_of_counts(counts, rates))


def send_copies(
    campaign: Campaign,
    recipients: QuerySet[Recipient],
    *,
    form_uuid: uuid.UUID,
    rates: pricing.Rates,
    by: Actor,
) -> Campaign:
    """The same texts for the same people. The caller holds the campaign's lock, and its gateway's,
    and has looked at what it costs.
    """
    follower = _follower(campaign, form_uuid, rates, price_again(recipients, rates), by)
    for old in Batch.objects.filter(pk__in=recipients.values("batch")).order_by("pk"):
        _copy(follower, old, recipients.filter(batch=old), rates)
    return follower


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
        rules=pricing.fingerprint_of_rules(),
        reviewed_cost=again.cost,
        cost=again.cost,
        total=again.people,
        pending=again.people,
    )
    Event.objects.create(campaign=follower, kind=EventKind.SENT, by=user_of(by))
    return follower


def _copy(
    follower: Campaign, old: Batch, recipients: QuerySet[Recipient], rates: pricing.Rates
) -> None:
    people = [
        (contact, mobile, name, pricing.operator_now(mobile, operator, rates))
        for contact, mobile, name, operator in recipients.order_by("pk").values_list(
            "contact_id", "mobile", "name", "operator"
        )
    ]
    parts = measure(old.text).parts
    new = Batch.objects.create(
        campaign=follower,
        text=old.text,
        parts=parts,
        size=len(people),
        cost=pricing.cost_of(Counter(operator for *_rest, operator in people), parts, rates),
    )
    insert_rows(
        Recipient,
        ["campaign", "batch", "contact", "mobile", "name", "operator", "state"],
        [
            (follower.pk, new.pk, *who, operator.value, RecipientState.QUEUED.value)
            for *who, operator in people
        ],
    )
