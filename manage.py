#!/usr/bin/env python
"""Django's command line for the portal."""

import sys

from django.core.management import execute_from_command_line

from sociair_portal.start import settings_or_exit

if __name__ == "__main__":
    settings_or_exit()
    execute_from_command_line(sys.argv)
