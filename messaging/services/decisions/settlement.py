"""What a person decides about messages of which nobody knows, and sending those again."""

import uuid
from collections.abc import Sequence

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import (
    OPEN_STATES,
    Batch,
    BatchState,
    Campaign,
    Event,
    EventKind,
    Gateway,
    Recipient,
    RecipientState,
    SentMessage,
    Verdict,
)
from messaging.services import states
from messaging.services.actor import Actor, user_of
from messaging.services.campaigns import resend
from messaging.services.campaigns.guards import check_certain
from messaging.services.money import affordability, prices
from messaging.services.money.affordability import SendRefused
from messaging.services.states import count, finish_if_empty
from sociair_portal.common import id_runs
from sociair_portal.common.any_of import AnyOf

_AT_ONCE = 50  # batches in one transaction
UNDECIDED = [BatchState.UNCONFIRMED, BatchState.PARTLY_REFUSED]


def open_cases(gateway: Gateway) -> int:
    """Campaigns with something unconfirmed, or of which nobody has said what went out; or one
    for calls that belong to none.
    """
    unconfirmed = Campaign.objects.filter(unconfirmed__gt=0)
    # Asked apart, because each has an index.
    in_doubt = Campaign.objects.filter(doubted_at__isnull=False, state__in=OPEN_STATES)
    cases = unconfirmed.values("pk").union(in_doubt.values("pk")).count()
    return cases or int(gateway.unknown_calls > 0)


def undecided(campaign: Campaign) -> QuerySet[Batch]:
    """Batches with somebody of whom nobody knows whether the message went out."""
    # Looked up for each batch: of a few, nobody goes through all people of the campaign.
    unclear = Recipient.objects.filter(batch=OuterRef("pk"), state=RecipientState.UNCONFIRMED)
    return Batch.objects.filter(
        Exists(unclear), campaign=campaign, state__in=UNDECIDED, settled_as=""
    )


def undecided_with_calls(campaign: Campaign) -> QuerySet[Batch]:
    """The same, oldest first, each with its undecided `people`, the first of them in
    `first_people`, and its last call in `last_calls`.
    """
    last = SentMessage.objects.order_by("-attempt").defer("raw", "numbers")[:1]
    people = Count("recipients", filter=Q(recipients__state=RecipientState.UNCONFIRMED))
    first = Recipient.objects.filter(state=RecipientState.UNCONFIRMED).order_by("id")[:1]
    return (
        undecided(campaign)
        .annotate(people=people)
        .prefetch_related(
            Prefetch("recipients", first, to_attr="first_people"),
            Prefetch("calls", last, to_attr="last_calls"),
        )
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
            people += settle_some(locked, some, verdict, by=by, why=why)
            finish_if_empty(locked)
    if people:
        words = f"{verdict.label}: {people}. {why}".strip()
        Event.objects.create(campaign=campaign, kind=EventKind.SETTLED, by=user_of(by), words=words)
    campaign.refresh_from_db()
    return people


def settle_some(
    campaign: Campaign, batches: Sequence[int], verdict: Verdict, *, by: Actor, why: str
) -> int:
    """The caller holds the campaign's lock, without which no batch is settled."""
    state = RecipientState(verdict.value)
    open_ones = list(undecided(campaign).filter(pk__in=batches).values_list("pk", flat=True))
    people = Recipient.objects.filter(batch__in=open_ones, state=RecipientState.UNCONFIRMED).update(
        state=state
    )
    states.move_batches(
        Batch.objects.filter(pk__in=open_ones),
        UNDECIDED,
        BatchState.SETTLED,
        settled_as=verdict,
        settled_at=timezone.now(),
        settled_by=user_of(by),
        settled_why=why,
    )
    count(campaign, RecipientState.UNCONFIRMED, -people)
    count(campaign, state, people)
    return people


# -- Sending again ---------------------------------------------------------------------------


def unconfirmed_of(campaign: Campaign, batches: Sequence[int]) -> QuerySet[Recipient]:
    return Recipient.objects.filter(
        campaign=campaign,
        batch__in=undecided(campaign).filter(AnyOf("id", batches)),
        state=RecipientState.UNCONFIRMED,
    )


def _still_undecided(campaign: Campaign, batches: Sequence[int]) -> list[int]:
    """What becomes undecided later is not what somebody speaks of now."""
    found = undecided(campaign).filter(AnyOf("id", batches)).order_by("pk")
    return list(found.values_list("pk", flat=True))


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
    Many are left to the worker (`copying`). Raises `SendRefused` with a sentence.
    """
    if (known := resend.known(form_uuid, campaign)) is not None:
        return known
    resend.check_gateway(campaign)
    reading = affordability.fresh_reading(campaign.gateway, button=_("Send"))
    signature = resend.Signature(form_uuid, prices.rates_now(campaign, reading), by, why)
    # Not within the transaction: of a hundred thousand people it takes a while.
    batches = _still_undecided(campaign, batches)
    again = resend.price_again(unconfirmed_of(campaign, batches), signature.rates)
    try:
        with transaction.atomic():
            # In the order in which an answer is recorded, or the two could wait for each other.
            locked = Campaign.objects.select_for_update().get(pk=campaign.pk)
            gateway = Gateway.objects.select_for_update(no_key=True).get(pk=campaign.gateway_id)
            if (known := resend.known(form_uuid, campaign)) is not None:
                return known  # the other half of a double click
            check_certain(locked)
            _check_people(locked, batches, again, people)
            affordability.check_more(gateway, reading, again.cost)
            follower = _follow(locked, batches, again, signature)
            _note(campaign, follower, people, signature)
    except IntegrityError:
        return Campaign.objects.get(form_uuid=form_uuid)
    campaign.refresh_from_db()
    return follower


def _check_people(
    campaign: Campaign, batches: Sequence[int], again: resend.Again, people: int
) -> None:
    """Whether those that were priced were typed, are still undecided and are nobody else's. There
    can only be fewer of them by now, so that as many are the same people. Many are not counted
    while others wait for the database: of what is decided by then, the worker copies nothing.
    """
    if (other := _being_copied(campaign, batches)) is not None:
        raise SendRefused(
            _(
                "Somebody is sending some of these again already, in campaign %(pk)d. Wait until "
                "that is prepared, or cancel it first."
            )
            % {"pk": other.pk}
        )
    is_much = _is_much(batches, again)
    now = again.people if is_much else unconfirmed_of(campaign, batches).count()
    if not people or not people == now == again.people:
        raise SendRefused(
            _("The number of people is %(people)d now. Look again, then type it.") % {"people": now}
        )


def _being_copied(campaign: Campaign, batches: Sequence[int]) -> Campaign | None:
    """Another follow-up that the worker has not finished copying, with some of the same batches."""
    followers = Campaign.objects.under_way().filter(follows=campaign).exclude(again_of="")
    for other in followers.exclude(prepared_up_to=Campaign.PREPARED):
        if not set(batches).isdisjoint(id_runs.from_words(other.again_of)):
            return other
    return None


def _is_much(batches: Sequence[int], again: resend.Again) -> bool:
    """Whether copying it at once would let an answer wait too long for the database."""
    return len(batches) > resend.MOST_AGAIN or again.people > settings.INLINE_RECIPIENTS


def _follow(
    campaign: Campaign,
    batches: Sequence[int],
    again: resend.Again,
    signature: resend.Signature,
) -> Campaign:
    if _is_much(batches, again):
        return resend.begin_copies(campaign, batches, again, signature)
    follower = resend.send_copies(campaign, unconfirmed_of(campaign, batches), signature)
    settle_some(campaign, batches, Verdict.NOT_SENT, by=signature.by, why=signature.why)
    finish_if_empty(campaign)
    return follower


def _note(campaign: Campaign, follower: Campaign, people: int, signature: resend.Signature) -> None:
    words = _("People: %(people)d. In campaign %(pk)d. %(why)s") % {
        "people": people,
        "pk": follower.pk,
        "why": signature.why,
    }
    Event.objects.create(
        campaign=campaign, kind=EventKind.SENT_AGAIN, by=user_of(signature.by), words=words
    )
