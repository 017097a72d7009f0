"""Sending the same messages again: a new campaign follows the first, whose history stays."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

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
)
from messaging.services import states
from messaging.services.audience.addressees import Addressee
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import batches, drafts, preparation
from messaging.services.money import prices, rules
from messaging.services.money.affordability import SendRefused
from messaging.text.length import measure
from sociair_portal.common import id_runs
from sociair_portal.common.actors import Actor, user_of

MOST_AGAIN = 100  # batches that one request takes over; the worker takes any number

_Person = tuple[int | None, str, str, Operator]


@dataclass(frozen=True, slots=True)
class Again:
    """What sending some recipients' messages again means, at today's rates (rupees)."""

    people: int
    cost: Decimal


def known(form_uuid: uuid.UUID, campaign: Campaign) -> Campaign | None:
    """What was sent by the same form before: a second click meets the same campaign."""
    return Campaign.objects.filter(form_uuid=form_uuid, follows=campaign).first()


def check_gateway(campaign: Campaign) -> None:
    """Raises `SendRefused` for a campaign of another gateway."""
    if campaign.gateway.base_url != settings.SOCIAIR_BASE_URL:
        raise SendRefused(
            _(
                "This campaign belongs to another connection to Sociair. It cannot be sent from "
                "here."
            )
        )


def price_again(recipients: QuerySet[Recipient], rates: prices.Rates) -> Again:
    """What sending these messages again costs, by today's count of parts and operators."""
    rows = recipients.order_by().values_list("batch__text", Substr("mobile", 1, 3), "operator")
    counts: Counter[tuple[Operator, int]] = Counter()
    for text, prefix, signed, people in rows.annotate(people=Count("pk")):
        counts[rules.operator_now(prefix, signed, rates), measure(text).parts] += people
    return Again(counts.total(), prices.cost_of_counts(counts, rates))


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed to send again, with which form, at which rates, and how it is known that the
    first try did not go out.
    """

    form_uuid: uuid.UUID
    rates: prices.Rates
    by: Actor
    why: str = ""


def send_copies(
    campaign: Campaign, recipients: QuerySet[Recipient], signature: Signature
) -> Campaign:
    """Begin a campaign with the same texts for the same people.

    The caller holds the campaign's lock, and its gateway's, and has looked at what it costs.
    """
    again = price_again(recipients, signature.rates)
    follower = _follower(
        campaign,
        again,
        signature,
        state=CampaignState.SENDING,
        prepared_up_to=Campaign.PREPARED,
        cost=again.cost,
        total=again.people,
        pending=again.people,
    )
    copy(follower, recipients, signature.rates)
    return follower


def begin_copies(
    campaign: Campaign, batches: Sequence[int], again: Again, signature: Signature
) -> Campaign:
    """As `send_copies`, for the worker to copy these batches in pieces (`decisions.copies`)."""
    return _follower(
        campaign,
        again,
        signature,
        state=CampaignState.PREPARING,
        again_of=id_runs.to_words(batches),
        again_why=signature.why,
    )


def _follower(campaign: Campaign, again: Again, signature: Signature, **fields: Any) -> Campaign:
    now = timezone.now()
    follower = drafts.begin(
        campaign.text,
        Audience(),  # nobody who is new
        by=signature.by,
        form_uuid=signature.form_uuid,
        gateway=campaign.gateway,
        follows=campaign,
        own_title=campaign.own_title,
        sent_at=now,
        resumed_at=now,
        is_large=again.people > preparation.LARGE,
        rates=prices.to_json(signature.rates),
        rules=rules.fingerprint_of_rules(),
        reviewed_cost=again.cost,
        **fields,
    )
    Event.objects.create(campaign=follower, kind=EventKind.SENT, by=user_of(signature.by))
    states.log_state(follower, CampaignState(follower.state))
    return follower


def copy(follower: Campaign, recipients: QuerySet[Recipient], rates: prices.Rates) -> Again:
    """Make new batches of the same texts for these people. Returns how many, for how much."""
    people: dict[int, list[_Person]] = defaultdict(list)
    rows = recipients.order_by("batch", "pk").values_list(
        "batch", "contact_id", "mobile", "name", "operator"
    )
    for batch, contact, mobile, name, signed in rows:
        operator = rules.operator_now(mobile, signed, rates)
        people[batch].append((contact, mobile, name, operator))
    texts = dict(Batch.objects.filter(pk__in=people).values_list("pk", "text"))
    copies = [_copy(texts[pk], some) for pk, some in people.items()]
    cost = batches.save(follower, copies, rates)
    return Again(sum(len(copied.people) for copied in copies), cost)


def _copy(text: str, people: list[_Person]) -> batches.NewBatch:
    parts = measure(text).parts
    return batches.NewBatch(
        text,
        parts,
        [
            Addressee(mobile, operator, text, parts, name, contact)
            for contact, mobile, name, operator in people
        ],
    )
