"""Every setting, from the environment and from `.env` beside manage.py (docs/settings.md)."""

import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from sociair_portal.audit.tracked import TRACKED
from sociair_portal.environment import Environment, database, time_zone
from sociair_portal.logs import FORMATTERS
from sociair_portal.values import hours, is_loopback, normalise, queue_settings, rupees

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment()
env.read_env(env.path("ENV_FILE", default=str(BASE_DIR / ".env"))())

VAR_DIR = BASE_DIR / (env.str("VAR_DIR", "") or "var")

# Sociair

SOCIAIR_TOKEN: str = env.str("SOCIAIR_TOKEN", "").strip()
SANDBOX_TOKEN = "sandbox"
_gateway = "https://sms.sociair.com/api"
# `make run` writes there where its sandbox is, so that manage.py speaks to the same one.
_running_sandbox = VAR_DIR / "sandbox-address"
if not SOCIAIR_TOKEN and _running_sandbox.exists():
    _gateway = _running_sandbox.read_text().strip()
SOCIAIR_BASE_URL: str = normalise(env.str("SOCIAIR_BASE_URL", "") or _gateway)

# The sandbox is a gateway on this machine that is called without a token of one's own.
SANDBOX: bool = is_loopback(SOCIAIR_BASE_URL) and SOCIAIR_TOKEN in ("", SANDBOX_TOKEN)
if SANDBOX:
    SOCIAIR_TOKEN = SANDBOX_TOKEN

SOCIAIR_BATCH_SIZE: int = env.int("SOCIAIR_BATCH_SIZE", 50)
SOCIAIR_CONNECT_TIMEOUT: float = env.float("SOCIAIR_CONNECT_TIMEOUT", 5)
SOCIAIR_TOTAL_TIMEOUT: float = env.float("SOCIAIR_TOTAL_TIMEOUT", 30)
SOCIAIR_DEADLINE: float = env.float("SOCIAIR_DEADLINE", 60)
SOCIAIR_WORKERS: int = env.int("SOCIAIR_WORKERS", 8)
# From two up there is one more, which is kept free of large campaigns.
SOCIAIR_SENDERS: int = SOCIAIR_WORKERS + (SOCIAIR_WORKERS > 1)
SOCIAIR_REQUESTS_PER_MINUTE: int = env.int("SOCIAIR_REQUESTS_PER_MINUTE", 0)
SOCIAIR_OTHER_RATE: Decimal | None = rupees("SOCIAIR_OTHER_RATE", env.str("SOCIAIR_OTHER_RATE", ""))

# What becomes of the valid numbers in a request of which some are invalid: only the account's owner
# can find out. ask | none_sent | valid_sent
SOCIAIR_PARTIAL_REJECTION: str = env.str("SOCIAIR_PARTIAL_REJECTION", "ask")
if SOCIAIR_PARTIAL_REJECTION not in ("ask", "none_sent", "valid_sent"):
    raise ImproperlyConfigured(
        f"SOCIAIR_PARTIAL_REJECTION is {SOCIAIR_PARTIAL_REJECTION!r}: "
        "use ask, none_sent or valid_sent."
    )

# Whether other programs send with the same account: its balance then proves nothing.
SOCIAIR_SHARED_ACCOUNT: bool = env.bool("SOCIAIR_SHARED_ACCOUNT", False)

# Where a worker keeps, outside the database, how much it has sent (docs/failures.md).
_state_dir = VAR_DIR / "sandbox-state" if SANDBOX else VAR_DIR
STATE_DIR: Path = Path(env.str("STATE_DIR", "") or _state_dir)

LOW_BALANCE: Decimal = rupees("LOW_BALANCE", env.str("LOW_BALANCE", "") or "500") or Decimal(0)
BALANCE_FRESH_SECONDS = 60  # a send needs a reading that is not older
LARGE_SEND: int = env.int("LARGE_SEND", 1000)  # people, or rupees
QUIET_HOURS: tuple[int, int] | None = hours("QUIET_HOURS", env.str("QUIET_HOURS", "") or "21-7")
OVERDUE_HOURS: float = env.float("OVERDUE_HOURS", 2)
INLINE_RECIPIENTS = 5000  # larger campaigns are prepared by the worker
SAME_TEXT_HOURS: int = env.int("SAME_TEXT_HOURS", 24)  # 0: the same text may go out again
TESTS_AN_HOUR: int = env.int("TESTS_AN_HOUR", 20)  # of one person, to the own number
PASTED_LINES = 10_000  # numbers in one message

# How many months some things are kept, 0 for ever (docs/privacy.md)

KEEP_TEXTS_MONTHS: int = env.int("KEEP_TEXTS_MONTHS", 0)
KEEP_ANSWERS_MONTHS: int = env.int("KEEP_ANSWERS_MONTHS", 0)
KEEP_LEFT_OUT_MONTHS: int = env.int("KEEP_LEFT_OUT_MONTHS", 0)
KEEP_TABLES_MONTHS: int = env.int("KEEP_TABLES_MONTHS", 0)
KEEP_DRAFTS_MONTHS: int = env.int("KEEP_DRAFTS_MONTHS", 0)
KEEP_VISITS_MONTHS: int = env.int("KEEP_VISITS_MONTHS", 0)

IMPORT_MAX_MB: int = env.int("IMPORT_MAX_MB", 50)

# The web application

DEBUG: bool = env.bool("DEBUG", False)
HTTPS: bool = env.bool("HTTPS", True)
SECRET_KEY: str = env.str("SECRET_KEY", "")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# Makes the fingerprints by which people who were made nameless are recognised (docs/privacy.md).
FINGERPRINT_KEY: str = env.str("FINGERPRINT_KEY", "")

if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set: put a long random one into the environment or into .env "
        "(`make run` writes one for you)."
    )
if not SOCIAIR_TOKEN:
    raise ImproperlyConfigured(
        "SOCIAIR_TOKEN is not set: put the token of your Sociair account into the environment or "
        "into .env, or use `make run` without one to try the portal in the sandbox."
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
    "auditlog",
    "csp",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "js_lib_bootstrap5",
    "js_lib_bootstrap_icons",
    "huey.contrib.djhuey",
    "sociair_portal.audit",
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
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "sociair_portal.audit.actors.ActorMiddleware",
    "sociair_portal.accounts.SignInMiddleware",
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
                "messaging.context_processors.gateway",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "sociair_portal.templatetags.portal",
                "contacts.templatetags.people",
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
    # IMMEDIATE: a transaction takes its lock at once instead of failing half-way through.
    # FULL: what was sent is on the disk before anyone relies on it.
    _database["OPTIONS"] = {
        "timeout": 30,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
    Path(_database["NAME"]).parent.mkdir(parents=True, exist_ok=True)
else:
    _database["CONN_MAX_AGE"] = 60
    _database["CONN_HEALTH_CHECKS"] = True

HUEY: dict[str, Any] = {
    **queue_settings(env.str("HUEY_URL", ""), _database),
    "name": "sociair",
    "results": False,
    "immediate": False,  # else DEBUG would make web requests send
    "consumer": {
        "workers": SOCIAIR_SENDERS,
        "worker_type": "thread",
        "initial_delay": 0.1,
        "max_delay": 0.5,
        "graceful_signal": "TERM",
        "shutdown_timeout": SOCIAIR_TOTAL_TIMEOUT + 5,
    },
}

# People

AUTHENTICATION_BACKENDS = ["sociair_portal.accounts.PortalBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "messaging:dashboard"
LOGOUT_REDIRECT_URL = "login"

# The record of who did what

AUDITLOG_LOGENTRY_MODEL = "audit.Entry"
AUDITLOG_CID_GETTER = "sociair_portal.request_ids.current_id"
AUDITLOG_INCLUDE_TRACKING_MODELS = TRACKED
MIGRATION_MODULES = {"auditlog": None}  # its own table is not used

# Language and time

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE: str = time_zone(env.str("TIME_ZONE", "Asia/Kathmandu"))
USE_TZ = True

# Static files

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
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
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_AGE = 12 * 60 * 60
FILE_UPLOAD_HANDLERS = ["sociair_portal.common.uploads.BoundedUploadHandler"]
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

# Logs: ids and outcomes, never a number, a text or the token

LOG_FORMAT: str = env.str("LOG_FORMAT", "plain")
if LOG_FORMAT not in FORMATTERS:
    raise ImproperlyConfigured(f"LOG_FORMAT is {LOG_FORMAT!r}: use plain or json.")

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "chosen": {
            "()": FORMATTERS[LOG_FORMAT],
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        }
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "chosen",
            "stream": sys.stderr,
        }
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "messaging": {"level": "INFO"},
        "huey": {"level": "WARNING"},
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
    },
}
