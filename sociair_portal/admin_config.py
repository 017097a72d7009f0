"""The app configuration that puts the portal's own admin site in the place of Django's."""

from django.contrib.admin.apps import AdminConfig


class PortalAdminConfig(AdminConfig):
    default_site = "sociair_portal.admin_site.PortalAdminSite"
