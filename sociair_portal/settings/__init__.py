"""Every setting, from the environment and from `.env` beside manage.py (docs/settings.md).

Each room is a topic; Django finds all of them here.
"""

from sociair_portal.settings.accounts import *
from sociair_portal.settings.logs import *
from sociair_portal.settings.place import *
from sociair_portal.settings.sending import *
from sociair_portal.settings.web import *
