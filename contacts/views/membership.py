"""People who were ticked in a list join a group or leave it."""

from collections.abc import Collection

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import ngettext

from contacts.models import Contact, Group


def join(request: HttpRequest, group: Group, people: Collection[Contact]) -> None:
    group.members.add(*people)
    count = len(people)
    said = ngettext(
        "%(count)d person is now in %(group)s.", "%(count)d people are now in %(group)s.", count
    )
    messages.success(request, said % {"count": count, "group": group})


def leave(request: HttpRequest, group: Group, people: Collection[Contact]) -> None:
    group.members.remove(*people)
    count = len(people)
    said = ngettext(
        "%(count)d person is no longer in %(group)s.",
        "%(count)d people are no longer in %(group)s.",
        count,
    )
    messages.success(request, said % {"count": count, "group": group})
