"""Template filter for characters of a message; loaded in every template."""

from django import template

from messaging.text.characters import name_of

register = template.Library()

register.filter("character", name_of)
