"""`manage.py import_contacts FILE`: the same import as in the browser, for scripts."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from contacts.fields import DecimalMark
from contacts.importing import jobs, load
from contacts.importing.chosen import NotChosen, options_of
from contacts.importing.meanings import (
    FONT_WAYS,
    GROUPS,
    LEAVE_OUT,
    NAME,
    NUMBER,
    Choice,
    guess_choice,
)
from contacts.importing.options import Existing, Numbers
from contacts.importing.reader import sentence
from contacts.importing.rows import Unreadable
from contacts.models import ContactImport, RejectedRow
from contacts.names import clean_name
from sociair_portal.audit.actors import by_command
from sociair_portal.common.calendars import Calendar

_LEFT_OUT = "left_out"  # a column


class Command(BaseCommand):
    help = _("Import contacts from a CSV, XLSX, XLS or ODS file, and print the result as JSON.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help=_("the file to import"))
        parser.add_argument(
            "--group",
            action="append",
            default=[],
            metavar="NAME",
            help=_("add everyone to this group (can be repeated)"),
        )
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="number=HEADING",
            help=_("what a column means: number, name, groups or left_out"),
        )
        parser.add_argument(
            "--sheet",
            default="",
            help=_("the sheet to import (default: the one that was open when the file was saved)"),
        )
        parser.add_argument(
            "--heading",
            type=int,
            metavar="LINE",
            help=_("the line with the headings, 0 for none (default: found automatically)"),
        )
        parser.add_argument("--take-hidden", action="store_true", help=_("include hidden rows"))
        parser.add_argument(
            "--several",
            choices=[one.value for one in Numbers],
            default="",
            help=_("which numbers to use if several columns have mobile numbers"),
        )
        parser.add_argument(
            "--written",
            action="append",
            default=[],
            metavar="HEADING=bs",
            help=_(
                "how a column is written. Dates: ad or bs. Numbers: point or comma. Letters: "
                "preeti, himali, preeti_sure or himali_sure (cells that could be Latin stay), "
                "or as_it_is"
            ),
        )
        parser.add_argument(
            "--existing",
            choices=[one.value for one in Existing],
            default="update",
            help=_("what to do with contacts that you already have (default: %(default)s)"),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with by_command("import_contacts"):
            self._import(options)

    def _import(self, options: dict[str, Any]) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(
                _("The file %(file)s does not exist.") % {"file": path}, returncode=2
            )
        try:
            source = jobs.take_in(path, name=path.name, by=None, sheet=options["sheet"])
        except Unreadable as unreadable:
            raise CommandError(sentence(unreadable), returncode=2) from unreadable
        try:
            if (line := options["heading"]) is not None and not jobs.choose_heading(source, line):
                raise NotChosen(_("Line %(line)d cannot be used as headings.") % {"line": line})
            choice = _choice(source, options)
            chosen = options_of(source, choice)
        except NotChosen as not_chosen:
            source.delete()
            raise CommandError(_sentence(source, not_chosen), returncode=2) from not_chosen
        jobs.start(source, chosen)
        source.refresh_from_db()
        load.load(source)
        self.stdout.write(json.dumps(_result(source), ensure_ascii=False))


def _choice(source: ContactImport, options: dict[str, Any]) -> Choice:
    """What the file's headings suggest, changed by the command's arguments."""
    choice = guess_choice(source)
    choice.existing = Existing(options["existing"])
    choice.to_groups = [clean_name(group) for group in options["group"]]
    choice.several, choice.take_hidden = options["several"], options["take_hidden"]
    for given in options["column"]:
        meaning, _equals, heading = given.partition("=")
        if meaning not in (NUMBER, NAME, GROUPS, _LEFT_OUT):
            raise _unknown(source, given)
        choice.give(_place(source, heading), LEAVE_OUT if meaning == _LEFT_OUT else meaning)
    for given in options["written"]:
        heading, _equals, way = given.rpartition("=")
        if way not in {*Calendar, *DecimalMark, *FONT_WAYS}:
            raise _unknown(source, given)
        choice.written[_place(source, heading)] = way
    return choice


def _place(source: ContactImport, heading: str) -> int:
    names: list[str] = source.names
    if heading not in names:
        raise _unknown(source, heading)
    return names.index(heading)


def _unknown(source: ContactImport, given: str) -> NotChosen:
    said = _("The file has no column %(given)s. Its columns are: %(names)s.")
    return NotChosen(said % {"given": given, "names": ", ".join(source.names)})


def _sentence(source: ContactImport, not_chosen: NotChosen) -> str:
    """What is to be chosen, and for which column."""
    if not_chosen.place is None:
        return str(not_chosen)
    return f"“{source.names[not_chosen.place]}”: {not_chosen}"


def _result(source: ContactImport) -> dict[str, Any]:
    rows = RejectedRow.objects.filter(source=source).order_by("id")
    return {
        "created": source.created,
        "updated": source.updated,
        "unchanged": source.unchanged,
        "rejected": source.rejected,
        "values_left_out": source.values_left_out,
        "rows": list(rows.values("line", "column", "entry", "reason")),
    }
