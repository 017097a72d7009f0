"""Help about messages: writing them, what they cost, and what happens to them."""

from typing import Final

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sociair_portal.help_pages.kinds import Page, Section

# As the menu of a message offers it in each language.
_NAME: Final = pgettext_lazy("field of a message", "name")

PAGES: Final = (
    Page(
        "first-message",
        _("Send your first message"),
        ("/compose/",),
        (
            Section(
                _("Write it"),
                (
                    _("Open Compose. Tick the groups, search for contacts, or type numbers."),
                    _("Write the message. The card beside it shows people, parts and cost."),
                    _("What you write is saved as a draft. Only you can see it."),
                    format_lazy(
                        _("To use each person's own name, choose {field} under Personal fields."),
                        field=format_lazy("{{{}}}", _NAME),
                    ),
                ),
            ),
            Section(
                _("Check it"),
                (
                    _("Press Review. It lists who gets the message, who is left out and why."),
                    _("Send a test to your own number first. It costs as much as one message."),
                    _("Nothing is sent before you press Send, or Schedule with a time."),
                ),
            ),
            Section(
                _("After you send"),
                (
                    _("The campaign's page shows how many messages Sociair has accepted."),
                    _("You can pause or cancel it. Messages that went out cannot be called back."),
                    _("You can close the page. Sending goes on."),
                ),
            ),
        ),
    ),
    Page(
        "parts-and-cost",
        _("Parts, balance and cost"),
        (),
        (
            Section(
                _("What a part is"),
                (
                    _("Operators bill by part. One part has up to 160 plain characters."),
                    _("In Nepali, or with an emoji, one part has up to 70 characters."),
                    _("A longer message has parts of 153 plain characters, or of 67 in Nepali."),
                    _("The phone joins the parts again. The person sees one message."),
                ),
            ),
            Section(
                _("What it costs"),
                (
                    _("Each operator has its own rate for a part. Sociair sets the rates."),
                    _("The review shows the cost before you send."),
                    _("If Sociair charges anything else, the campaign's page says so."),
                    _("If the rates rise before a scheduled message goes out, the portal asks."),
                    _("Refused messages cost nothing."),
                ),
            ),
            Section(
                _("The balance"),
                (
                    _("The balance is the money in your account at Sociair. Top it up there."),
                    _("It is read again every 15 minutes, and before a message is sent."),
                    _("“Already committed” is money for campaigns that are not finished."),
                ),
            ),
        ),
    ),
    Page(
        "results",
        _("What happened to a message"),
        ("/history/", "/campaigns/"),
        (
            Section(
                _("What the results mean"),
                (
                    _("Accepted: Sociair said that it sends the message. It has been charged."),
                    _("Refused: Sociair said that it does not send it. It costs nothing."),
                    _("Not known: no clear answer came. The message may have gone out."),
                    _("Left out: the person was chosen, but got no message. The reason is shown."),
                ),
            ),
            Section(
                _("Why there is no delivery report"),
                (
                    _("Sociair does not say whether a phone has received a message."),
                    _("A phone that is switched off gets it later, or never."),
                    _("If it matters, ask people to reply or to phone you."),
                ),
            ),
            Section(
                _("Find a message again"),
                (
                    _("History lists every campaign. Search by any part of the text."),
                    _("Search by a number to see everything that was sent to it."),
                ),
            ),
        ),
    ),
    Page(
        "decisions",
        _("When a message needs a decision"),
        ("/undecided/",),
        (
            Section(
                _("Why it happens"),
                (
                    _("The connection broke, or Sociair gave no clear answer."),
                    _("The portal never sends such a message again automatically."),
                    _("So nobody gets it twice, and a person has to say what happened."),
                ),
            ),
            Section(
                _("What to do"),
                (
                    _("Open Needs a decision. Look at what the balance shows."),
                    _("Ask one or two of the people whether the message has arrived."),
                    _("Then choose: they went out, or they did not go out."),
                    _("If they did not go out, you can send them again and see the cost first."),
                ),
            ),
            Section(
                _("After a backup was restored"),
                (
                    _("The database may not know what went out after the backup was made."),
                    _("Sending stays on hold until a manager has looked."),
                    _("Compare with Sociair's own list before you send anything again."),
                ),
            ),
        ),
    ),
    Page(
        "on-hold",
        _("When sending is on hold"),
        ("/gateway/",),
        (
            Section(
                _("What it means"),
                (
                    _("Nothing is sent for anyone. Nothing is lost: messages wait."),
                    _("The notice at the top of each page says why."),
                ),
            ),
            Section(
                _("What to do"),
                (
                    _("If Sociair refused the token, ask whoever runs the portal to check it."),
                    _("If Sociair cannot be reached, the portal tries again automatically."),
                    _("If Sociair's answers have changed, read the answer and ask Sociair."),
                    _("A manager then presses Start sending again."),
                ),
            ),
        ),
    ),
    Page(
        "scheduled",
        _("Send later"),
        ("/schedule/", "/days-off/"),
        (
            Section(
                _("Choose a time"),
                (
                    _("On the review page open Send later, choose a time and press Schedule."),
                    _("Times are those of Nepal. The day is shown in both calendars."),
                    _("Under Scheduled you can change the time, the message, or cancel it."),
                ),
            ),
            Section(
                _("Quiet hours and days off"),
                (
                    _("At night, on Saturdays and on days off the portal asks before it sends."),
                    _("Managers enter public holidays and other days off under Days off."),
                    _("If nothing could be sent for hours, an overdue message asks first too."),
                ),
            ),
        ),
    ),
    Page(
        "templates",
        _("Templates"),
        ("/templates/",),
        (
            Section(
                _("Save a text that you often send"),
                (
                    _("Write it once under Templates, or save it while you compose."),
                    _("In Compose, Use a template puts its text into the message."),
                    _("A changed template does not change messages that use it already."),
                ),
            ),
        ),
    ),
)
