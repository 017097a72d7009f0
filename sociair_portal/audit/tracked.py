"""Records whose every change is written down: by whom, when, what it was before.

What is done to many rows together goes past this; it is a deed of its own (deeds.py).
"""

from typing import Any, Final

_WITH_MASKED_NUMBER: Final[dict[str, Any]] = {
    "mask_fields": ["mobile"],
    "mask_callable": "sociair_portal.common.numbers.masked",
}
TRACKED: Final[list[dict[str, Any]]] = [
    {
        "model": "contacts.Contact",
        "include_fields": ["name", "mobile", "fields"],
        **_WITH_MASKED_NUMBER,
    },
    {"model": "contacts.Group", "include_fields": ["name"]},
    {"model": "contacts.ContactField", "include_fields": ["name", "key", "kind", "in_list"]},
    {"model": "contacts.OptOut", "include_fields": ["mobile", "reason"], **_WITH_MASKED_NUMBER},
    {"model": "messaging.MessageTemplate", "include_fields": ["name", "text"]},
    {"model": "messaging.QuietDay", "include_fields": ["day", "name"]},
    {"model": "messaging.Profile", "include_fields": ["mobile"], **_WITH_MASKED_NUMBER},
    {
        "model": "auth.User",
        "include_fields": [
            *("username", "first_name", "last_name", "email"),
            *("is_active", "is_staff", "is_superuser"),
        ],
        "m2m_fields": {"groups", "user_permissions"},
    },
    {"model": "auth.Group", "include_fields": ["name"], "m2m_fields": {"permissions"}},
]
