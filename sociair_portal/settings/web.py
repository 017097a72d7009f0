"""The web application, its database and queue, the record, and what keeps it safe."""

from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from sociair_portal.audit.tracked import TRACKED
from sociair_portal.catalogues import compiled
from sociair_portal.environment import database, language, time_zone
from sociair_portal.settings.place import BASE_DIR, HTTPS, VAR_DIR, env
from sociair_portal.settings.sending import SANDBOX, SOCIAIR_SENDERS, SOCIAIR_TOTAL_TIMEOUT
from sociair_portal.values import queue_settings

IMPORT_MAX_MB: int = env.int("IMPORT_MAX_MB", 50)
REQUEST_SECONDS: float = env.float("REQUEST_SECONDS", 20)  # for a client to send one

DEBUG: bool = env.bool("DEBUG", False)
SECRET_KEY: str = env.str("SECRET_KEY", "")
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])  # of before
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# Makes the fingerprints by which anonymised people are recognised (docs/privacy.md).
FINGERPRINT_KEY: str = env.str("FINGERPRINT_KEY", "")

if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set: put a long random key into the environment or into .env "
        "(`make run` writes one for you)."
    )

ROOT_URLCONF = "sociair_portal.urls"
WSGI_APPLICATION = "sociair_portal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "sociair_portal.admin_config.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",  # its widgets' templates, for FORM_RENDERER
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "auditlog",
    "csp",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "js_lib_bootstrap5",
    "js_lib_bootstrap_icons",
    "huey.contrib.djhuey",
    "sociair_portal.audit",
    "sociair_portal.accounts",
    "sociair_portal",
    "contacts",
    "messaging",
]

MIDDLEWARE = [
    "sociair_portal.request_ids.RequestIdMiddleware",
    "sociair_portal.headers.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "sociair_portal.accounts.sessions.SecretSessionMiddleware",
    "sociair_portal.languages.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    # Above what reads forms: nothing of a request is read before it is known whose it is.
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "sociair_portal.audit.actors.ActorMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "sociair_portal.viewers.ViewerMiddleware",
    "sociair_portal.common.kept_searches.KeptSearchMiddleware",
    "sociair_portal.accounts.gate.GateMiddleware",
    "sociair_portal.bodies.BodyMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "sociair_portal.accounts.context_processors.account",
                "messaging.context_processors.gateway",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "sociair_portal.templatetags.portal",
                "sociair_portal.accounts.templatetags.accounts",
                "contacts.templatetags.people",
                "messaging.templatetags.campaigns",
                "messaging.templatetags.texts",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"

# Database and queue

# The sandbox has a file of its own: demo contacts and the demo account never meet real ones.
_file = VAR_DIR / ("sandbox.sqlite3" if SANDBOX else "portal.sqlite3")
_database_url: str = env.str("DATABASE_URL", "") or f"sqlite:///{_file}"
DATABASES: dict[str, Any] = {"default": database(_database_url)}
_database = DATABASES["default"]
if _database["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE: a transaction takes its lock first instead of failing half-way through.
    # FULL: what was sent is on the disk before anyone relies on it.
    # secure_delete: what was deleted is written over with zeros. FAST would leave it in whole pages
    # that become free.
    _database["OPTIONS"] = {
        "timeout": 30,
        "transaction_mode": "IMMEDIATE",
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
        ),
    }
    Path(_database["NAME"]).parent.mkdir(parents=True, exist_ok=True)
else:
    _database["CONN_MAX_AGE"] = 60
    _database["CONN_HEALTH_CHECKS"] = True
    # What every call asks is planned by the server once for each connection; Django's own queries
    # are as before.
    _database.setdefault("OPTIONS", {}).setdefault("prepare_threshold", 2)

HUEY: dict[str, Any] = {
    **queue_settings(env.str("HUEY_URL", ""), _database),
    "name": "sociair",
    "results": False,
    "immediate": False,  # else DEBUG would make web requests send
    "consumer": {
        # One more than send at a time, so that what takes long in the worker (counting people)
        # never takes the only sender's place.
        "workers": SOCIAIR_SENDERS + 1,
        "worker_type": "thread",
        "initial_delay": 0.1,
        "max_delay": 0.5,
        "graceful_signal": "TERM",
        "shutdown_timeout": SOCIAIR_TOTAL_TIMEOUT + 5,
    },
}

# What all processes and machines count together
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "portal_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# The record of who did what

AUDITLOG_LOGENTRY_MODEL = "audit.Entry"
AUDITLOG_CID_GETTER = "sociair_portal.common.request_ids.current_id"
AUDITLOG_INCLUDE_TRACKING_MODELS = TRACKED
# Whether it also says who looked at what a person was sent.
RECORD_VIEWS: bool = env.bool("RECORD_VIEWS", False)
MIGRATION_MODULES = {"auditlog": None}  # its own table is not used

# Whose messages these are, as printed pages say.
OFFICE_NAME: str = env.str("OFFICE_NAME", "").strip()

# Language and time

# Where nobody has chosen one: the worker, commands, a browser in a third language.
LANGUAGE_CODE: str = language(env.str("PORTAL_LANGUAGE", "en"))
LANGUAGES = [("en", "English"), ("ne", "नेपाली")]  # each in its own
FORMAT_MODULE_PATH = ["sociair_portal.written"]
LOCALE_PATHS = [compiled(BASE_DIR / "locale", VAR_DIR / "locale")]
TIME_ZONE: str = time_zone(env.str("TIME_ZONE", "Asia/Kathmandu"))
USE_TZ = True

# Static files

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "sociair_portal.fonts.FontFinder",  # a web server does not load it: files are collected before
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# Security

CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],  # Bootstrap's own form marks are data: images
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
FILE_UPLOAD_HANDLERS = ["sociair_portal.common.uploads.NoFiles"]  # takes_a_file has another
FILE_UPLOAD_TEMP_DIR = VAR_DIR / "temporary"
FILE_UPLOAD_TEMP_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
DATA_UPLOAD_MAX_NUMBER_FILES = 1
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000  # a selection of contacts is one field each
if HTTPS:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    # Browsers take such cookies from this host alone, over https.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# How many proxies of our own stand in front: each has added who called it.
PROXIES: int = env.int("PROXIES", int(HTTPS))
