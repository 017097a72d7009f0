"""The two roles, sender and manager, and what they may do."""

from typing import Any, Final

SENDER: Final = "Sender"
MANAGER: Final = "Manager"

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
        "messaging.change_profile",
        "messaging.release_gateway",
        "messaging.settle_campaign",
        "messaging.view_balancereading",
        "messaging.view_batch",
        "messaging.view_event",
        "messaging.view_gateway",
        "messaging.view_leftout",
        "messaging.view_machine",
        "messaging.view_profile",
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


def may_use_admin(user: Any) -> bool:
    """Whether a user may use the admin: managers may, without the flag that Django asks for."""
    return bool(user.is_active and (user.is_staff or user.has_perm("auth.change_user")))
