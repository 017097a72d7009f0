from django.apps import AppConfig
from django.core.checks import Tags, register

from sociair_portal import checks
from sociair_portal.common.link_names import name_links


class SociairPortalConfig(AppConfig):
    name = "sociair_portal"

    def ready(self) -> None:
        name_links()
        register(checks.check_address, Tags.security)
        register(checks.check_token, Tags.security)
        register(checks.check_times, "messaging")
        register(checks.check_numbers, "messaging")
        register(checks.check_queue, "messaging")
        register(checks.check_hosts, Tags.security, deploy=True)
        register(checks.check_tls, Tags.security, deploy=True)
        register(checks.check_files, Tags.security)
        register(checks.check_fingerprint_key, Tags.security)
        register(checks.check_fingerprints, Tags.database)
        register(checks.check_sqlite, Tags.database)
