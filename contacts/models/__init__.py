"""The tables of people, groups, their fields, imports, and opt-outs."""

from contacts.models.contact import (
    FIELD_KINDS,
    NUMBER_STYLES,
    OPERATOR_CHOICES,
    Contact,
    ContactField,
)
from contacts.models.group import Group, MemberCount
from contacts.models.imports import (
    ContactImport,
    FilePurpose,
    ImportedChange,
    ImportedPiece,
    ImportState,
    RejectedRow,
)
from contacts.models.opt_out import ForgottenNumber, OptOut

__all__ = [
    "FIELD_KINDS",
    "NUMBER_STYLES",
    "OPERATOR_CHOICES",
    "Contact",
    "ContactField",
    "ContactImport",
    "FilePurpose",
    "ForgottenNumber",
    "Group",
    "ImportState",
    "ImportedChange",
    "ImportedPiece",
    "MemberCount",
    "OptOut",
    "RejectedRow",
]
