"""Follow-ups: a draft to those whom a campaign certainly did not reach."""

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from contacts.phone import REMOVED
from messaging.models import (
    Campaign,
    CampaignState,
    Recipient,
    RecipientState,
    RecipientTable,
    TableRow,
)
from messaging.services.audience import tables
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import drafts
from messaging.services.campaigns.guards import check_no_test
from messaging.services.money.affordability import SendRefused
from sociair_portal.common.actors import Actor, user_of

_ENDED = (CampaignState.DONE, CampaignState.CANCELLED)
_NOT_REACHED = (RecipientState.REFUSED, RecipientState.NOT_SENT, RecipientState.CANCELLED)


def not_reached(campaign: Campaign) -> QuerySet[Recipient]:
    """Recipients whom it did not reach, but not those whom a follow-up has written to since, nor
    those whose number or text was removed.

    None of a test or an invitation: another one is a click away.
    """
    if campaign.is_test:
        return Recipient.objects.none()
    again = Recipient.objects.filter(campaign__follows=campaign).values("mobile")
    mine = Recipient.objects.filter(campaign=campaign, state__in=_NOT_REACHED)
    kept = mine.exclude(mobile__startswith=REMOVED).exclude(batch__text="")
    return kept.exclude(mobile__in=again)


def can_be_followed(campaign: Campaign) -> bool:
    """Whether it has ended, and nobody has to decide first who got it."""
    if campaign.state not in _ENDED or campaign.pending or campaign.unconfirmed:
        return False
    if not campaign.text:  # it was removed
        return False
    if campaign.doubted_at is not None:  # they may have been written to already
        return False
    return not is_being_prepared(campaign) and not_reached(campaign).exists()


def waits_for_a_decision(campaign: Campaign) -> bool:
    """Whether it has ended and did not reach all, but some messages are still unconfirmed."""
    is_over = campaign.state in _ENDED and not campaign.pending
    return is_over and bool(campaign.unconfirmed) and not_reached(campaign).exists()


def is_being_prepared(campaign: Campaign) -> bool:
    """Whether a follow-up is still being prepared, so that its recipients are not all known."""
    followers = Campaign.objects.filter(follows=campaign)
    over = [CampaignState.DRAFT, *_ENDED]
    return followers.exclude(state__in=over).exclude(prepared_up_to=Campaign.PREPARED).exists()


def follow_up(campaign: Campaign, *, by: Actor) -> Campaign:
    """A draft of the same text to those it did not reach; again, it is the same draft.

    One at a time: two people who do this do not write to the same people twice. Raises
    `SendRefused`.
    """
    check_no_test(campaign)
    with transaction.atomic():
        campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
        drafts = Campaign.objects.filter(follows=campaign, state=CampaignState.DRAFT)
        if (draft := drafts.select_related("created_by").first()) is not None:
            return _own(draft, by)
        if not can_be_followed(campaign):
            raise SendRefused(_("There is no one in this campaign to send to again."))
        most = settings.PASTED_LINES
        people = not_reached(campaign).order_by("mobile").values_list("mobile", "contact_id")
        found = list(people[: most + 1])
        if len(found) > most:
            said = _("This is more than %(most)d people. Send to a group instead.")
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
    """A draft to the rows that it was written from: of those who share a number, the same one."""
    told = Audience.from_json(campaign.audience)
    rows: dict[str, list[int]] = {}
    found = TableRow.objects.filter(table=table, mobile__in=mobiles).order_by("mobile", "id")
    for pk, mobile in found.values_list("pk", "mobile"):
        rows.setdefault(mobile, []).append(pk)
    if not rows:
        raise SendRefused(_("The spreadsheet of this message is no longer kept."))
    preferred = set(told.preferred)
    wanted: list[int] = []
    for sharing in rows.values():
        chosen = [pk for pk in sharing if pk in preferred]
        wanted += chosen[:1] or (sharing[:1] if told.first else sharing)
    again = tables.only(table, wanted, by)
    return _draft(campaign, Audience(table=str(again.pk)), by)


def _draft(campaign: Campaign, audience: Audience, by: Actor) -> Campaign:
    return drafts.begin(
        campaign.text,
        audience,
        by=by,
        gateway=campaign.gateway,
        follows=campaign,
        own_title=campaign.own_title,
    )


def _own(draft: Campaign, by: Actor) -> Campaign:
    user = user_of(by)
    if draft.created_by != user:
        name = "" if draft.created_by is None else draft.created_by.get_username()
        raise SendRefused(
            _("%(name)s is already writing a message to these people.") % {"name": name}
        )
    return draft
