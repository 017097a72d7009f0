"""Template filters for numbers and for values of own fields; loaded in every template."""

from typing import Any

from django import template

from contacts.models import Contact, ContactField
from contacts.shown_numbers import masked_text, shown_mobile, shown_text

register = template.Library()

register.filter("mobile", shown_mobile)


@register.filter
def mobiles(numbers: list[str]) -> str:
    """Many numbers in a row; a loop in the template would take ten times as long."""
    return ", ".join(map(shown_mobile, numbers))


register.filter("shown", shown_text)
register.filter("masked", masked_text)


@register.filter
def called(person: Any) -> str:
    """The name of a contact or a recipient; of one without a name, the number."""
    return shown_text(person.name) if person.name else shown_mobile(person.mobile)


@register.filter
def own(contact: Contact, field: ContactField) -> str:
    """What a contact has in one of the office's own fields, as staff read it."""
    value = contact.fields.get(field.key)
    return "" if value is None else shown_text(field.shape.show(value))
