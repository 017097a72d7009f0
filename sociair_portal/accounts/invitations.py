"""Invitations: a link with which a colleague chooses a password. It works once, for three days."""

import uuid
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from messaging.services.campaigns import link_texts
from messaging.text.links import secret_of
from sociair_portal.accounts.models import Invitation
from sociair_portal.accounts.roles import may_manage, role_of
from sociair_portal.accounts.sessions_end import end_sessions
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.record import record
from sociair_portal.roles import MANAGER

HOURS: Final = 72


def invite(user: User, by: User) -> Invitation:
    """Make a link for an account. The link before it stops working."""
    now, key = timezone.now(), uuid.uuid4()
    with transaction.atomic():
        lock(user)
        _open(user).update(taken_back_at=now)
        invitation = Invitation.objects.create(
            user=user,
            key=key,
            fingerprint=_fingerprint(_secret_of_key(key)),
            created_by=by,
            role=role_of(user),
            ends_at=now + timedelta(hours=HOURS),
        )
        record(Deed.INVITED, by=by, about=user)
        cancel_dead_texts()
    return invitation


def lock(user: User) -> User:
    """Let one change to the link of an account wait for the other; what the colleague does
    meets no lock.
    """
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def take_back(user: User, by: User) -> bool:
    """Whether there was a link to take back."""
    with transaction.atomic():
        lock(user)
        gone = _open(user).update(taken_back_at=timezone.now())
        if gone:
            record(Deed.INVITATION_TAKEN_BACK, by=by, about=user)
            cancel_dead_texts()
    return bool(gone)


def secret_in_link(invitation: Invitation) -> str:
    """What is secret in the link, for whoever made it. Empty if it can no longer be told: an older
    portal made it, or one with another SECRET_KEY.
    """
    secret = _secret_of_key(invitation.key) if invitation.key else ""
    return secret if _fingerprint(secret) == invitation.fingerprint else ""


def invitation_of(secret: str) -> Invitation | None:
    """The invitation that a link belongs to, if it still works."""
    return _if_allowed(_working().filter(fingerprint=_fingerprint(secret)).first())


def still_open(pk: int | None) -> Invitation | None:
    """An invitation that was opened before, if it still works."""
    return _if_allowed(_working().filter(pk=pk).first()) if pk else None


def _if_allowed(found: Invitation | None) -> Invitation | None:
    """Not if who made it could no longer make it: it would let them take over someone who was
    promoted since.
    """
    if found is None or (maker := found.created_by) is None or not maker.is_active:
        return None
    return found if may_manage(maker, found.user) or _is_of_a_new_manager(found, maker) else None


def _is_of_a_new_manager(found: Invitation, maker: User) -> bool:
    """Whether a manager made it together with another manager's account, which nobody has had yet:
    that is no promotion.
    """
    user = found.user
    is_new = found.role == role_of(user) == MANAGER and not user.has_usable_password()
    has_more = user.is_superuser or user.user_permissions.exists()
    return is_new and not has_more and maker.has_perms(("auth.add_user", "auth.change_user"))


def may_hand_over(by: User, user: User) -> bool:
    """Whether one may send a colleague's link: who may change the account, or has just made it."""
    if may_manage(by, user):
        return True
    waiting = open_invitation(user)
    return waiting is not None and waiting.created_by_id == by.pk and bool(still_open(waiting.pk))


def accept(invitation: Invitation, password: str) -> bool:
    """Set the password, once: of two at the same moment one is told that the link was used."""
    with transaction.atomic():
        user = lock(invitation.user)
        allowed = still_open(invitation.pk)
        if not allowed or not _working().filter(pk=invitation.pk).update(used_at=timezone.now()):
            return False
        user.set_password(password)
        user.save(update_fields=["password"])
        end_sessions(user)
        record(Deed.INVITATION_USED, by=user, about=user)
        cancel_dead_texts()
    return True


def open_invitation(user: User) -> Invitation | None:
    """The one that waits to be used."""
    return _open(user).filter(ends_at__gt=timezone.now()).first()


def cancel_dead_texts() -> None:
    """Texts that are still queued with a link that no longer opens anything do not go out."""
    waiting = set(link_texts.waiting().values_list("key", flat=True))
    if waiting:
        found = _working().filter(key__in=waiting)
        alive = {link.key for link in found if _if_allowed(link) and secret_in_link(link)}
        link_texts.cancel_with(waiting - alive)


def _working() -> QuerySet[Invitation]:
    return Invitation.objects.filter(
        used_at=None, taken_back_at=None, ends_at__gt=timezone.now(), user__is_active=True
    ).select_related("user", "created_by")


def _open(user: User) -> QuerySet[Invitation]:
    return Invitation.objects.filter(user=user, used_at=None, taken_back_at=None)


def _secret_of_key(key: uuid.UUID) -> str:
    return secret_of(str(key), secret=settings.SECRET_KEY)


def _fingerprint(secret: str) -> str:
    return salted_hmac("accounts.invitations", secret, algorithm="sha256").hexdigest()
