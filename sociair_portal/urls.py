"""All addresses of the portal."""

from django.contrib import admin
from django.urls import include, path

from sociair_portal import languages, views

urlpatterns = [
    path("", include("messaging.urls")),
    path("", include("contacts.urls")),
    path("", include("sociair_portal.accounts.urls")),
    path("", include("sociair_portal.audit.urls")),
    path("admin/", admin.site.urls),
    path("language/", languages.choose, name="language"),
    path("help/", views.help_index, name="help"),
    path("help/<slug:slug>/", views.help_page, name="help_page"),
    path("healthz", views.health, name="health"),
]

handler403 = "sociair_portal.views.forbidden"
handler404 = "sociair_portal.views.not_found"
handler500 = "sociair_portal.views.server_error"
handler429 = "sociair_portal.views.too_many"
