"""`manage.py import_contacts FILE`: the same import as in the browser, for scripts."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from contacts.importing import jobs, load
from contacts.importing.meanings import Choice, NotChosen, guess_choice, options_of
from contacts.importing.options import Existing
from contacts.importing.reader import sentence
from contacts.importing.rows import Unreadable
from contacts.models import ContactImport, RejectedRow
from contacts.names import clean_name


class Command(BaseCommand):
    help = "Import people from a CSV, XLSX, XLS or ODS file and print what became of each row."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--group", action="append", default=[], metavar="NAME")
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="number=HEADING",
            help="the heading of the column with the number, the name or the groups",
        )
        parser.add_argument("--sheet", default="", help="of a spreadsheet, if not the first one")
        parser.add_argument("--existing", choices=[one.value for one in Existing], default="update")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(_("There is no file %(file)s.") % {"file": path}, returncode=2)
        try:
            source = jobs.take_in(path, name=path.name, by=None, sheet=options["sheet"])
        except Unreadable as unreadable:
            raise CommandError(sentence(unreadable), returncode=2) from unreadable
        try:
            choice = _choice(source, options)
            chosen = options_of(source, choice)
        except NotChosen as not_chosen:
            source.delete()
            raise CommandError(str(not_chosen), returncode=2) from not_chosen
        jobs.start(source, chosen)
        source.refresh_from_db()
        load.load(source)
        self.stdout.write(json.dumps(_result(source), ensure_ascii=False))


def _choice(source: ContactImport, options: dict[str, Any]) -> Choice:
    """What the file's headings suggest, changed by the command's arguments."""
    choice = guess_choice(source)
    choice.existing = Existing(options["existing"])
    choice.to_groups = [clean_name(group) for group in options["group"]]
    for given in options["column"]:
        meaning, _equals, heading = given.partition("=")
        if meaning not in ("number", "name", "groups") or heading not in source.names:
            said = _("There is no column %(given)s. The file has: %(names)s.")
            raise NotChosen(said % {"given": given, "names": ", ".join(source.names)})
        choice.give(source.names.index(heading), meaning)
    return choice


def _result(source: ContactImport) -> dict[str, Any]:
    rows = RejectedRow.objects.filter(source=source).order_by("id")
    return {
        "created": source.created,
        "updated": source.updated,
        "unchanged": source.unchanged,
        "rejected": source.rejected,
        "rows": list(rows.values("line", "entry", "reason")),
    }
