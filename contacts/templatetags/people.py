"""Template filters for numbers, values of own fields and namesakes; loaded in every template."""

from typing import Any

from django import template

from contacts.services.field_values import shown_in
from contacts.services.namesakes import told_apart
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


register.filter("own", shown_in)
register.filter("told_apart", told_apart)
