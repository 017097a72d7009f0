"""Which day a typed one is, said while it is typed."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from contacts.forms.own_days import OwnDayInput, typed_day
from sociair_portal.common.buttons import by_button


@by_button
def reading(request: HttpRequest, name: str) -> HttpResponse:
    """By both calendars, or the question which of two days is meant."""
    context = OwnDayInput().get_context(name, typed_day(request.POST, name), {"id": f"id_{name}"})
    return render(request, "contacts/days/_reading.html", context)
