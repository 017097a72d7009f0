"""The first day at the portal: what somebody who sends still has before them."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Exists

from contacts.models import Contact
from messaging.models import Campaign, Profile


@dataclass(frozen=True, slots=True)
class FirstDay:
    """Which steps are done. People and a test help; who has sent a message has found their way."""

    has_people: bool
    has_number: bool
    has_tested: bool
    has_sent: bool

    @property
    def is_over(self) -> bool:
        return self.has_sent


def first_day(user: User) -> FirstDay:
    mine = Campaign.objects.filter(created_by=user, sent_at__isnull=False)
    steps = (
        Contact.objects.all(),
        Profile.objects.filter(user=user).exclude(mobile=""),
        mine.filter(is_test=True),
        mine.filter(is_test=False),
    )
    return FirstDay(*User.objects.values_list(*map(Exists, steps)).get(pk=user.pk))
