"""The portal's settings, from an environment that tests alone decide."""

import os
import tempfile
from pathlib import Path

os.environ["ENV_FILE"] = os.devnull
for name in (
    *("HUEY_URL", "SOCIAIR_OTHER_RATE", "LOW_BALANCE", "SOCIAIR_TOKEN", "SANDBOX"),
    *("PORTAL_LANGUAGE", "OFFICE_NAME"),
):
    os.environ.pop(name, None)
os.environ.update(
    SECRET_KEY="only-for-tests-" + "0123456789" * 4,
    FINGERPRINT_KEY="of-fingerprints-in-tests-" + "0123456789" * 3,
    DATABASE_URL=os.environ.get("TEST_DATABASE_URL_IN_USE", "sqlite:///:memory:"),
    SOCIAIR_BASE_URL="http://127.0.0.1:9/api",  # nobody answers there
    SOCIAIR_TOTAL_TIMEOUT="3",
    SOCIAIR_CONNECT_TIMEOUT="1",
    SOCIAIR_DEADLINE="8",
    SOCIAIR_WORKERS="2",
    HTTPS="off",
    SAME_TEXT_HOURS="0",  # they send the same text again and again
    QUIET_HOURS="off",  # tests run at night too
    QUIET_SATURDAYS="off",
    SECOND_STEP="nobody",  # those of signing in say who must have one
    DEBUG="off",
    ALLOWED_HOSTS="*",
    DJANGO_ALLOW_ASYNC_UNSAFE="true",  # Playwright runs an event loop in the test's thread
)

from sociair_portal.settings import *  # noqa: E402, F403
from sociair_portal.settings import DATABASES, HUEY  # noqa: E402
from sociair_portal.start import keep_files_private  # noqa: E402

keep_files_private()  # as the portal's programs do
_work = tempfile.mkdtemp(prefix="sociair-portal-tests-")
FILE_UPLOAD_TEMP_DIR = Path(tempfile.mkdtemp(dir=_work))
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, because threads share it as they do in the office; memory would lock otherwise.
    DATABASES["default"]["NAME"] = f"{_work}/portal.sqlite3"
    DATABASES["default"]["TEST"] = {"NAME": f"{_work}/test.sqlite3"}
    # Nobody pulls the plug. The fixture `durable` lets a test wait for the disk all the same.
    AS_INSTALLED = DATABASES["default"]["OPTIONS"]["init_command"]
    DATABASES["default"]["OPTIONS"]["init_command"] = f"{AS_INSTALLED} PRAGMA synchronous=OFF;"

HUEY.clear()
HUEY.update(huey_class="huey.MemoryHuey", name="tests", immediate=False, results=False)
HUEY["consumer"] = {"workers": 2, "worker_type": "thread", "max_delay": 0.1}

STORAGES = {  # no manifest: tests need no collectstatic
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_AUTOREFRESH = True
