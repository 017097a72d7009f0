"""Drafts: saving a message while it is being written, in any number of windows."""

import hashlib
import json
import uuid
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Case, F, Q, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Greatest, Least
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import (
    Campaign,
    CampaignState,
    Gateway,
    MessageTemplate,
)
from messaging.services.audience import letters
from messaging.services.audience.choice import Audience
from messaging.services.money.affordability import SendRefused
from sociair_portal.common.actors import Actor, user_of

# Nobody saves so often: a greater number was made up, and must not lock the draft.
MOST_VERSION: Final = 2**30


def fingerprint_of(text: str, audience: Audience) -> str:
    """Equal for equal content, whatever form it came in by."""
    content = json.dumps([text, audience.to_json()], sort_keys=True)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


class ChangedElsewhere(Exception):
    """A draft was changed from another form. `campaign` is how it is now."""

    def __init__(self, campaign: Campaign) -> None:
        super().__init__(
            _(
                "This draft was changed in another window, on another device, or here before "
                "you came back."
            )
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
    is_invitation: bool = False,
    version: int | None = None,
    keep_answers: bool = False,
) -> Campaign:
    """Save what a form holds as a new draft or over its own; if it was sent already, return that.

    `version` is the one that the form knows to be saved, 0 for none; None overwrites. With
    `keep_answers`, what the review was told stays told. Raises `SendRefused` if the form was sent
    before with other content, or by someone else, and `ChangedElsewhere`.

    No window overwrites another's words unasked. Saving other words increases the version, and is
    refused if a version greater than the window's own is saved. A window's own version is the one
    that it was given together with its words, or that its writer agreed to overwrite, plus one for
    each save that it has sent. It goes back when the window learns that a save was refused, and a
    submit waits for that. Only the save that is sent as the page is left cannot wait: if an earlier
    save is still on its way, and another window saved before that, the other window's words are
    overwritten.
    """
    others = {
        "gateway": gateway,
        "template": template,
        "is_unfinished": is_unfinished,
        "is_test": is_test,
        "is_invitation": is_invitation,
    }
    form = Campaign.objects.filter(form_uuid=form_uuid)
    if (found := form.first()) is None:
        with suppress(IntegrityError), transaction.atomic():
            return begin(
                text,
                audience,
                by=by,
                form_uuid=form_uuid,
                version=min((version or 0) + 1, MOST_VERSION),
                **others,
            )
        if (found := form.first()) is None:  # not another that was faster
            raise _table_gone()
    if found.created_by_id != getattr(user_of(by), "pk", None):
        raise SendRefused(_("This draft belongs to someone else. Start a new message."))
    if keep_answers:
        audience = _with_answers(audience, found, text)
    return _saved_over(found, {**_content(text, audience), **others}, version)


def numbers_of(form_uuid: object) -> str:
    """The numbers that the message of a form was saved with; none before it is saved."""
    with suppress(ValueError):
        same = Campaign.objects.filter(form_uuid=uuid.UUID(str(form_uuid)))
        return str(same.values_list("audience__numbers", flat=True).first() or "")
    return ""


def begin(text: str, audience: Audience, *, by: Actor, **fields: Any) -> Campaign:
    """A new campaign, with a form's UUID of its own unless one is given.

    Raises IntegrityError if the UUID is known, or the audience's table has gone.
    """
    return Campaign.objects.create(
        **{"form_uuid": uuid.uuid4(), "version": 1}
        | {"created_by": user_of(by)}
        | _content(text, audience)
        | fields
    )


def _content(text: str, audience: Audience) -> dict[str, Any]:
    return {
        "text": text,
        "audience": audience.to_json(),
        "table_id": audience.table or None,
        "fingerprint": fingerprint_of(text, audience),
        "saved_at": timezone.now(),
    }


def _saved_over(draft: Campaign, content: dict[str, Any], version: int | None) -> Campaign:
    """Save over a draft. The same words again are accepted whatever the version."""
    same = Campaign.objects.filter(pk=draft.pk)
    fingerprint = content["fingerprint"]
    known = Q() if version is None else Q(version__lte=version) | Q(fingerprint=fingerprint)
    after: Combinable = F("version") + 1
    if version is not None:
        changed = Least(Greatest(F("version"), version + 1), MOST_VERSION)
        after = Case(When(fingerprint=fingerprint, then=F("version")), default=changed)
    try:
        with transaction.atomic():
            same.filter(known, state=CampaignState.DRAFT).update(**content, version=after)
    except IntegrityError as gone:
        raise _table_gone() from gone
    if (now := same.first()) is None:
        raise SendRefused(_("This draft was deleted. Start a new message."))
    if now.fingerprint == fingerprint:
        return now
    if now.state == CampaignState.DRAFT:
        raise ChangedElsewhere(now)
    raise SendRefused(
        _(
            "This message was already sent with a different text or to different people. To "
            "send your changes, start a new message."
        )
    )


def _table_gone() -> SendRefused:
    return SendRefused(_("That spreadsheet was deleted. Upload it again."))


def _with_answers(audience: Audience, draft: Campaign, text: str) -> Audience:
    """Keep what the review was told, if text and people are the same. Who gets the message of a
    shared number is kept as long as the people come from the same table, or from the contacts.
    """
    told = Audience.from_json(draft.audience)
    if told.table != audience.table:
        return audience
    answered = replace(audience, preferred=told.preferred)
    as_told = replace(answered, first=told.first, again=told.again)
    is_same = draft.text == text and as_told.to_json() == told.to_json()
    return as_told if is_same else answered


def change_draft(campaign: Campaign, *, text: str, audience: Audience, seen: str) -> bool:
    """Save answers to the review's questions, if the draft's fingerprint is still `seen`.

    False if it was sent, or changed, meanwhile.
    """
    return bool(
        Campaign.objects.filter(pk=campaign.pk, state=CampaignState.DRAFT, fingerprint=seen).update(
            **_content(text, audience), version=F("version") + 1
        )
    )


def plan(campaign: Campaign, at: datetime | None) -> bool:
    """Note when a draft is to go out. True if its letters say another day by that."""
    before = letters.day_of(campaign, campaign.scheduled_for)
    Campaign.objects.filter(pk=campaign.pk, state=CampaignState.DRAFT).update(scheduled_for=at)
    campaign.scheduled_for = at
    return letters.day_of(campaign, at) != before
