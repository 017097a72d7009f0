"""`manage.py send_sms --message TEXT --to NUMBERS`: send from a script as the browser does."""

import json
import time
import uuid
from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from typing import Any, NoReturn

from django.core.management.base import BaseCommand
from django.db.models import Count, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import Group
from messaging import tasks
from messaging.models import Campaign, CampaignState, Gateway, HoldKind, Recipient
from messaging.services import sociair
from messaging.services.audience.choice import Audience, GroupGone
from messaging.services.audience.known_keys import known_keys
from messaging.services.campaigns import drafts, handover
from messaging.services.campaigns.review import Review, review_of
from messaging.services.gateway import holds
from messaging.services.money import balance
from messaging.services.money.affordability import SendRefused
from messaging.text.placeholders import read_wording
from messaging.text.validity import InvalidText
from sociair_portal.audit.actors import by_command

_BAD = 2  # exit code
_LOOK_EVERY = 0.2  # seconds


class Command(BaseCommand):
    help = (
        "Send one text to numbers and groups, and print one JSON object. Exit codes: 0 queued, or "
        "with --wait all accepted; 1 with --wait, not all accepted; 2 nothing was sent."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--message", required=True, help=_("the text"))
        parser.add_argument(
            "--to", default="", metavar="NUMBERS", help=_("numbers, separated by commas")
        )
        parser.add_argument("--group", action="append", default=[], metavar="NAME")
        parser.add_argument(
            "--of-all", action="store_true", help=_("only people who are in every --group")
        )
        parser.add_argument(
            "--but-not",
            action="append",
            default=[],
            metavar="NAME",
            help=_("leave out people who are also in this group"),
        )
        parser.add_argument(
            "--at",
            type=_moment,
            metavar="TIME",
            help=_('when to send, in the portal\'s time zone, as in "2026-11-24 07:00"'),
        )
        parser.add_argument(
            "--again",
            action="store_true",
            help=_("also send to people who got the same text recently"),
        )
        parser.add_argument(
            "--wait", action="store_true", help=_("wait until every number has an answer")
        )
        parser.add_argument(
            "--key",
            type=_uuid,
            help=_("a UUID, so that a second run with the same key sends nothing again"),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        gateway = holds.current_gateway()
        with by_command("send_sms"):
            campaign = self._campaign(gateway, options)
        if options["wait"]:
            self._wait(campaign)
        self.stdout.write(_json(_report(campaign)))
        if options["wait"] and campaign.accepted != campaign.total:
            raise SystemExit(1)

    def _wait(self, campaign: Campaign) -> None:
        """Wait until the campaign ends, or waits for a person."""
        gateway = campaign.gateway
        while campaign.state not in _ENDS:
            time.sleep(_LOOK_EVERY)
            campaign.refresh_from_db()
            gateway.refresh_from_db()
            if gateway.is_held and gateway.hold_kind != HoldKind.TIMED:
                self.stderr.write(f"{gateway.get_hold_reason_display()} {gateway.advice}")
                return

    def _campaign(self, gateway: Gateway, options: dict[str, Any]) -> Campaign:
        """The campaign of this key, handed over now, or by an earlier run of the command."""
        try:
            text, _wording = read_wording(options["message"], known_keys())
            draft = drafts.save_draft(
                form_uuid=options["key"] or uuid.uuid4(),
                text=text,
                audience=self._audience(options),
                gateway=gateway,
                by=None,
            )
            if draft.state == CampaignState.DRAFT:
                self._hand_over(draft, options["at"])
        except (
            InvalidText,
            SendRefused,
            GroupGone,
            sociair.BalanceUnknown,
            sociair.NoToken,
        ) as refused:
            self._refuse(str(refused))
        return draft

    def _hand_over(self, draft: Campaign, at: datetime | None) -> None:
        sociair.check_token()
        drafts.plan(draft, at)
        seen = review_of(draft, balance.read_balance(draft.gateway))
        if not seen.people:
            self._refuse(_("There is no one to send to."), draft, seen)
        if not seen.is_affordable:
            self._refuse(_("There is not enough balance for this message."), draft, seen)
        handover.hand_over(draft, reviewed=handover.Reviewed.of(draft, seen), by=None, at=at)
        tasks.kick_for(draft)

    def _audience(self, options: dict[str, Any]) -> Audience:
        if options["but_not"] and not options["group"]:
            self._refuse(_("--but-not needs a --group to leave people out of."))
        return Audience(
            groups=self._groups(options["group"]),
            numbers=options["to"],
            of_all=options["of_all"],
            without=self._groups(options["but_not"]),
            again=options["again"],
        )

    def _groups(self, names: list[str]) -> tuple[int, ...]:
        groups = dict(Group.objects.filter(name__in=names).values_list("name", "pk"))
        for name in names:
            if name not in groups:
                self._refuse(_("There is no group %(name)s.") % {"name": name})
        return tuple(groups.values())

    def _refuse(
        self, why: str, draft: Campaign | None = None, seen: Review | None = None
    ) -> NoReturn:
        """Say why nothing was sent and what was left out, and exit with code 2."""
        self.stderr.write(why)
        if draft is not None and seen is not None:
            left_out = [{"entry": out.entry, "reason": out.words} for out in seen.first_omissions]
            self.stdout.write(_json({**_report(draft), "left_out": left_out}))
        raise SystemExit(_BAD)


# States in which `--wait` ends: in the last three a campaign waits for a person or its time.
_ENDS = [
    CampaignState.DONE,
    CampaignState.CANCELLED,
    CampaignState.PAUSED,
    CampaignState.OVERDUE,
    CampaignState.SCHEDULED,
]


def _uuid(value: str) -> uuid.UUID:
    try:
        return uuid.UUID(value)
    except ValueError:
        raise ArgumentTypeError(_("%(value)s is not a UUID.") % {"value": repr(value)}) from None


def _moment(value: str) -> datetime:
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise ArgumentTypeError(
            _("%(value)s is not a date and time, as in 2026-11-24 07:00.") % {"value": repr(value)}
        ) from None
    at = timezone.make_aware(at) if at.tzinfo is None else at
    if at <= timezone.now():
        raise ArgumentTypeError(_("%(value)s is in the past.") % {"value": value})
    return at


def _report(campaign: Campaign) -> dict[str, Any]:
    people = Recipient.objects.filter(campaign=campaign).values_list("state")
    return {
        "campaign": campaign.pk,
        "state": campaign.state,
        "recipients": dict(people.annotate(people=Count("pk")).order_by("state")),
        "left_out": [{"entry": out.entry, "reason": out.words} for out in campaign.left_out.all()],
        "parts": campaign.batches.aggregate(most=Max("parts", default=0))["most"],
        "cost": f"{campaign.cost:.2f}",
    }


def _json(report: dict[str, Any]) -> str:
    return json.dumps(report, ensure_ascii=False)
