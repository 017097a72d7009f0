"""Composing, sending and looking back."""

from django.urls import path

from messaging.views import (
    answering,
    campaign,
    compose,
    control,
    dashboard,
    history,
    review,
    tables,
    templates,
    undecided,
)

app_name = "messaging"
urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("balance/", dashboard.balance, name="balance"),
    path("under-way/", dashboard.under_way, name="under_way"),
    path("compose/", compose.compose, name="compose"),
    path("compose/contacts/", compose.contact_choices, name="contact_choices"),
    path("compose/measure/", compose.measure, name="measure"),
    path("compose/save/", compose.save, name="save"),
    path("compose/table/", tables.upload, name="table"),
    path("drafts/", history.drafts, name="drafts"),
    path("templates/", templates.template_list, name="templates"),
    path("templates/new/", templates.template_create, name="template_create"),
    path("templates/<int:pk>/", templates.template_edit, name="template"),
    path("templates/<int:pk>/delete/", templates.template_delete, name="template_delete"),
    path("campaigns/<int:pk>/review/", review.review, name="review"),
    path("campaigns/<int:pk>/receipt/", review.receipt, name="receipt"),
    path("campaigns/<int:pk>/answer/", answering.answer, name="answer"),
    path("campaigns/<int:pk>/delete/", review.delete_draft, name="delete_draft"),
    path("campaigns/<int:pk>/", campaign.campaign, name="campaign"),
    path("campaigns/<int:pk>/progress/", campaign.progress, name="progress"),
    path("campaigns/<int:pk>/recipients/", campaign.recipients, name="campaign_recipients"),
    path("campaigns/<int:pk>/batches/", campaign.batches, name="campaign_batches"),
    path("campaigns/<int:pk>/left-out/", campaign.left_out, name="campaign_left_out"),
    path("campaigns/<int:pk>/pause/", control.pause, name="pause"),
    path("campaigns/<int:pk>/resume/", control.resume, name="resume"),
    path("campaigns/<int:pk>/cancel/", control.cancel, name="cancel"),
    path("campaigns/<int:pk>/follow-up/", control.follow_up, name="follow_up"),
    path("campaigns/<int:pk>/decide/", undecided.decide, name="decide"),
    path("campaigns/<int:pk>/settle/", undecided.settle, name="settle"),
    path("campaigns/<int:pk>/send-again/", undecided.send_again, name="send_again"),
    path("undecided/", undecided.undecided, name="undecided"),
    path("gateway/release/", control.release, name="release"),
    path("contacts/<int:pk>/history/", history.contact, name="contact"),
    path("history/", history.campaigns, name="history"),
    path("history/recipients/", history.recipients, name="history_recipients"),
]
