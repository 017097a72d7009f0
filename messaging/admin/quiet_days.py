"""Days off in the admin, checked as on their own pages."""

from django.contrib import admin

from messaging.forms.quiet_days import QuietDayForm
from messaging.models import QuietDay
from sociair_portal.common.bases import ModelAdmin


@admin.register(QuietDay)
class QuietDayAdmin(ModelAdmin):
    form = QuietDayForm
    list_display = ["name", "day"]
    search_fields = ["name"]
    date_hierarchy = "day"
    ordering = ["day"]
