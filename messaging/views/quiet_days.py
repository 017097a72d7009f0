"""Pages of days off: the list by year, a new one, many from a list, changing and removing one."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from contacts.forms.unique_rows import saved
from messaging.forms.quiet_days import QuietDayForm, QuietDaysForm
from messaging.models import Campaign, QuietDay
from messaging.services.campaigns import quiet_days
from sociair_portal.common import shown_days
from sociair_portal.common.shown_digits import in_digits


@dataclass(slots=True)
class Year:
    """The days off of one year of the calendar of whoever looks, with what is scheduled on each."""

    name: str
    days: list[tuple[QuietDay, list[Campaign]]] = field(default_factory=list)


@require_safe
@permission_required("messaging.view_quietday", raise_exception=True)
def day_list(request: HttpRequest) -> HttpResponse:
    return render(request, "messaging/quiet_days/day_list.html", {"years": _years()})


def _years() -> list[Year]:
    """This year and those to come, then the past ones back to the first."""
    rows = list(QuietDay.objects.all())
    today = timezone.localdate()
    scheduled: dict[date, list[Campaign]] = {}
    for campaign in quiet_days.scheduled_on(row.day for row in rows if row.day >= today):
        if campaign.scheduled_for is not None:
            on = timezone.localtime(campaign.scheduled_for).date()
            scheduled.setdefault(on, []).append(campaign)
    years: dict[str, Year] = {}
    for row in rows:
        name = shown_days.year(row.day)
        years.setdefault(name, Year(name)).days.append((row, scheduled.get(row.day, [])))
    now = shown_days.year(today)
    is_past = {name: name != now and it.days[-1][0].day < today for name, it in years.items()}
    coming = [it for name, it in years.items() if not is_past[name]]
    return coming + [it for name, it in reversed(years.items()) if is_past[name]]


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("messaging.add_quietday", raise_exception=True)
def day_create(request: HttpRequest) -> HttpResponse:
    form = QuietDayForm(request.POST or None)
    if request.method == "POST" and saved(form):
        messages.success(request, _("%(name)s is saved.") % {"name": form.instance.name})
        _say_scheduled(request, [form.instance.day])
        return redirect("messaging:days_off")
    return render(request, "messaging/quiet_days/day_form.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("messaging.add_quietday", raise_exception=True)
def days_enter(request: HttpRequest) -> HttpResponse:
    """Many days together: all of them, or none and what is wrong with which line."""
    form = QuietDaysForm(request.POST or None)
    if request.method == "POST" and (days := form.entered()):
        said = ngettext("%(number)s day off is saved.", "%(number)s days off are saved.", len(days))
        messages.success(request, said % {"number": in_digits(str(len(days)))})
        _say_scheduled(request, days)
        return redirect("messaging:days_off")
    return render(request, "messaging/quiet_days/days_form.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("messaging.change_quietday", raise_exception=True)
def day_edit(request: HttpRequest, pk: int) -> HttpResponse:
    day = get_object_or_404(QuietDay, pk=pk)
    before, name = day.day, day.name
    form = QuietDayForm(request.POST or None, instance=day)
    if request.method == "POST" and saved(form):
        messages.success(request, _("%(name)s is saved.") % {"name": day.name})
        if day.day != before:
            _say_scheduled(request, [day.day])
        return redirect("messaging:days_off")
    context = {"form": form, "name": name, "pk": pk}
    return render(request, "messaging/quiet_days/day_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("messaging.delete_quietday", raise_exception=True)
def day_delete(request: HttpRequest, pk: int) -> HttpResponse:
    day = get_object_or_404(QuietDay, pk=pk)
    if request.method == "POST":
        with transaction.atomic():  # of two who delete, one has
            get_object_or_404(QuietDay.objects.select_for_update(), pk=pk).delete()
        messages.success(request, _("%(name)s is deleted.") % {"name": day.name})
        return redirect("messaging:days_off")
    return render(request, "messaging/quiet_days/day_delete.html", {"day": day})


def _say_scheduled(request: HttpRequest, days: Iterable[date]) -> None:
    """Messages that were scheduled before stay as they are, and someone must know."""
    if number := len(quiet_days.scheduled_on(days)):
        said = ngettext(
            "%(number)s message is scheduled on a day that is now off. It goes out as planned "
            "unless someone changes its time.",
            "%(number)s messages are scheduled on days that are now off. They go out as planned "
            "unless someone changes their time.",
            number,
        )
        messages.warning(request, said % {"number": in_digits(str(number))})
