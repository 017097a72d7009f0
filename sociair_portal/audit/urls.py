"""The addresses of the record of who did what."""

from django.urls import path

from sociair_portal.audit import views

app_name = "record"
urlpatterns = [
    path("record/", views.entries, name="entries"),
    path("record/export.csv", views.export, name="export"),
]
