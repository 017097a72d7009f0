"""Tests: a message to one's own number, as a recipient would get it, before anybody does."""

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
from messaging.models import Campaign, CampaignState, Profile
from messaging.services.audience.addressees import Addressee
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import drafts, handover
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


def own_number(user: Actor) -> str:
    """The number that somebody entered as their own: ten digits, or empty."""
    profile = Profile.objects.filter(user=user_of(user)).first() if user_of(user) else None
    return profile.mobile if profile is not None else ""


def trial_for(person: Addressee, mobile: str, rates: prices.Rates) -> Trial:
    """A recipient's text as a test to `mobile`, somebody else's number."""
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
        mobile = _locked_number(by)
        if not mobile:
            raise SendRefused(_("Enter your own number first."))
        _check_limit(by, form_uuid)
        test = drafts.save_draft(
            form_uuid=form_uuid,
            text=literal(text),
            audience=Audience(numbers=mobile, again=True),
            gateway=draft.gateway,
            by=by,
            is_test=True,
        )
        if test.state == CampaignState.DRAFT:
            _hand_over(test, cost, by)
    return test


def _locked_number(user: Actor) -> str:
    """The own number, so that two tests of one person come one after the other."""
    profiles = (
        Profile.objects.filter(user=user_of(user)) if user_of(user) else Profile.objects.none()
    )
    return profiles.select_for_update().values_list("mobile", flat=True).first() or ""


def _check_limit(by: Actor, form_uuid: uuid.UUID) -> None:
    """Raises `SendRefused` for somebody who has sent so many tests that another is no trial."""
    sent = Campaign.objects.filter(is_test=True, created_by=user_of(by))
    lately = sent.filter(created_at__gt=timezone.now() - timedelta(hours=1))
    if lately.exclude(form_uuid=form_uuid).count() >= settings.TESTS_AN_HOUR:
        said = _("You have sent %(most)d tests within an hour. Try again later.")
        raise SendRefused(said % {"most": settings.TESTS_AN_HOUR})


def _hand_over(test: Campaign, cost: Decimal, by: Actor) -> None:
    reading = affordability.fresh_reading(test.gateway, button=_("Send"))
    seen = review_of(test, reading)
    if not seen.people:
        why = seen.first_omissions[0].words if seen.first_omissions else ""
        raise SendRefused(_("Your own number cannot be texted: %(why)s") % {"why": why})
    if seen.cost > cost:
        raise SendRefused(_("The price has changed. Look once more."))
    handover.hand_over(test, reviewed=handover.Reviewed.of(test, seen), by=by)
