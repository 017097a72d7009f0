"""Who did something: a person who is signed in, or nobody (the worker, a command)."""

from django.contrib.auth.models import AnonymousUser, User

Actor = User | AnonymousUser | None


def user_of(actor: Actor) -> User | None:
    """The person, or None."""
    return actor if isinstance(actor, User) else None
