#!/usr/bin/env python
"""Django's command line for the portal."""

import sys

from django.core.management import execute_from_command_line

from sociair_portal.start import (
    keep_files_private,
    look_for_garbage_less_often,
    settings_or_exit,
)

if __name__ == "__main__":
    keep_files_private()
    settings_or_exit()
    look_for_garbage_less_often()
    execute_from_command_line(sys.argv)
