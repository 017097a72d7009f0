"""The two roles, sender and manager, what they may do, and how roles and permissions are called.
The database has their names in English.
"""

from functools import cache
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_permission_codename
from django.db.models import Model
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

SENDER: Final = "Sender"
MANAGER: Final = "Manager"

_NAMES: Final[dict[str, Promise]] = {SENDER: _("Sender"), MANAGER: _("Manager")}
_CAN: Final[dict[str, Promise]] = {
    "add": _("Can add: %(what)s"),
    "change": _("Can change: %(what)s"),
    "delete": _("Can delete: %(what)s"),
    "view": _("Can see: %(what)s"),
}

# Permissions by role. A manager has a sender's too.
ROLES: Final[dict[str, list[str]]] = {
    SENDER: [
        "contacts.add_contact",
        "contacts.change_contact",
        "contacts.delete_contact",
        "contacts.view_contact",
        "contacts.view_number",
        "contacts.add_group",
        "contacts.change_group",
        "contacts.delete_group",
        "contacts.view_group",
        "contacts.add_contactfield",
        "contacts.change_contactfield",
        "contacts.view_contactfield",
        "contacts.add_optout",
        "contacts.view_optout",
        "messaging.add_messagetemplate",
        "messaging.change_messagetemplate",
        "messaging.delete_messagetemplate",
        "messaging.view_messagetemplate",
        "messaging.send_campaign",
        "messaging.view_campaign",
    ],
    MANAGER: [
        "audit.view_entry",
        "auth.add_user",
        "auth.change_user",
        "auth.view_user",
        "contacts.delete_contactfield",
        "contacts.delete_optout",
        "contacts.forget_person",
        "contacts.view_contactimport",
        "messaging.control_campaign",
        "messaging.add_profile",
        "messaging.add_quietday",
        "messaging.change_profile",
        "messaging.change_quietday",
        "messaging.delete_quietday",
        "messaging.release_gateway",
        "messaging.settle_campaign",
        "messaging.view_balancereading",
        "messaging.view_batch",
        "messaging.view_event",
        "messaging.view_gateway",
        "messaging.view_leftout",
        "messaging.view_machine",
        "messaging.view_profile",
        "messaging.view_quietday",
        "messaging.view_recipient",
        "messaging.view_recipienttable",
        "messaging.view_sentmessage",
    ],
}
ROLES[MANAGER] += ROLES[SENDER]


def create_roles(groups: Any, permissions: Any) -> None:
    """Make the roles with the given models (a migration has its own); again changes nothing.

    What a later migration makes is left for that one.
    """
    found = permissions.objects.values_list("content_type__app_label", "codename", "pk")
    known = {f"{label}.{codename}": pk for label, codename, pk in found}
    for role, names in ROLES.items():
        group, _created = groups.objects.get_or_create(name=role)
        group.permissions.add(*(known[name] for name in names if name in known))


def role_in_words(name: str) -> str:
    """One of the two in the language of whoever reads; others have the name they were given."""
    return str(_NAMES.get(name, name))


def permission_in_words(model: type[Model] | None, codename: str, name: str) -> str:
    """A permission in the language of whoever reads, after the app it belongs to."""
    if model is None:  # of an older portal
        return name
    opts = model._meta
    can = next((it for it in _CAN if get_permission_codename(it, opts) == codename), "")
    said = _CAN[can] % {"what": opts.verbose_name} if can else gettext(name)
    return f"{opts.app_config.verbose_name} | {said}"


def written_permission_in_words(written: str) -> str:
    """A permission as Django wrote it, in the language of whoever changed something."""
    found = _permissions().get(written)
    return permission_in_words(*found) if found else written


@cache
def _permissions() -> dict[str, tuple[type[Model], str, str]]:
    found: dict[str, tuple[type[Model], str, str]] = {}
    for model in apps.get_models():
        opts = model._meta
        own = [
            (get_permission_codename(it, opts), f"Can {it} {opts.verbose_name_raw}")
            for it in opts.default_permissions
        ]
        with translation.override(None):
            own += [(codename, str(name)) for codename, name in opts.permissions]
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                kind = f"{opts.app_config.verbose_name} | {opts.verbose_name}"
            found |= {f"{kind} | {name}": (model, codename, name) for codename, name in own}
    return found


def may_use_admin(user: Any) -> bool:
    """Whether a user may use the admin: managers may, without the flag that Django asks for."""
    return bool(user.is_active and (user.is_staff or user.has_perm("auth.change_user")))
