"""`manage.py forget NUMBER`: show or export what is kept about a person, or anonymise them."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from contacts.models import Contact
from contacts.phone import InvalidMobile, format_mobile, parse_mobile
from contacts.services import forgotten
from messaging.services.privacy import dossier, erasing, remembered
from messaging.services.privacy.traces import traces_of


class Command(BaseCommand):
    help = (
        "Show everything that is kept about the person with a number, ask twice, then anonymise "
        "them. The number is never sent messages again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", nargs="?", default="")
        parser.add_argument("--show", action="store_true", help=_("only show it, change nothing"))
        parser.add_argument(
            "--file",
            type=Path,
            help=_("write all of it to a file for the person: .html to read, or .json"),
        )
        parser.add_argument(
            "--only",
            action="append",
            type=int,
            metavar="ID",
            help=_("if several people share the number, only the contact with this ID"),
        )
        parser.add_argument(
            "--reason", default="", help=_("kept in the record, so leave names out")
        )
        parser.add_argument("--yes", action="store_true", help=_("do not ask"))
        parser.add_argument(
            "--again",
            action="store_true",
            help=_("anonymise everyone again who came back, for example with a backup"),
        )
        parser.add_argument(
            "--lost-key",
            action="store_true",
            help=_("FINGERPRINT_KEY is lost: go on without recognising people anonymised earlier"),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["again"]:
            self.stdout.write(_("Anonymised again: %(people)d") % {"people": remembered.again()})
            return self._finish_all()
        if options["lost_key"]:
            if not options["yes"]:
                raise CommandError(
                    _(
                        "People who were anonymised could be sent messages again. If the key is "
                        "lost for good, add --yes."
                    )
                )
            people = remembered.go_on_without_lost(by=None)
            said = _("No longer recognised, and could be sent messages again: %(people)d")
            return self.stdout.write(said % {"people": people})
        mobile = self._number(options["number"])
        if options["file"]:
            return self._hand_out(mobile, options["file"])
        self._show(mobile)
        if options["show"]:
            return None
        self._ask(mobile, options)
        return self._forget(mobile, options)

    def _number(self, given: str) -> str:
        try:
            return parse_mobile(given)
        except InvalidMobile as invalid:
            raise CommandError(invalid.reason) from invalid

    def _show(self, mobile: str) -> None:
        traces = traces_of(mobile)
        dossier.note_look(traces, by=None)
        for contact in Contact.objects.filter(mobile=mobile).order_by("id"):
            self.stdout.write(f"{contact.pk}: {contact.name}")
        for section in dossier.overview(traces):
            more = "+" if section.is_more else ""
            self.stdout.write(f"{section.title}: {section.count}{more} {section.stays}".strip())

    def _hand_out(self, mobile: str, file: Path) -> None:
        sections = dossier.hand_out(traces_of(mobile), by=None)
        if file.suffix == ".json":
            content = json.dumps(dossier.to_json(sections), ensure_ascii=False, indent=2)
        else:
            context = {"sections": sections, "mobile": mobile}
            content = render_to_string("messaging/privacy/file.html", context)
        file.touch(mode=0o600)
        file.write_text(content)

    def _ask(self, mobile: str, options: dict[str, Any]) -> None:
        if options["yes"]:
            return
        typed = input(_("This cannot be undone. Type the number again: "))
        if self._number(typed) != mobile:
            raise CommandError(_("That is a different number. Nothing was changed."))
        if not options["reason"]:
            options["reason"] = input(_("Reason: "))

    def _forget(self, mobile: str, options: dict[str, Any]) -> None:
        if not options["reason"]:
            raise CommandError(_("Give a reason with --reason."))
        try:
            erasure = erasing.begin(
                mobile, people=options["only"], by=None, reason=options["reason"]
            )
        except (erasing.NotNow, forgotten.NoKey) as not_now:
            raise CommandError(str(not_now)) from not_now
        if erasing.go_on_with(erasure):
            said = _("%(number)s: the person was anonymised.")
        else:
            said = _(
                "%(number)s: a message is being sent. The worker anonymises the person after that."
            )
        self.stdout.write(said % {"number": format_mobile(mobile)})

    def _finish_all(self) -> None:
        for erasure in erasing.waiting():
            erasing.go_on_with(erasure)
