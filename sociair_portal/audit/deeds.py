"""What the record knows people to do, other than changing single records."""

from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Deed(TextChoices):
    # signing in
    SIGNED_IN = "signed_in", _("Signed in")
    SIGN_IN_FAILED = "sign_in_failed", _("Failed to sign in")
    SIGN_IN_SLOWED = "sign_in_slowed", _("Too many tries to sign in")
    SIGN_IN_LET = "sign_in_let", _("Let a colleague try to sign in again")
    SIGNED_OUT = "signed_out", _("Signed out")
    IDENTITY_CONFIRMED = "identity_confirmed", _("Confirmed who they are")
    IDENTITY_NOT_CONFIRMED = "identity_refused", _("Failed to confirm who they are")
    PASSWORD_CHANGED = "password_changed", _("Changed their password")
    PASSWORD_RESET = "password_reset", _("Set a new password by e-mail")
    SECOND_STEP_ADDED = "step_added", _("Added a second step")
    SECOND_STEP_REMOVED = "step_removed", _("Removed a second step")
    SECOND_STEP_RESET = "step_reset", _("Removed a colleague's second step")
    RECOVERY_CODES_MADE = "codes_made", _("Made new recovery codes")
    SESSIONS_ENDED = "sessions_ended", _("Signed out other devices")
    SIGNED_OUT_BY = "signed_out_by", _("Signed a colleague out everywhere")
    # colleagues
    INVITED = "invited", _("Invited a colleague")
    INVITED_BY_SMS = "invited_by_sms", _("Sent an invitation by SMS")
    INVITATION_USED = "invitation_used", _("Joined with an invitation")
    INVITATION_TAKEN_BACK = "invitation_over", _("Cancelled an invitation")
    ROLES_CHANGED = "roles_changed", _("Changed a colleague's role")
    CLOSED = "closed", _("Closed an account")
    OPENED = "opened", _("Reopened an account")
    # people
    EXPORTED = "exported", _("Exported")
    IMPORTED = "imported", _("Imported a file")
    IMPORT_UNDONE = "import_undone", _("Undid an import")
    CHANGED_MANY = "changed_many", _("Changed several")
    MEMBERS_CHANGED = "members_changed", _("Changed who is in a group")
    DELETED_MANY = "deleted_many", _("Deleted several")
    OPTED_OUT_MANY = "opted_out_many", _("Opted out several numbers")
    LOOKED_AT = "looked_at", _("Viewed a person's history")
    FORGOTTEN = "forgotten", _("Anonymised a person")
    HANDED_OUT = "handed_out", _("Collected everything about a person")
    LET_BACK = "let_back", _("Allowed messages to an anonymised number again")
    SWEPT = "swept", _("Removed old data")
    # money
    SENT = "sent", _("Sent a message")
    CONTROLLED = "controlled", _("Paused, resumed, rescheduled or cancelled a campaign")
    TITLED = "titled", _("Changed a campaign's title")
    SETTLED = "settled", _("Decided whether messages went out")
    SENT_AGAIN = "sent_again", _("Sent again")
    RELEASED = "released", _("Started sending again")
    NUMBER_PROVED = "number_proved", _("Proved their own number")


# Of these nobody needs a trace for ever: the sweep may remove them when they are old.
PASSING: Final = (
    *(Deed.LOOKED_AT, Deed.SIGNED_IN, Deed.SIGNED_OUT),
    *(Deed.SIGN_IN_FAILED, Deed.SIGN_IN_SLOWED),
)
