"""Sending unconfirmed messages again: signed by someone who says how it is known."""

import uuid
from collections.abc import Sequence

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from messaging.models import (
    Campaign,
    Event,
    EventKind,
    Recipient,
    RecipientState,
    Verdict,
)
from messaging.services.campaigns import resend
from messaging.services.campaigns.guards import check_certain, check_no_test
from messaging.services.decisions.settlement import (
    settle_some,
    undecided,
)
from messaging.services.money import affordability, prices
from messaging.services.money.affordability import SendRefused
from messaging.services.states import finish_if_empty
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.record import record
from sociair_portal.common import id_runs
from sociair_portal.common.actors import Actor, user_of
from sociair_portal.common.any_of import AnyOf
from sociair_portal.common.sentences import noted_count


def unconfirmed_of(campaign: Campaign, batches: Sequence[int]) -> QuerySet[Recipient]:
    """The unconfirmed recipients of a campaign's undecided batches."""
    return Recipient.objects.filter(
        campaign=campaign,
        batch__in=undecided(campaign).filter(AnyOf("id", batches)),
        state=RecipientState.UNCONFIRMED,
    )


def _still_undecided(campaign: Campaign, batches: Sequence[int]) -> list[int]:
    """The undecided ones among the batches; others become so later, and are not spoken of now."""
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
    Many are left to the worker (`copies`). Raises `SendRefused` with a sentence.
    """
    if (known := resend.known(form_uuid, campaign)) is not None:
        return known
    resend.check_gateway(campaign)
    check_no_test(campaign)
    reading = affordability.fresh_reading(campaign.gateway, button=_("Send"))
    signature = resend.Signature(form_uuid, prices.rates_now(campaign, reading), by, why)
    # Not within the transaction: of a hundred thousand people it takes a while.
    batches = _still_undecided(campaign, batches)
    again = resend.price_again(unconfirmed_of(campaign, batches), signature.rates)
    try:
        with transaction.atomic():
            locked, gateway = affordability.lock(campaign)
            if (known := resend.known(form_uuid, campaign)) is not None:
                return known  # the other half of a double click
            check_certain(locked)
            _check_people(locked, batches, again, people)
            affordability.check_more(gateway, reading, again.cost)
            follower = _follow(locked, batches, again, signature)
            _note(campaign, follower, again, signature)
    except IntegrityError:
        return Campaign.objects.get(form_uuid=form_uuid)
    campaign.refresh_from_db()
    return follower


def _check_people(
    campaign: Campaign, batches: Sequence[int], again: resend.Again, people: int
) -> None:
    """Raises `SendRefused` unless the number typed is that of the people priced and still
    undecided, and nobody else is sending to them.

    There can only be fewer of them by now, so that as many are the same people. Many are not
    counted while others wait for the database: of what is decided by then, the worker copies
    nothing.
    """
    if (other := _being_copied(campaign, batches)) is not None:
        raise SendRefused(
            _(
                "Someone is already sending some of these again, in campaign %(pk)d. Wait "
                "until it is prepared, or cancel it first."
            )
            % {"pk": other.pk}
        )
    is_much = _is_much(batches, again)
    now = again.people if is_much else unconfirmed_of(campaign, batches).count()
    if not people or not people == now == again.people:
        raise SendRefused(
            ngettext(
                "This now covers %(people)d person. Check, then type %(people)d.",
                "This now covers %(people)d people. Check, then type %(people)d.",
                now,
            )
            % {"people": now}
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


def _note(
    campaign: Campaign, follower: Campaign, again: resend.Again, signature: resend.Signature
) -> None:
    words = noted_count(
        "%(people)d person, in campaign %(pk)d. %(why)s",
        "%(people)d people, in campaign %(pk)d. %(why)s",
        again.people,
        people=again.people,
        pk=follower.pk,
        why=signature.why,
    )
    Event.objects.create(
        campaign=campaign, kind=EventKind.SENT_AGAIN, by=user_of(signature.by), words=words
    )
    record(
        Deed.SENT_AGAIN,
        by=signature.by,
        about=follower,
        words=signature.why,
        people=again.people,
        rupees=f"{again.cost:.2f}",
        follows=campaign.pk,
    )
