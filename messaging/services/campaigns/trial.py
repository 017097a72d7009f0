"""Tests: a message to one's own number, as a recipient would get it, before anyone does."""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.phone import operator_of
from messaging.models import Campaign, CampaignState, Gateway
from messaging.services.audience.addressees import Addressee
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import drafts, handover
from messaging.services.campaigns.own_number import locked_profile
from messaging.services.campaigns.review import review_of
from messaging.services.money import affordability, prices
from messaging.services.money.affordability import SendRefused
from messaging.text.placeholders import literal
from sociair_portal.common.actors import Actor, user_of


@dataclass(frozen=True, slots=True)
class Trial:
    """What a test would say, and what it costs (rupees; None for an operator without a rate). Its
    key is that of the campaign which it becomes, so that no copy of an offer sends another one.
    """

    text: str
    parts: int
    cost: Decimal | None
    key: uuid.UUID = field(default_factory=uuid.uuid4)

    def to_json(self) -> list[Any]:
        return [self.text, str(self.cost), str(self.key)]


def trial_for(person: Addressee, mobile: str, rates: prices.Rates) -> Trial:
    """A recipient's text as a test to `mobile`, someone else's number."""
    rate = rates.get(operator_of(mobile))
    cost = None if rate is None else rate * person.parts
    return Trial(person.text, person.parts, cost)


def send_test(
    draft: Campaign, *, form_uuid: uuid.UUID, text: str, cost: Decimal, by: Actor
) -> Campaign:
    """Send a text to one's own number for at most `cost` rupees; one offer sends one test.

    Raises `SendRefused`; then nothing is kept.
    """
    with transaction.atomic():  # nothing stays of a test that is refused
        profile = locked_profile(by)
        if profile is None or not profile.mobile:
            raise SendRefused(_("Enter your own number first."))
        if not profile.is_proved:
            raise SendRefused(_("First confirm that your number is yours, under My number."))
        _check_limit(by, form_uuid)
        return send_to(
            profile.mobile,
            gateway=draft.gateway,
            form_uuid=form_uuid,
            text=text,
            cost=cost,
            by=by,
        )


def send_to(
    mobile: str,
    *,
    gateway: Gateway,
    form_uuid: uuid.UUID,
    text: str,
    cost: Decimal,
    by: Actor,
    is_invitation: bool = False,
) -> Campaign:
    """Send a text to one number for at most `cost` rupees, within the caller's transaction.

    It is marked as a test, or as an invitation. Raises `SendRefused`.
    """
    test = drafts.save_draft(
        form_uuid=form_uuid,
        text=literal(text),
        audience=Audience(numbers=mobile, again=True),
        gateway=gateway,
        by=by,
        is_test=True,
        is_invitation=is_invitation,
    )
    if test.state == CampaignState.DRAFT:
        _hand_over(test, cost, by)
    return test


def _check_limit(by: Actor, form_uuid: uuid.UUID) -> None:
    """Raises `SendRefused` for someone who has sent so many tests that another is no trial."""
    sent = Campaign.objects.filter(is_test=True, created_by=user_of(by), code=None, link=None)
    lately = sent.filter(created_at__gt=timezone.now() - timedelta(hours=1))
    if lately.exclude(form_uuid=form_uuid).count() >= settings.TESTS_AN_HOUR:
        said = _("You have sent %(most)d test messages in an hour. Try again later.")
        raise SendRefused(said % {"most": settings.TESTS_AN_HOUR})


def _hand_over(test: Campaign, cost: Decimal, by: Actor) -> None:
    reading = affordability.fresh_reading(test.gateway, button=_("Send"))
    seen = review_of(test, reading)
    if not seen.people:
        why = seen.first_omissions[0].words if seen.first_omissions else ""
        raise SendRefused(_("This number cannot be sent messages. %(why)s") % {"why": why})
    if seen.cost > cost:
        raise SendRefused(_("The cost has changed. Check it again."))
    handover.hand_over(test, reviewed=handover.Reviewed.of(test, seen), by=by)
