from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "sociair_portal.accounts"
    label = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        """Let the worker know what is done by the hour: it knows the apps' tasks alone."""
        from sociair_portal.accounts import tasks  # noqa: F401, PLC0415  # not before the models
