"""Buttons of Compose that change the form or look something up; all else stays as typed."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from messaging.forms.compose import ComposeForm
from messaging.forms.ids import ids_of
from messaging.forms.templates import TemplateForm
from messaging.models import MessageTemplate
from messaging.services.audience.known_keys import known_keys
from messaging.text.characters import to_plain
from messaging.text.placeholders import as_ours
from messaging.views.compose import changed_page, contacts_context, typed_form
from messaging.views.templates import say_strange
from sociair_portal.common.buttons import by_button

View = Callable[[HttpRequest], HttpResponse]


def button_of_the_form(*permissions: str) -> Callable[[View], View]:
    """A decorator for views of such buttons, for those who may send and have these permissions.

    Whoever comes by GET, as after signing in again, gets the form.
    """

    def decorated(view: View) -> View:
        @require_http_methods(["GET", "HEAD", "POST"])
        @permission_required(("messaging.send_campaign", *permissions), raise_exception=True)
        @wraps(view)
        def answered(request: HttpRequest) -> HttpResponse:
            return view(request) if request.method == "POST" else redirect("messaging:compose")

        return answered

    return decorated


@button_of_the_form()
def plain(request: HttpRequest) -> HttpResponse:
    """Replace expensive characters by plain ones that look alike."""
    text = to_plain(request.POST.get("text", ""))
    return changed_page(request, typed_form(request, text=text))


@button_of_the_form()
def own_placeholders(request: HttpRequest) -> HttpResponse:
    """Write the fields of other programs as they are written here."""
    known = known_keys(ComposeForm(request.POST, by=request.user).chosen_table)
    return changed_page(
        request, typed_form(request, text=as_ours(request.POST.get("text", ""), known))
    )


@button_of_the_form()
def use_template(request: HttpRequest) -> HttpResponse:
    """Add a template's text below what is written: nothing that was typed is lost."""
    chosen = ids_of(request.POST.getlist("use_template")[:1])
    template = MessageTemplate.objects.filter(pk__in=chosen).first()
    if template is None:
        return changed_page(request, typed_form(request))
    text = "\n".join(filter(None, [request.POST.get("text", ""), template.text]))
    return changed_page(request, typed_form(request, text=text, template=str(template.pk)))


@button_of_the_form("messaging.add_messagetemplate")
def save_template(request: HttpRequest) -> HttpResponse:
    """Save the text as a template, under the name that was typed beside it."""
    text = request.POST.get("text", "")
    named = {"template-name": request.POST.get("template-name", ""), "template-text": text}
    form = TemplateForm(named, prefix="template")
    if (template := form.kept(by=request.user)) is None:
        return changed_page(request, typed_form(request), template_form=form)
    messages.success(request, _("%(name)s is saved as a template.") % {"name": template.name})
    say_strange(request, template.text)
    return changed_page(request, typed_form(request))


@button_of_the_form()
def search(request: HttpRequest) -> HttpResponse:
    """The form with the contacts that were found, without scripts."""
    return changed_page(request, typed_form(request))


@by_button
@permission_required("messaging.send_campaign", raise_exception=True)
def contact_choices(request: HttpRequest) -> HttpResponse:
    """The contacts alone. By POST, because numbers are searched for and logs have addresses."""
    context = {
        "live": True,
        **contacts_context(request, ComposeForm(request.POST, by=request.user)),
    }
    return render(request, "messaging/compose/_contact_choices.html", context)
