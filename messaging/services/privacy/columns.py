"""What each column that can hold a text, a name or a number is to someone who is anonymised.

A test compares this list with the models: a new column without a decision fails it.
"""

from enum import Enum
from typing import Final

from messaging.services.privacy.everywhere import PLACES


class Kind(Enum):
    """What a column is."""

    HERS = "goes with the row, or is replaced by what stands for nobody (erasing.py)"
    MENTIONS = "is looked through, and goes where it is about her (everywhere.py)"
    NAMED = "the office's own words, or a colleague's own data: named, and not changed"
    PASSING = "goes by itself within a day or so"
    OFFICE = "never about a person who is written to"


_HERS: Final = (
    *("contacts.Contact.name", "contacts.Contact.name_key", "contacts.Contact.sound_key"),
    "contacts.Contact.mobile",
    *("contacts.OptOut.mobile", "contacts.ForgottenNumber.fingerprint"),
    *("messaging.Recipient.mobile", "messaging.Recipient.name"),
    *("messaging.Erasure.mobile", "messaging.Erasure.traces", "messaging.Campaign.signed_people"),
    *("messaging.Campaign.prepared_up_to", "messaging.Campaign.fingerprint"),
)
_NAMED: Final = (
    *("messaging.Profile.mobile", "auth.User.username", "auth.User.first_name"),
    *("auth.User.last_name", "auth.User.email", "contacts.Group.name"),
    "messaging.QuietDay.name",
    *("messaging.MessageTemplate.name", "messaging.MessageTemplate.text", "messaging.Batch.text"),
    *("audit.Entry.actor_name", "audit.Entry.actor_email", "account.EmailAddress.email"),
    *("usersessions.UserSession.ip", "usersessions.UserSession.user_agent"),
)
# Rows of files that wait to be imported: a day, or until they are loaded, without her. Counts with
# a mark of who was counted: a day, or until anyone is anonymised.
_PASSING: Final = (
    *("contacts.ImportedPiece.rows", "sessions.Session.session_data"),
    "messaging.PeopleCount.result",
)
_OFFICE: Final = (
    *("admin.LogEntry.object_id", "auth.Group.name", "auth.Permission.name"),
    *("auth.Permission.codename", "auth.User.password", "contenttypes.ContentType.app_label"),
    *("contenttypes.ContentType.model", "sessions.Session.session_key", "audit.Entry.object_pk"),
    *("audit.Entry.cid", "audit.Entry.remote_addr", "audit.Entry.additional_data"),
    *("audit.Entry.deed", "contacts.ContactField.name", "contacts.ContactField.key"),
    *("contacts.ContactImport.kind", "contacts.ContactImport.sheets"),
    *("contacts.ContactImport.sheet", "contacts.ContactImport.hidden_columns"),
    *("contacts.ContactImport.uses", "contacts.ImportedChange.joined"),
    *("contacts.RejectedRow.column", "contacts.ForgottenNumber.key_mark"),
    *("messaging.Gateway.base_url", "messaging.Gateway.era"),
    *("messaging.Gateway.cleared", "messaging.RecipientTable.number_key"),
    *("messaging.RecipientTable.name_key", "messaging.RecipientTable.sheet"),
    *("messaging.RecipientTable.sheets", "messaging.Campaign.again_of", "messaging.Campaign.rates"),
    *("messaging.Campaign.rules", "messaging.Batch.rates", "messaging.SentMessage.error"),
    *("messaging.BillCheck.lines", "messaging.BillCheck.signed"),
    *("messaging.SentLink.fingerprint", "messaging.PeopleCount.key", "messaging.PeopleCount.mark"),
    "messaging.PeopleCount.audience",
    *("messaging.Erasure.mark", "messaging.Erasure.counts", "messaging.RetentionDay.counts"),
    *("messaging.Machine.name", "messaging.Machine.agreed", "messaging.Campaign.request_id"),
    *("messaging.Event.request_id", "accounts.Invitation.fingerprint"),
    *("accounts.Invitation.role", "accounts.Preferences.language"),
    *("accounts.Try.bucket", "accounts.Try.whose"),
    *("account.EmailConfirmation.key", "mfa.Authenticator.data", "usersessions.UserSession.data"),
    "usersessions.UserSession.session_key",
)

COLUMNS: Final[dict[str, Kind]] = {
    **dict.fromkeys(_OFFICE, Kind.OFFICE),
    **dict.fromkeys(_PASSING, Kind.PASSING),
    **dict.fromkeys(_NAMED, Kind.NAMED),
    **{
        f"{place.model._meta.label}.{column}": Kind.MENTIONS if place.emptied else Kind.NAMED
        for place in PLACES
        for column in place.columns
    },
    **dict.fromkeys(_HERS, Kind.HERS),
}
