"""Help about people: contacts, colleagues, personal details, and who did what."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from sociair_portal.help_pages.kinds import Page, Section

PAGES: Final = (
    Page(
        "contacts",
        _("Contacts, groups and fields"),
        ("/contacts/", "/groups/"),
        (
            Section(
                _("Contacts"),
                (
                    _("A contact has a name, a mobile number and your own fields."),
                    _("A family can share a number. Each number gets one message."),
                    _("Search in either script: Sita finds सीता."),
                ),
            ),
            Section(
                _("Groups and fields"),
                (
                    _("Put people who get the same messages into a group, such as Class 8."),
                    _("A field keeps a detail of each person, such as Fee due."),
                    _("You can use a field in a message, and send only to those it fits."),
                ),
            ),
        ),
    ),
    Page(
        "import",
        _("Import contacts"),
        ("/contacts/import/",),
        (
            Section(
                _("Bring your spreadsheet"),
                (
                    _("Choose the file as it is: XLSX, XLS, ODS, CSV, or VCF from a phone."),
                    _("The preview shows what each row becomes. Nothing is imported before that."),
                    _("If the portal is not sure what a column or a letter means, it asks."),
                ),
            ),
            Section(
                _("After the import"),
                (
                    _("Rows that were left out can be downloaded with the reason, and corrected."),
                    _("An import can be undone. People who were sent a message since then stay."),
                    _("Import the same file again at any time. Nobody is added twice."),
                ),
            ),
        ),
    ),
    Page(
        "opt-outs",
        _("People who want no messages"),
        ("/opt-outs/",),
        (
            Section(
                _("Stop messages to a number"),
                (
                    _("Open the contact and choose Stop messages to this number."),
                    _("From then on every message leaves the number out, however it is chosen."),
                    _("Only a manager can allow messages to it again."),
                ),
            ),
        ),
    ),
    Page(
        "privacy",
        _("Personal details"),
        ("/privacy/",),
        (
            Section(
                _("When someone asks"),
                (
                    _("Enter the number under Privacy to see all that is kept about a person."),
                    _("You can download it as a file for them."),
                    _("Anonymise removes the name and the number. Old backups still have them."),
                    _("An anonymised number is never sent messages again."),
                ),
            ),
        ),
    ),
    Page(
        "colleagues",
        _("Colleagues and signing in"),
        ("/colleagues/", "/account/", "/my-number/"),
        (
            Section(
                _("Add a colleague"),
                (
                    _("A manager adds them under Colleagues and gives them the link."),
                    _("They choose their own password. Nobody else learns it."),
                    _("Senders write and send. Managers also decide, and add colleagues."),
                ),
            ),
            Section(
                _("Sign in safely"),
                (
                    _("A second step protects your account if someone learns your password."),
                    _("Keep the recovery codes on paper, away from your phone."),
                    _("Under Where I am signed in, you can sign out everywhere else."),
                ),
            ),
        ),
    ),
    Page(
        "record",
        _("Who did what"),
        ("/record/",),
        (
            Section(
                _("The record"),
                (
                    _("Each change, each send and each decision is listed with who did it."),
                    _("Nobody can change or delete an entry, not even in the admin."),
                    _("Managers can search it and download it for an auditor."),
                ),
            ),
        ),
    ),
)
