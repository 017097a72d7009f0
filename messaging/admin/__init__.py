"""Messages and their fate in the admin."""

from messaging.admin import own_numbers, records

__all__ = ["own_numbers", "records"]
