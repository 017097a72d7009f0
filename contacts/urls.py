"""The addresses of people, groups and opt-outs."""

from django.urls import path

from contacts.views import days, fields, groups, imports, opt_outs, people

app_name = "contacts"
urlpatterns = [
    path("contacts/", people.contact_list, name="list"),
    path("contacts/new/", people.contact_create, name="create"),
    path("contacts/day/<str:name>/", days.reading, name="day"),
    path("contacts/<int:pk>/", people.contact_edit, name="edit"),
    path("contacts/<int:pk>/delete/", people.contact_delete, name="delete"),
    path("contacts/<int:pk>/opt-out/", opt_outs.optout_create, name="optout_contact"),
    path("contacts/import/", imports.upload, name="upload"),
    path("contacts/import/<int:pk>/", imports.show, name="import"),
    path("contacts/import/<int:pk>/progress/", imports.progress, name="import_progress"),
    path("contacts/import/<int:pk>/cancel/", imports.cancel, name="import_cancel"),
    path("contacts/import/<int:pk>/undo/", imports.undo_import, name="import_undo"),
    path("contacts/import/<int:pk>/left-out/", imports.download, name="import_left_out"),
    path("contacts/export.<str:kind>", people.contact_export, name="export"),
    path("contacts/fields/", fields.field_list, name="fields"),
    path("contacts/fields/new/", fields.field_create, name="field_create"),
    path("contacts/fields/<int:pk>/", fields.field_edit, name="field_edit"),
    path("contacts/fields/<int:pk>/delete/", fields.field_delete, name="field_delete"),
    path("groups/", groups.group_list, name="groups"),
    path("groups/new/", groups.group_create, name="group_create"),
    path("groups/<int:pk>/", groups.group_page, name="group"),
    path("groups/<int:pk>/add/", groups.group_add, name="group_add"),
    path("groups/<int:pk>/rename/", groups.group_rename, name="group_rename"),
    path("groups/<int:pk>/delete/", groups.group_delete, name="group_delete"),
    path("opt-outs/", opt_outs.optout_list, name="optouts"),
    path("opt-outs/new/", opt_outs.optout_create, name="optout_create"),
    path("opt-outs/<int:pk>/delete/", opt_outs.optout_delete, name="optout_delete"),
]
