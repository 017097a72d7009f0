from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "sociair_portal.accounts"
    label = "accounts"
    verbose_name = _("Accounts")
