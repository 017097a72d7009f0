"""Drafts: a message while it is being written, saved over what its writer saw."""

import hashlib
import json
import uuid
from dataclasses import replace
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import (
    Campaign,
    CampaignState,
    Gateway,
    MessageTemplate,
)
from messaging.services.actor import Actor, user_of
from messaging.services.audience import writers
from messaging.services.audience.choice import Audience
from messaging.services.money.affordability import SendRefused


def fingerprint_of(text: str, audience: Audience) -> str:
    """Equal for equal content, whatever form it came in by."""
    content = json.dumps([text, audience.to_json()], sort_keys=True)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


class ChangedElsewhere(Exception):
    """A draft was changed from another form. `campaign` is how it is now."""

    def __init__(self, campaign: Campaign) -> None:
        super().__init__(
            _("This draft was changed in another window, or on another machine, meanwhile.")
        )
        self.campaign = campaign


def save_draft(
    *,
    form_uuid: uuid.UUID,
    text: str,
    audience: Audience,
    gateway: Gateway,
    by: Actor,
    template: MessageTemplate | None = None,
    is_unfinished: bool = False,
    is_test: bool = False,
    seen: str | None = None,
    form: str = "",
    turn: int = 0,
    keep_answers: bool = False,
) -> Campaign:
    """The campaign of this form: a new draft, the changed draft, or what was sent with it.

    `seen` is the fingerprint of what the form knows to be saved, "" for nothing; None overwrites.
    What was saved last from the same window (`form`) is no surprise to it, unless that was later
    than this (`turn`). With `keep_answers`,
    what the review was told stays told. Raises `SendRefused` if the form was sent before with other
    content, or by somebody else, and `ChangedElsewhere`.
    """
    fingerprint = fingerprint_of(text, audience)
    content = {
        "text": text,
        "audience": audience.to_json(),
        "table_id": audience.table or None,
        "fingerprint": fingerprint,
        "template": template,
        "is_unfinished": is_unfinished,
        "is_test": is_test,
        "saved_at": timezone.now(),
        "saved_by_form": form,
        "saved_turn": turn,
    }
    try:
        with transaction.atomic():
            return Campaign.objects.create(
                form_uuid=form_uuid, gateway=gateway, created_by=user_of(by), **content
            )
    except IntegrityError:
        found = Campaign.objects.filter(form_uuid=form_uuid).first()
    if found is None:
        raise _table_gone()
    campaign = found
    if campaign.created_by_id != getattr(user_of(by), "pk", None):
        raise SendRefused(_("This form belongs to somebody else. Begin a new message."))
    if keep_answers:
        audience = _with_answers(audience, campaign, text)
    fingerprint = fingerprint_of(text, audience)
    content |= {"audience": audience.to_json(), "fingerprint": fingerprint}
    as_seen = Q() if seen is None else Q(fingerprint__in=[seen, fingerprint])
    if form:
        as_seen |= Q(saved_by_form=form, saved_turn__lte=turn)
    same = Campaign.objects.filter(pk=campaign.pk)
    try:
        with transaction.atomic():
            same.filter(as_seen, state=CampaignState.DRAFT).update(**content, gateway=gateway)
    except IntegrityError as gone:
        raise _table_gone() from gone
    if (now := same.first()) is None:
        raise SendRefused(_("This draft has been deleted meanwhile. Begin a new message."))
    campaign = now
    if campaign.fingerprint != fingerprint and campaign.state == CampaignState.DRAFT:
        raise ChangedElsewhere(campaign)
    if campaign.fingerprint != fingerprint:
        raise SendRefused(
            _(
                "This message has been sent already, with other words or to other people. "
                "Begin a new message for the changed one."
            )
        )
    return campaign


def _table_gone() -> SendRefused:
    return SendRefused(_("The table has been deleted meanwhile. Choose it again."))


def _with_answers(audience: Audience, draft: Campaign, text: str) -> Audience:
    """What the review was told stays told, of the same text for the same people. Whose message a
    shared number gets is known as long as it comes from the same table, or from the contacts.
    """
    told = Audience.from_json(draft.audience)
    if told.table != audience.table:
        return audience
    answered = replace(audience, preferred=told.preferred)
    as_told = replace(answered, first=told.first, again=told.again)
    is_same = draft.text == text and as_told.to_json() == told.to_json()
    return as_told if is_same else answered


def change_draft(campaign: Campaign, *, text: str, audience: Audience, seen: str) -> bool:
    """What the review asked about is answered, if it is still as it was `seen` (a fingerprint).

    False if it was sent, or changed, meanwhile.
    """
    return bool(
        Campaign.objects.filter(pk=campaign.pk, state=CampaignState.DRAFT, fingerprint=seen).update(
            text=text,
            audience=audience.to_json(),
            fingerprint=fingerprint_of(text, audience),
            saved_at=timezone.now(),
            saved_by_form="",
        )
    )


def plan(campaign: Campaign, at: datetime | None) -> bool:
    """Note when a draft is to go out. True if its letters say another day by that."""
    before = writers.day_of(campaign, campaign.scheduled_for)
    Campaign.objects.filter(pk=campaign.pk, state=CampaignState.DRAFT).update(scheduled_for=at)
    campaign.scheduled_for = at
    return writers.day_of(campaign, at) != before
