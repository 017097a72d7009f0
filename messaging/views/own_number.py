"""My number: entering it, and proving with a code that it is the user's own."""

import uuid
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode, urljoin

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from contacts.phone import format_mobile
from messaging import tasks
from messaging.forms.own_number import CodeForm, OwnNumberForm
from messaging.models import Profile
from messaging.services.campaigns import number_codes, own_number
from messaging.services.campaigns.number_codes import CodeRefused
from messaging.services.gateway import holds
from messaging.services.money import prices
from messaging.services.money.affordability import SendRefused
from messaging.text.validity import InvalidText
from messaging.views.freshness import recent_reading
from sociair_portal.common.actors import user_of
from sociair_portal.common.ways_back import way_back

_SALT: Final = "messaging.code"


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("messaging.send_campaign", raise_exception=True)
def number(request: HttpRequest) -> HttpResponse:
    """The page of the user's own number; a POST saves it."""
    if request.method != "POST":
        return _page(request)
    form = OwnNumberForm(request.POST)
    if not form.is_valid():
        return _page(request, form=form)
    mobile = form.cleaned_data["mobile"]
    saved = own_number.save_number(_person(request), mobile, by=request.user)
    if saved.mobile and not saved.is_proved:
        messages.success(request, _("Your number is saved. Now prove that it is yours."))
        return redirect(_here(request))
    said = _("Your number is saved.") if saved.mobile else _("Your number is removed.")
    messages.success(request, said)
    return redirect(way_back(request, "/"))


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("messaging.send_campaign", raise_exception=True)
def send_code(request: HttpRequest) -> HttpResponse:
    """Send a code to the user's own number, for the cost on the button."""
    if request.method != "POST":
        return redirect(_here(request))  # as after signing in again
    try:
        mobile, cost, key = signing.loads(request.POST.get("offer", ""), salt=_salt(request))
        message = number_codes.send_code(
            holds.current_gateway(),
            form_uuid=uuid.UUID(key),
            mobile=mobile,
            cost=Decimal(cost),
            by=request.user,
        )
    except (signing.BadSignature, ValueError):
        messages.error(request, _("This page is out of date. Press the button again."))
    except (SendRefused, InvalidText) as refused:
        messages.error(request, str(refused))
        tasks.kick_balance()
    else:
        tasks.kick_for(message)
        said = _("A code is on its way to %(number)s.")
        messages.success(request, said % {"number": format_mobile(mobile)})
    return redirect(_here(request))


@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("messaging.send_campaign", raise_exception=True)
def prove(request: HttpRequest) -> HttpResponse:
    """Compare what was typed with the code that was sent, then go back to where the user was."""
    if request.method != "POST":
        return redirect(_here(request))
    form = CodeForm(request.POST)
    if form.is_valid():
        try:
            number_codes.prove(_person(request), form.cleaned_data["code"])
        except CodeRefused as refused:
            form.add_error("code", str(refused))
        else:
            messages.success(
                request,
                _("You have proved that the number is yours. You can send tests to it now."),
            )
            return redirect(way_back(request, "/"))
    return _page(request, code_form=form)


def _page(
    request: HttpRequest, *, form: OwnNumberForm | None = None, code_form: CodeForm | None = None
) -> HttpResponse:
    own = own_number.profile_of(request.user)
    mobile = own.mobile if own is not None else ""
    context = {
        "own": own,
        "form": form or OwnNumberForm(initial={"mobile": format_mobile(mobile) if mobile else ""}),
        "code_form": code_form or CodeForm(),
        "back_url": way_back(request, "/"),
        "query": urlencode({"next": way_back(request, "/")}),
        "needs_no_code": own_number.needs_no_code(request.user),
        **(_code_context(request, own) if own is not None and mobile else {}),
    }
    return render(request, "messaging/own_number/number.html", context)


def _code_context(request: HttpRequest, own: Profile) -> dict[str, Any]:
    """What a code costs, signed, or why none can be sent; and the code that waits to be typed."""
    if own.is_proved:
        return {}
    person = _person(request)
    reading = recent_reading(holds.current_gateway())
    rates = prices.rates_of(reading) if reading is not None else {}
    cost = number_codes.price_of_a_code(own.mobile, rates)
    offer = [own.mobile, str(cost), str(uuid.uuid4())]
    code = number_codes.current_code(person)
    return {
        "code": code,
        "works_until": number_codes.works_until(code) if code is not None else None,
        "objection": number_codes.objection(person, own.mobile),
        "is_priced": reading is not None,
        "cost": cost,
        "offer": signing.dumps(offer, salt=_salt(request)),
        "sandbox_page": urljoin(settings.SOCIAIR_BASE_URL, "/_sandbox/"),
    }


def _person(request: HttpRequest) -> User:
    if (person := user_of(request.user)) is None:
        raise PermissionDenied
    return person


def _salt(request: HttpRequest) -> str:
    return f"{_SALT}.{request.user.pk}"


def _here(request: HttpRequest) -> str:
    back = urlencode({"next": way_back(request, "/")})
    return f"{reverse('messaging:number')}?{back}"
