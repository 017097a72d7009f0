"""Sending again, after a top-up, to those who were refused for lack of balance."""

import uuid

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from messaging.answers.outcomes import Outcome
from messaging.answers.refusals import lacks_balance
from messaging.models import (
    Campaign,
    CampaignState,
    Event,
    EventKind,
    Recipient,
    RecipientState,
    SentMessage,
)
from messaging.services.audience import repeats
from messaging.services.campaigns import resend
from messaging.services.campaigns.follow_ups import (
    is_being_prepared,
    not_reached,
)
from messaging.services.campaigns.guards import (
    check_certain,
    check_no_test,
    check_nobody_prepares,
)
from messaging.services.money import affordability, prices
from messaging.services.money.affordability import SendRefused
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.record import record
from sociair_portal.common import formats
from sociair_portal.common.actors import Actor, user_of
from sociair_portal.common.sentences import noted_count

_REFUSING = (Outcome.REFUSED, Outcome.ALL_INVALID, Outcome.SOME_INVALID, Outcome.TOO_LARGE)


_WORDS_SHOWN = 3


_AT_ONCE = 2000  # people in one transaction


def refusals(campaign: Campaign) -> QuerySet[SentMessage]:
    """The answers that refused someone, the last one first: each says why in Sociair's words."""
    calls = SentMessage.objects.filter(batch__campaign=campaign, outcome__in=_REFUSING)
    return calls.defer("raw", "numbers").order_by("-id")


def words_of_refusal(campaign: Campaign | None) -> list[str]:
    """What Sociair said when it refused people of a campaign, each once, the last first."""
    if campaign is None or not campaign.refused:
        return []
    said = refusals(campaign).exclude(words="").values_list("words", flat=True)
    return list(dict.fromkeys(said[: resend.MOST_AGAIN]))[:_WORDS_SHOWN]


def refused_for_balance(campaign: Campaign) -> QuerySet[Recipient]:
    """Recipients refused for lack of balance who have not got their text since, of some batches."""
    calls = refusals(campaign).filter(outcome=Outcome.REFUSED)
    lacking = [
        batch
        for batch, words, status in calls.values_list("batch", "words", "status")
        if lacks_balance(words, status)
    ]
    people = not_reached(campaign).filter(state=RecipientState.REFUSED, batch__in=lacking)
    batches = people.values_list("batch", flat=True).distinct().order_by("batch")
    most = max(_AT_ONCE // settings.SOCIAIR_BATCH_SIZE, 1)
    some = people.filter(batch__in=list(batches[:most]))
    # Got since: from a copy of the campaign, or from anyone who sent the same text.
    letters = dict(some.values_list("mobile", "batch__text"))
    return some.exclude(mobile__in=repeats.who_got(letters, repeats.recent(campaign)))


def send_to_refused(
    campaign: Campaign, *, form_uuid: uuid.UUID, seen: resend.Again, by: Actor
) -> Campaign:
    """Send their messages now to those who were refused for lack of balance, as a new campaign.

    `seen` is what someone saw and signed. Two clicks, or two people, make one campaign. Raises
    `SendRefused`.
    """
    if (known := resend.known(form_uuid, campaign)) is not None:
        return known
    resend.check_gateway(campaign)
    check_no_test(campaign)
    reading = affordability.fresh_reading(campaign.gateway, button=_("Send"))
    rates = prices.rates_now(campaign, reading)
    try:
        with transaction.atomic():
            locked, gateway = affordability.lock(campaign)
            if (known := resend.known(form_uuid, campaign)) is not None:
                return known  # the other half of a double click
            people = refused_for_balance(locked)
            again = resend.price_again(people, rates)
            _check_signed(locked, again, seen)
            affordability.check_more(gateway, reading, again.cost)
            follower = resend.send_copies(locked, people, resend.Signature(form_uuid, rates, by))
            words = noted_count(
                "%(people)d person refused for lack of balance, in campaign %(pk)d.",
                "%(people)d people refused for lack of balance, in campaign %(pk)d.",
                again.people,
                people=again.people,
                pk=follower.pk,
            )
            Event.objects.create(
                campaign=campaign,
                kind=EventKind.SENT_AGAIN,
                by=user_of(by),
                words=words,
            )
            record(
                Deed.SENT_AGAIN,
                by=by,
                about=follower,
                people=again.people,
                rupees=f"{again.cost:.2f}",
                follows=campaign.pk,
            )
    except IntegrityError as other:
        raise SendRefused(_("This page is out of date. Open it again.")) from other
    return follower


def _check_signed(campaign: Campaign, again: resend.Again, seen: resend.Again) -> None:
    """Raises `SendRefused` unless it is still what someone saw and signed."""
    check_certain(campaign)
    check_nobody_prepares(campaign)
    draft = Campaign.objects.filter(follows=campaign, state=CampaignState.DRAFT).first()
    if draft is not None or is_being_prepared(campaign):
        raise SendRefused(
            _("A message to these people is already being written. Send it or delete it first.")
        )
    if not again.people:
        raise SendRefused(_("Someone has already sent to these people."))
    if again != seen:
        raise SendRefused(
            ngettext(
                "It now costs Rs %(cost)s for %(people)d person. Check the new cost, then send.",
                "It now costs Rs %(cost)s for %(people)d people. Check the new cost, then send.",
                again.people,
            )
            % {"cost": formats.exact(again.cost), "people": again.people}
        )
