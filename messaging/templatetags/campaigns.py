"""Template filters that say who may change a campaign, what stays on an old number, and which of
two namesakes got a message; loaded in every template.
"""

from django import template

from messaging.services import history
from messaging.services.campaigns import changed_numbers, rights

register = template.Library()

register.filter("may_control", rights.may_control)
register.filter("who_may_control", rights.who_may_control)
register.filter("who_may_follow", rights.who_may_follow)
register.filter("recipients_apart", history.told_apart)
register.filter("at_old_numbers", changed_numbers.of_contact)
