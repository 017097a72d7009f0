"""What managers do with accounts of colleagues. Each is recorded; whether someone may is asked
by `roles.may_manage`.
"""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, User
from django.db import transaction

from sociair_portal.accounts.devices import account_of
from sociair_portal.accounts.invitations import cancel_dead_texts, take_back
from sociair_portal.accounts.limits import lift
from sociair_portal.accounts.second_step import has_second_step
from sociair_portal.accounts.sessions_end import end_sessions
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.many import many_at_once
from sociair_portal.audit.record import record
from sociair_portal.roles import ROLES


def set_role(user: User, role: str, by: User) -> None:
    """Give one of the two roles, or none (""). Groups that are no role stay."""
    with transaction.atomic():
        before = list(user.groups.filter(name__in=ROLES).values_list("name", flat=True))
        after = [role] if role else []
        if before == after:
            return
        with many_at_once():  # the deed below says it
            user.groups.remove(*Group.objects.filter(name__in=set(ROLES) - set(after)))
            user.groups.add(*Group.objects.filter(name__in=after))
        take_back(user, by)  # it was made for another role
        cancel_dead_texts()  # with links that this colleague may no longer make
        record(Deed.ROLES_CHANGED, by=by, about=user, before=before, after=after)


def forget_old_addresses(user: User) -> None:
    """After a change of the e-mail: the library keeps those of before, and would send links there
    that set a new password.
    """
    EmailAddress.objects.filter(user=user).exclude(email__iexact=user.email).delete()


def close(user: User, by: User) -> None:
    """Nobody signs in with the account, sessions end, and no browser is remembered."""
    with transaction.atomic():
        if User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
            end_sessions(user)
            take_back(user, by)
            cancel_dead_texts()
            record(Deed.CLOSED, by=by, about=user)


def open_again(user: User, by: User) -> None:
    with transaction.atomic():
        if User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
            record(Deed.OPENED, by=by, about=user)


def reset_second_step(user: User, by: User, reason: str) -> None:
    """The colleague has lost the phone: the next sign-in needs the password alone, and then
    asks to set a second step up again if the role needs one.
    """
    with transaction.atomic():
        gone, _each = Authenticator.objects.filter(user=user).delete()
        if gone:
            end_sessions(user)
            record(Deed.SECOND_STEP_RESET, by=by, about=user, words=reason)


def let_try_again(user: User, by: User) -> None:
    """A colleague who mistyped too often need not wait."""
    with transaction.atomic():
        if lift(account_of(user)):
            record(Deed.SIGN_IN_LET, by=by, about=user)


def sign_out(user: User, by: User) -> int:
    """Everywhere, remembered browsers as well; returns how many sessions there were."""
    with transaction.atomic():
        ended = end_sessions(user)
        if ended or has_second_step(user):
            record(Deed.SIGNED_OUT_BY, by=by, about=user, sessions=ended)
    return ended
