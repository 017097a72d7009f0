"""The record has a page of its own; the library's, which shows more than is asked, goes."""

import auditlog.admin  # noqa: F401  # registers what is taken away here
from django.contrib import admin

from sociair_portal.audit.models import Entry

admin.site.unregister(Entry)
