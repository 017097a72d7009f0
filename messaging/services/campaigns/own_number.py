"""The own number, to which tests go: entering it, and who needs no code for that."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from messaging.models import NumberCode, Profile
from sociair_portal.common.actors import Actor, user_of


def profile_of(user: Actor) -> Profile | None:
    """What someone has entered as their own number, proved or not."""
    person = user_of(user)
    if person is None:
        return None
    return Profile.objects.filter(user=person).select_related("entered_by").first()


def locked_profile(user: Actor) -> Profile | None:
    """As `profile_of`, so that of one person one test, or code, comes after the other."""
    person = user_of(user)
    if person is None:
        return None
    return Profile.objects.select_for_update().filter(user=person).first()


def needs_no_code(by: Actor) -> bool:
    """Whether a number is taken from this person as it is, for whomever: managers vouch for it."""
    person = user_of(by)
    return person is not None and person.has_perm("messaging.change_profile")


def save_number(user: User, mobile: str, *, by: Actor) -> Profile:
    """Save a user's own number, ten digits or empty. Another number is not proved any more.

    What a manager enters counts as proved; it is kept who did so, and when.
    """
    with transaction.atomic():
        Profile.objects.get_or_create(user=user)
        profile = Profile.objects.select_for_update().get(user=user)
        if mobile != profile.mobile:
            profile.mobile, profile.proved_at, profile.entered_by = mobile, None, None
            NumberCode.objects.filter(user=user, ended_at__isnull=True).update(
                ended_at=timezone.now()
            )
        if mobile and not profile.is_proved and needs_no_code(by):
            profile.proved_at, profile.entered_by = timezone.now(), user_of(by)
        profile.save(update_fields=["mobile", "proved_at", "entered_by"])
    return profile
