"""Writing again to those of a campaign whom it certainly did not reach."""

import uuid

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from messaging.answers.outcomes import Outcome
from messaging.answers.refusals import lacks_balance
from messaging.models import (
    Campaign,
    CampaignState,
    Event,
    EventKind,
    Gateway,
    Recipient,
    RecipientState,
    RecipientTable,
    SentMessage,
    TableRow,
)
from messaging.services.actor import Actor, user_of
from messaging.services.audience import repeats, tables
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import resend
from messaging.services.campaigns.drafts import fingerprint_of
from messaging.services.campaigns.guards import check_certain, check_nobody_prepares
from messaging.services.money import affordability, prices
from messaging.services.money.affordability import SendRefused
from sociair_portal.common import formats

_ENDED = (CampaignState.DONE, CampaignState.CANCELLED)
_NOT_REACHED = (RecipientState.REFUSED, RecipientState.NOT_SENT, RecipientState.CANCELLED)


def not_reached(campaign: Campaign) -> QuerySet[Recipient]:
    """Those it did not reach, without whom a campaign that follows it has written to since."""
    again = Recipient.objects.filter(campaign__follows=campaign).values("mobile")
    mine = Recipient.objects.filter(campaign=campaign, state__in=_NOT_REACHED)
    return mine.exclude(mobile__in=again)


def can_be_followed(campaign: Campaign) -> bool:
    """Whether it has ended, and nobody has to decide first who got it."""
    if campaign.state not in _ENDED or campaign.pending or campaign.unconfirmed:
        return False
    if campaign.doubted_at is not None:  # they may have been written to already
        return False
    return not _is_being_prepared(campaign) and not_reached(campaign).exists()


def waits_for_a_decision(campaign: Campaign) -> bool:
    """Whether it has ended with some it did not reach, and with some of whom nobody knows."""
    is_over = campaign.state in _ENDED and not campaign.pending
    return is_over and bool(campaign.unconfirmed) and not_reached(campaign).exists()


def _is_being_prepared(campaign: Campaign) -> bool:
    """Whether one that follows it does not know yet whom it writes to."""
    followers = Campaign.objects.filter(follows=campaign)
    over = [CampaignState.DRAFT, *_ENDED]
    return followers.exclude(state__in=over).exclude(prepared_up_to=Campaign.PREPARED).exists()


# -- Refused for lack of balance -------------------------------------------------------------

_REFUSING = (Outcome.REFUSED, Outcome.ALL_INVALID, Outcome.SOME_INVALID, Outcome.TOO_LARGE)
_WORDS_SHOWN = 3
_AT_ONCE = 2000  # people in one transaction


def refusals(campaign: Campaign) -> QuerySet[SentMessage]:
    """The answers that refused somebody, the last one first: each says why in Sociair's words."""
    calls = SentMessage.objects.filter(batch__campaign=campaign, outcome__in=_REFUSING)
    return calls.defer("raw", "numbers").order_by("-id")


def words_of_refusal(campaign: Campaign | None) -> list[str]:
    """What Sociair said to those who may be written to again, each once, the last first."""
    if campaign is None or not campaign.refused:
        return []
    said = refusals(campaign).exclude(words="").values_list("words", flat=True)
    return list(dict.fromkeys(said[: resend.MOST_AGAIN]))[:_WORDS_SHOWN]


def refused_for_balance(campaign: Campaign) -> QuerySet[Recipient]:
    """Those who may get their message when the account was topped up, some requests at a time."""
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
    # By a copy of it, or by anybody else who said the same.
    letters = dict(some.values_list("mobile", "batch__text"))
    return some.exclude(mobile__in=repeats.who_got(letters, repeats.recent(campaign)))


def send_to_refused(
    campaign: Campaign, *, form_uuid: uuid.UUID, seen: resend.Again, by: Actor
) -> Campaign:
    """Send their messages now to those who were refused for lack of balance, as a new campaign.

    `seen` is what somebody saw and signed. Two clicks, or two people, make one campaign. Raises
    `SendRefused`.
    """
    if (known := resend.known(form_uuid, campaign)) is not None:
        return known
    resend.check_gateway(campaign)
    reading = affordability.fresh_reading(campaign.gateway, button=_("Send"))
    rates = prices.rates_now(campaign, reading)
    try:
        with transaction.atomic():
            # In the order in which an answer is recorded, or the two could wait for each other.
            locked = Campaign.objects.select_for_update().get(pk=campaign.pk)
            gateway = Gateway.objects.select_for_update(no_key=True).get(pk=campaign.gateway_id)
            if (known := resend.known(form_uuid, campaign)) is not None:
                return known  # the other half of a double click
            people = refused_for_balance(locked)
            again = resend.price_again(people, rates)
            _check_signed(locked, again, seen)
            affordability.check_more(gateway, reading, again.cost)
            follower = resend.send_copies(locked, people, resend.Signature(form_uuid, rates, by))
            words = _("Refused because the balance was not enough: %(people)d. In campaign %(pk)d.")
            Event.objects.create(
                campaign=campaign,
                kind=EventKind.SENT_AGAIN,
                by=user_of(by),
                words=words % {"people": again.people, "pk": follower.pk},
            )
    except IntegrityError as other:
        raise SendRefused(_("This page is out of date. Open it once more.")) from other
    return follower


def _check_signed(campaign: Campaign, again: resend.Again, seen: resend.Again) -> None:
    check_certain(campaign)
    check_nobody_prepares(campaign)
    draft = Campaign.objects.filter(follows=campaign, state=CampaignState.DRAFT).first()
    if draft is not None or _is_being_prepared(campaign):
        raise SendRefused(
            _("A message to these people is being written already. Send it, or delete it first.")
        )
    if not again.people:
        raise SendRefused(_("Somebody has sent to these people meanwhile."))
    if again != seen:
        raise SendRefused(
            _("It is Rs %(cost)s for people: %(people)d now. Look at the sum, then send.")
            % {"cost": formats.exact(again.cost), "people": again.people}
        )


# -- A draft to all of them ------------------------------------------------------------------


def follow_up(campaign: Campaign, *, by: Actor) -> Campaign:
    """A draft of the same text to those it did not reach; again, it is the same draft.

    One at a time: two people who do this do not write to the same people twice. Raises
    `SendRefused`.
    """
    with transaction.atomic():
        campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
        drafts = Campaign.objects.filter(follows=campaign, state=CampaignState.DRAFT)
        if (draft := drafts.select_related("created_by").first()) is not None:
            return _own(draft, by)
        if not can_be_followed(campaign):
            raise SendRefused(_("There is nobody of this campaign to write to again."))
        most = settings.PASTED_LINES
        people = not_reached(campaign).order_by("mobile").values_list("mobile", "contact_id")
        found = list(people[: most + 1])
        if len(found) > most:
            said = _("These are more than %(most)d people: write to a group instead.")
            raise SendRefused(said % {"most": most})
        if campaign.table is not None:
            return _to_rows(campaign, campaign.table, {mobile for mobile, _contact in found}, by)
        # Of those who share a number, the same one as before.
        audience = Audience(
            numbers="\n".join(mobile for mobile, _contact in found),
            preferred=tuple(contact for _mobile, contact in found if contact is not None),
        )
        return _draft(campaign, audience, by)


def _to_rows(campaign: Campaign, table: RecipientTable, mobiles: set[str], by: Actor) -> Campaign:
    """To the rows that it was written from: of those who share a number, the same one as before."""
    told = Audience.from_json(campaign.audience)
    rows: dict[str, list[int]] = {}
    found = TableRow.objects.filter(table=table, mobile__in=mobiles).order_by("mobile", "id")
    for pk, mobile in found.values_list("pk", "mobile"):
        rows.setdefault(mobile, []).append(pk)
    preferred = set(told.preferred)
    wanted: list[int] = []
    for sharing in rows.values():
        chosen = [pk for pk in sharing if pk in preferred]
        wanted += chosen[:1] or (sharing[:1] if told.first else sharing)
    again = tables.only(table, wanted, by)
    return _draft(campaign, Audience(table=str(again.pk)), by)


def _draft(campaign: Campaign, audience: Audience, by: Actor) -> Campaign:
    return Campaign.objects.create(
        form_uuid=uuid.uuid4(),
        gateway=campaign.gateway,
        follows=campaign,
        text=campaign.text,
        audience=audience.to_json(),
        table_id=audience.table or None,
        fingerprint=fingerprint_of(campaign.text, audience),
        created_by=user_of(by),
    )


def _own(draft: Campaign, by: Actor) -> Campaign:
    user = user_of(by)
    if draft.created_by != user:
        name = "" if draft.created_by is None else draft.created_by.get_username()
        raise SendRefused(_("%(name)s is writing to these people already.") % {"name": name})
    return draft
