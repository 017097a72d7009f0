"""Invitations: a link with which a colleague chooses a password. It works once, for three days."""

import secrets
from datetime import timedelta
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from sociair_portal.accounts.models import Invitation
from sociair_portal.accounts.roles import may_manage
from sociair_portal.accounts.sessions_end import end_sessions
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.record import record

HOURS: Final = 72


def invite(user: User, by: User) -> str:
    """Make a link for an account and return what is secret in it, which nobody can be told again.
    The link before it stops working.
    """
    secret = secrets.token_urlsafe(32)
    now = timezone.now()
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        _open(user).update(taken_back_at=now)
        Invitation.objects.create(
            user=user,
            fingerprint=_fingerprint(secret),
            created_by=by,
            ends_at=now + timedelta(hours=HOURS),
        )
        record(Deed.INVITED, by=by, about=user)
    return secret


def take_back(user: User, by: User) -> bool:
    """Whether there was a link to take back."""
    with transaction.atomic():
        gone = _open(user).update(taken_back_at=timezone.now())
        if gone:
            record(Deed.INVITATION_TAKEN_BACK, by=by, about=user)
    return bool(gone)


def invitation_of(secret: str) -> Invitation | None:
    """The invitation that a link belongs to, if it still works."""
    return _if_allowed(_working().filter(fingerprint=_fingerprint(secret)).first())


def still_open(pk: int | None) -> Invitation | None:
    """An invitation that was opened before, if it still works."""
    return _if_allowed(_working().filter(pk=pk).first()) if pk else None


def _if_allowed(found: Invitation | None) -> Invitation | None:
    """Not if who made it could not make it any more: it would let them take over somebody who was
    promoted since.
    """
    if found is None or (maker := found.created_by) is None:
        return None
    return found if maker.is_active and may_manage(maker, found.user) else None


def accept(invitation: Invitation, password: str) -> bool:
    """Set the password, once: of two at the same moment one is told that the link was used."""
    with transaction.atomic():
        allowed = still_open(invitation.pk)
        if not allowed or not _working().filter(pk=invitation.pk).update(used_at=timezone.now()):
            return False
        user = User.objects.select_for_update().get(pk=invitation.user_id)
        user.set_password(password)
        user.save(update_fields=["password"])
        end_sessions(user)
        record(Deed.INVITATION_USED, by=user, about=user)
    return True


def open_invitation(user: User) -> Invitation | None:
    """The one that waits to be used."""
    return _open(user).filter(ends_at__gt=timezone.now()).first()


def _working() -> QuerySet[Invitation]:
    return Invitation.objects.filter(
        used_at=None, taken_back_at=None, ends_at__gt=timezone.now(), user__is_active=True
    ).select_related("user", "created_by")


def _open(user: User) -> QuerySet[Invitation]:
    return Invitation.objects.filter(user=user, used_at=None, taken_back_at=None)


def _fingerprint(secret: str) -> str:
    return salted_hmac("accounts.invitations", secret, algorithm="sha256").hexdigest()
