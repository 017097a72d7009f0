"""The form of Compose: a text and whom it is for, checked and cleaned, finished or not."""

from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import Contact, Group
from contacts.phone import split_numbers
from contacts.services import membership
from contacts.shown_numbers import may_see_numbers, shown_text
from messaging.forms.ids import IdsField, VersionField, ids_of
from messaging.models import (
    MessageTemplate,
    RecipientTable,
)
from messaging.services.audience import visible_tables
from messaging.services.audience.choice import Audience, read_pasted
from messaging.services.audience.known_keys import known_keys
from messaging.services.campaigns import drafts
from messaging.text.placeholders import read_wording
from messaging.text.validity import InvalidText, tidy
from sociair_portal.common.actors import Actor

_REASONS_SHOWN: Final = 5
# An entry is at most so many words, so more words than this are too many entries.
_MOST_WORDS_AN_ENTRY: Final = 5


OF_ALL: Final = "all"
_MOST_OF_ALL: Final = 20  # each is a condition of its own for the database


@dataclass(frozen=True, slots=True)
class GroupChoice:
    """A group to tick, with its number of members."""

    group: Group
    members: int
    is_chosen: bool
    is_without: bool


def _hidden() -> forms.HiddenInput:
    """A hidden field that a browser does not fill in again from an earlier look at the page."""
    return forms.HiddenInput(attrs={"autocomplete": "off"})


class ComposeForm(forms.Form):
    """A message and who gets it. The UUID is the form's own: sent twice, it is one campaign."""

    form_uuid = forms.UUIDField(
        widget=_hidden(),
        error_messages={
            "required": gettext_lazy("This page is out of date. Reopen Compose."),
            "invalid": gettext_lazy("This page is out of date. Reopen Compose."),
        },
    )
    # The version of the draft that this form knows to be saved.
    version = VersionField(required=False, widget=_hidden())
    # The template that the text came from; the table that stands for groups, contacts and numbers.
    template = forms.CharField(required=False, widget=_hidden())
    table = forms.CharField(required=False, widget=_hidden())
    groups = IdsField(label=gettext_lazy("Groups"), required=False)
    of_all = forms.ChoiceField(
        label=gettext_lazy("Who in these groups gets it"),
        required=False,
        choices=[
            ("", gettext_lazy("Everyone in any ticked group")),
            (OF_ALL, gettext_lazy("Only people in every ticked group")),
        ],
    )
    without = IdsField(label=gettext_lazy("Leave out people in"), required=False)
    contacts = IdsField(label=gettext_lazy("Contacts"), required=False)
    numbers = forms.CharField(
        label=gettext_lazy("Numbers"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3, "inputmode": "tel", "spellcheck": "false"}),
        help_text=gettext_lazy(
            "Type or paste numbers, separated by commas, spaces or new lines. They can begin with "
            "+977 or 0, and have Devanagari digits."
        ),
    )
    text = forms.CharField(
        label=gettext_lazy("Message"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "aria-describedby": "measure-line"}),
    )

    def __init__(self, data: Any = None, *, by: Actor, **kwargs: Any) -> None:
        """`by` is who writes: others' tables are not found. Whoever may not see whole numbers
        neither sees nor types those of a message: they stay as its draft has them.
        """
        self.by = by
        self.sees_numbers = may_see_numbers()
        if data is not None and not self.sees_numbers:
            data = _with_kept_numbers(data)
        super().__init__(data, **kwargs)

    @property
    def kept_numbers(self) -> int:
        """How many numbers the message has, for someone who does not see them."""
        return len(split_numbers(str(self["numbers"].value() or "")))

    @cached_property
    def chosen_table(self) -> RecipientTable | None:
        """The table that stands in the place of groups, contacts and numbers, if there is one."""
        return visible_tables.find(str(self["table"].value() or ""), by=self.by)

    def unchecked(self) -> "ComposeForm":
        """The same form with everything as it was typed, for someone who has not finished yet."""
        typed = {name: self[name].value() for name in self.fields}
        return ComposeForm(by=self.by, initial=typed)

    def clean_table(self) -> RecipientTable | None:
        if self.cleaned_data["table"] and self.chosen_table is None:
            raise forms.ValidationError(_("That spreadsheet was deleted. Upload it again."))
        return self.chosen_table

    def clean_groups(self) -> list[int]:
        return self._existing(
            "groups",
            Group.objects.all(),
            _("A group you chose was deleted. The others are still chosen."),
        )

    def clean_without(self) -> list[int]:
        return self._existing(
            "without",
            Group.objects.all(),
            _("A group you chose was deleted. The others are still chosen."),
        )

    def clean_contacts(self) -> list[int]:
        return self._existing(
            "contacts",
            Contact.objects.all(),
            _("A contact you chose was deleted. The others are still chosen."),
        )

    def _existing(self, field: str, rows: QuerySet[Any], sentence: str) -> list[int]:
        """The chosen rows that still exist; if some do not, the field says so."""
        chosen: list[int] = self.cleaned_data[field]
        if self.chosen_table is not None:
            return chosen  # unused while a table is chosen
        found = set(rows.filter(pk__in=chosen).values_list("pk", flat=True))
        if len(found) < len(chosen):
            self.add_error(field, sentence)
        return [pk for pk in chosen if pk in found]

    def clean_numbers(self) -> str:
        numbers = tidy(self.cleaned_data["numbers"])
        if self.chosen_table is not None:
            return numbers  # unused while a table is chosen
        most = settings.PASTED_LINES
        too_many = _("That is more than %(most)s numbers. Paste fewer, or put them in a group.")
        if len(numbers.split()) > most * _MOST_WORDS_AN_ENTRY:
            raise forms.ValidationError(too_many % {"most": f"{most:,}"})
        self.pasted = read_pasted(numbers)
        if len(self.pasted.mobiles) + len(self.pasted.omissions) > most:
            raise forms.ValidationError(too_many % {"most": f"{most:,}"})
        return numbers

    def clean_text(self) -> str:
        try:
            text, _wording = read_wording(
                self.cleaned_data["text"], known_keys(self.cleaned_data.get("table"))
            )
            return text
        except InvalidText as invalid:
            raise forms.ValidationError(invalid.reason) from invalid

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("table") is not None or "table" in self.errors:
            return self.cleaned_data
        chosen = self.cleaned_data.get("groups") or self.cleaned_data.get("contacts")
        if self.cleaned_data.get("without") and not self.cleaned_data.get("groups"):
            self.add_error("without", _("First choose the groups to leave these out of."))
        if (
            self.cleaned_data.get("of_all")
            and len(self.cleaned_data.get("groups", ())) > _MOST_OF_ALL
        ):
            said = _("Tick %(most)d groups or fewer to send only to people in every one.")
            self.add_error("groups", said % {"most": _MOST_OF_ALL})
        if not chosen and not {"groups", "contacts", "numbers"} & self.errors.keys():
            self._check_only_numbers()
        return self.cleaned_data

    def _check_only_numbers(self) -> None:
        bad = self.pasted.omissions[:_REASONS_SHOWN]
        if not self.pasted.mobiles and not bad:
            self.add_error("groups", _("Choose who gets it: a group, a contact or a number."))
        elif not self.pasted.mobiles:
            said = [shown_text(f"{out.entry}: {out.words}") for out in bad]
            self.add_error("numbers" if self.sees_numbers else "groups", said)

    @property
    def _read(self) -> dict[str, Any]:
        """The fields that are valid, whatever is wrong with the rest."""
        self.is_valid()  # which reads the fields, once
        return self.cleaned_data

    @property
    def audience(self) -> Audience:
        """Whom it is for, as far as the fields are valid."""
        if self.chosen_table is not None:
            return Audience(table=str(self.chosen_table.pk))
        read = self._read
        return Audience(
            groups=tuple(read.get("groups", ())),
            contacts=tuple(read.get("contacts", ())),
            numbers=read.get("numbers", ""),
            of_all=read.get("of_all") == OF_ALL,
            without=tuple(read.get("without", ())),
        )

    @property
    def is_begun(self) -> bool:
        return any(
            self[name].value() for name in ("groups", "contacts", "numbers", "table", "text")
        )

    @property
    def set_aside(self) -> list[tuple[str, str]]:
        """Hidden fields that keep the choice of people while a table is chosen instead."""
        several = [
            (name, str(pk))
            for name in ("groups", "without", "contacts")
            for pk in ids_of(self[name].value() or [])
        ]
        names = ("of_all", "numbers") if self.sees_numbers else ("of_all",)
        single = [(name, str(self[name].value() or "")) for name in names]
        return [*several, *((name, value) for name, value in single if value)]

    @property
    def unfinished_text(self) -> str:
        """The text as it was typed, tidied, because what is saved is compared with what is
        reviewed.
        """
        return _storable(tidy(self["text"].value() or ""))

    @property
    def unfinished_audience(self) -> Audience:
        """Whom it is for as it was typed, whatever is wrong with it."""
        if self.chosen_table is not None:
            return Audience(table=str(self.chosen_table.pk))
        return Audience(
            groups=tuple(ids_of(self["groups"].value() or [])),
            contacts=tuple(ids_of(self["contacts"].value() or [])),
            numbers=_storable(tidy(self["numbers"].value() or "")),
            of_all=self["of_all"].value() == OF_ALL,
            without=tuple(ids_of(self["without"].value() or [])),
        )

    def used_template(self) -> MessageTemplate | None:
        chosen = ids_of([self["template"].value() or ""])
        return MessageTemplate.objects.filter(pk__in=chosen).first()

    def group_choices(self) -> list[GroupChoice]:
        chosen = set(ids_of(self["groups"].value() or []))
        without = set(ids_of(self["without"].value() or []))
        groups = list(Group.objects.order_by("name"))
        sizes = membership.sizes(groups)
        return [
            GroupChoice(group, sizes.get(group.pk, 0), group.pk in chosen, group.pk in without)
            for group in groups
        ]

    def chosen_contacts(self) -> list[Contact]:
        chosen = ids_of(self["contacts"].value() or [])
        return list(Contact.objects.filter(pk__in=chosen).order_by("name", "id"))


def _with_kept_numbers(data: Any) -> Any:
    """What was posted, with the numbers that the draft of this form has."""
    posted = data.copy()
    posted["numbers"] = drafts.numbers_of(posted.get("form_uuid", ""))
    return posted


def _storable(text: str) -> str:
    """PostgreSQL stores every character but NUL."""
    return text.replace("\x00", "")
