"""Who stands where among colleagues."""

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from sociair_portal.roles import MANAGER, ROLES


def is_above_senders(user: User) -> bool:
    """Managers, superusers, and whoever else may change accounts."""
    return bool(user.is_superuser or user.has_perm("auth.change_user"))


def may_manage(manager: User, colleague: User) -> bool:
    """Whether one may change another's account: who sets the password of someone becomes them, so
    that managers change senders, and superusers everyone but themselves.
    """
    if manager.pk == colleague.pk or not manager.has_perm("auth.change_user"):
        return False
    return manager.is_superuser or _is_below_managers(colleague)


def _is_below_managers(user: User) -> bool:
    more = user.is_superuser or user.is_staff or user.user_permissions.exists()
    return not more and not user.groups.exclude(name__in=set(ROLES) - {MANAGER}).exists()


def managers() -> QuerySet[User]:
    """Who can be asked for a role, or for a new link."""
    able = Q(is_superuser=True) | Q(groups__name=MANAGER)
    return User.objects.filter(able, is_active=True).distinct().order_by("first_name", "username")


def has_no_role(user: User) -> bool:
    """Whether someone who signs in could do nothing at all."""
    return not user.get_all_permissions()


def role_of(user: User) -> str:
    """The portal's role of an account; empty if it has none. Asks nothing if its groups are
    prefetched.
    """
    names = {group.name for group in user.groups.all()}
    return next((role for role in (MANAGER, *ROLES) if role in names), "")
