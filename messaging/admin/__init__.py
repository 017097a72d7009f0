"""Messages and their fate in the admin."""

import messaging.admin.own_numbers
import messaging.admin.records  # noqa: F401  # both register what they have
