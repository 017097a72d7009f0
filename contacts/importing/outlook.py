"""What undoing an import would do, shown before anyone decides."""

from dataclasses import dataclass, field
from typing import Final

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from contacts.importing.imported_people import (
    changed_by,
    created_by,
    joins_since,
    opted_out_by,
    pieces_of,
    texted_since,
)
from contacts.models import (
    Contact,
    ContactImport,
    FilePurpose,
    ImportedChange,
    ImportState,
)

SHOWN: Final = 10  # of those who stay, and of files
ENDED: Final = (ImportState.DONE, ImportState.CANCELLED, ImportState.FAILED)


@dataclass(slots=True)
class Staying:
    """People of an import who stay as they are: how many, and the keys of the first ones."""

    count: int = 0
    first: list[int] = field(default_factory=list)

    def add(self, people: QuerySet[Contact]) -> int:
        """Add some, and return how many they are."""
        found = people.count()
        self.count += found
        missing = max(SHOWN - len(self.first), 0)
        self.first += people.order_by("pk").values_list("pk", flat=True)[:missing]
        return found

    def people(self) -> QuerySet[Contact]:
        """The first ones, in the order of their coming."""
        return Contact.objects.filter(pk__in=self.first).order_by("pk")


@dataclass(slots=True)
class Outlook:
    """What undoing an import would do now. `changed` and `texted` are people who would stay.

    `first` are imports that changed its people since, and should be undone before it; `later` have
    found people there since, who are not added again automatically.
    """

    created: int
    restored: int
    opt_outs: int
    changed: Staying
    texted: Staying
    first: QuerySet[ContactImport]
    later: QuerySet[ContactImport]

    @property
    def is_anything(self) -> bool:
        """Whether there is anything to undo: not if everyone was changed or sent messages since."""
        return bool(self.created or self.restored or self.opt_outs)


def outlook(source: ContactImport) -> Outlook:
    """What undoing an import would do. The database counts, so that a large one is quick."""
    since, created, found = _since(source), created_by(source), changed_by(source)
    theirs = ImportedChange.objects.filter(source=OuterRef("pk"))
    overlap = theirs.filter(contact_pk__in=created.values("pk"))
    overlap |= theirs.filter(contact_pk__in=source.changes.values("contact_pk"))
    first = since.filter(Exists(overlap))
    seen = Outlook(
        created=created.count(),
        restored=found.count(),
        opt_outs=opted_out_by(source).count(),
        changed=Staying(),
        texted=Staying(),
        first=first,
        later=since.filter(~Exists(overlap), unchanged__gt=0).exclude(options__opt_out=True),
    )
    seen.created -= _add_staying(seen, source, created)
    seen.restored -= _add_staying(seen, source, found)
    return seen


def _add_staying(seen: Outlook, source: ContactImport, people: QuerySet[Contact]) -> int:
    """Add those of people of an import who stay, and return how many they are: as `told_apart` says
    it, which is asked about whom it wrote more than once.
    """
    texted = Q(pk__in=texted_since(source).values("pk"))
    joined = Q(pk__in=joins_since(source).values("contact"))
    changes = source.changes.filter(contact_pk=OuterRef("pk"), fields__isnull=False)
    earlier = source.changes.filter(contact_pk=OuterRef("contact_pk"), pk__lt=OuterRef("pk"))
    several = Exists(changes.filter(Exists(earlier.filter(fields__isnull=False))))
    as_created = Q(source=source, updated_at=F("created_at"))
    as_it_wrote = as_created | Exists(changes.filter(at=OuterRef("updated_at")))
    only_joined = ~Q(source=source) & ~Exists(changes)
    unclear = several | Q(Exists(changes), source=source)
    edited = people.exclude(texted).filter(joined | (~unclear & ~(as_it_wrote | only_joined)))
    stay = seen.texted.add(people.filter(texted)) + seen.changed.add(edited)
    for some in pieces_of(source, people.exclude(texted | joined).filter(unclear)):
        stay += seen.changed.add(Contact.objects.filter(pk__in=some.changed))
    return stay


def _since(source: ContactImport) -> QuerySet[ContactImport]:
    """Imports that came after one, the last one first."""
    contacts = ContactImport.objects.filter(purpose=FilePurpose.CONTACTS).exclude(pk=source.pk)
    after = contacts.filter(state__in=ENDED, finished_at__gt=source.finished_at)
    return after.order_by("-finished_at", "-pk")
