"""`python -m tests.upgrade.pages ADDRESS…`: how the portal's pages answer a manager, as JSON."""

import json
import sys

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402  # not before the settings
from django.test import Client  # noqa: E402

import tests.sessions  # noqa: E402, F401  # teaches the client

browser = Client()
browser.force_login(User.objects.get(username="demo"))
sys.stdout.write(json.dumps({url: browser.get(url).status_code for url in sys.argv[1:]}))
