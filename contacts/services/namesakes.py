"""What tells people of one list apart who share a name: a field of theirs, or their groups."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import prefetch_related_objects

from contacts.fields import FieldKind
from contacts.models import Contact, ContactField
from contacts.names import name_key
from contacts.services.field_values import shown_in


def told_apart(
    people: Sequence[Contact], beside: Sequence[Contact] = ()
) -> list[tuple[Contact, str]]:
    """People of a list, each with what tells them from namesakes there, or `beside` it."""
    words = differences((contact.name, contact) for contact in (*people, *beside))
    return [(contact, words.get(contact.pk, "")) for contact in people]


def differences(named: Iterable[tuple[str, Contact]]) -> dict[int, str]:
    """By keys of contacts: what is different about those who share a name in a list.

    Two queries, or none where everyone has a name of their own.
    """
    same: dict[str, dict[int, Contact]] = defaultdict(dict)
    for name, contact in named:
        same[name_key(name)][contact.pk] = contact
    namesakes = [[*people.values()] for people in same.values() if len(people) > 1]
    if not namesakes:
        return {}
    fields = sorted(ContactField.objects.all(), key=_usefulness)
    prefetch_related_objects([contact for people in namesakes for contact in people], "groups")
    words: dict[int, str] = {}
    for people in namesakes:
        words |= _difference(people, fields)
    return words


def _usefulness(field: ContactField) -> tuple[bool, bool]:
    """First what the office wants to see in its list; people are known by a class before a fee."""
    return not field.in_list, field.kind == FieldKind.NUMBER


def _difference(people: list[Contact], fields: list[ContactField]) -> dict[int, str]:
    """The first of what tells most of them apart; nothing where they are alike in all."""
    found = [{contact.pk: _value(contact, field) for contact in people} for field in fields]
    found.append({contact.pk: _groups(contact) for contact in people})
    best = max(found, key=_apart)
    return best if len(set(best.values())) > 1 else {}


def _apart(words: dict[int, str]) -> tuple[int, int]:
    """How many different values there are; having one where others have none tells less."""
    different = set(words.values())
    return len(different - {""}), len(different)


def _value(contact: Contact, field: ContactField) -> str:
    value = shown_in(contact, field)
    return f"{field.name}: {value}" if value else ""


def _groups(contact: Contact) -> str:
    return ", ".join(sorted(group.name for group in contact.groups.all()))
