"""Template filters for numbers and for values of own fields; loaded in every template."""

from django import template

from contacts.fields import FieldKind, show_value
from contacts.models import Contact, ContactField
from contacts.phone import format_mobile

register = template.Library()

register.filter("mobile", format_mobile)


@register.filter
def own(contact: Contact, field: ContactField) -> str:
    """What a contact has in one of the office's own fields, as staff read it."""
    value = contact.fields.get(field.key)
    return "" if value is None else show_value(FieldKind(field.kind), value)
