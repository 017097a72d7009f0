"""Messages and their fate in the admin."""

from messaging.admin import own_numbers, quiet_days, records

__all__ = ["own_numbers", "quiet_days", "records"]
