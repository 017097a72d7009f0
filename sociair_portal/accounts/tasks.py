"""What the worker does for accounts, without being asked."""

from huey import crontab
from huey.contrib.djhuey import db_periodic_task

from messaging.services.storage import database
from sociair_portal.accounts.invitations import cancel_dead_texts
from sociair_portal.accounts.sweep import sweep_accounts


@db_periodic_task(crontab(minute="7"), expires=600)  # type: ignore[untyped-decorator]
def sweep() -> None:
    sweep_accounts()


@db_periodic_task(crontab(minute="*"), expires=60)  # type: ignore[untyped-decorator]
def cancel_texts() -> None:
    """Of links that died where nobody noticed: their maker may no longer make them."""
    if database.can_be_used():
        cancel_dead_texts()
