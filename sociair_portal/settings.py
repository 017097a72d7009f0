"""Every setting, from the environment and from `.env` beside manage.py (docs/settings.md)."""

import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from sociair_portal.audit.tracked import TRACKED
from sociair_portal.catalogues import compiled
from sociair_portal.environment import Environment, database, time_zone
from sociair_portal.logs import FORMATTERS
from sociair_portal.values import hours, is_sandbox, normalise, queue_settings, rupees

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment()
env.read_env(env.path("ENV_FILE", default=str(BASE_DIR / ".env"))())

VAR_DIR = BASE_DIR / (env.str("VAR_DIR", "") or "var")

# Sociair

# Only what calls Sociair has to have it: the worker, and some commands.
SOCIAIR_TOKEN: str = env.str("SOCIAIR_TOKEN", "").strip()
SANDBOX_TOKEN = "sandbox"
_gateway = "https://sms.sociair.com/api"
# `make run` writes there where its sandbox is, so that manage.py speaks to the same one.
_running_sandbox = VAR_DIR / "sandbox-address"
_sandbox: bool | None = env.bool("SANDBOX", None)
if not SOCIAIR_TOKEN and _sandbox is not False and _running_sandbox.exists():
    _gateway = _running_sandbox.read_text().strip()
SOCIAIR_BASE_URL: str = normalise(env.str("SOCIAIR_BASE_URL", "") or _gateway)

# The sandbox is a gateway on this machine that is called without a token of one's own. A process
# that calls nobody has no token anyway, so whoever starts it can say which of the two it is.
SANDBOX: bool = is_sandbox(
    _sandbox, SOCIAIR_BASE_URL, has_token=SOCIAIR_TOKEN not in ("", SANDBOX_TOKEN)
)
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
REQUEST_SECONDS: float = env.float("REQUEST_SECONDS", 20)  # for a client to send one

# The web application

DEBUG: bool = env.bool("DEBUG", False)
HTTPS: bool = env.bool("HTTPS", True)
SECRET_KEY: str = env.str("SECRET_KEY", "")
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])  # of before
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# Makes the fingerprints by which people who were made nameless are recognised (docs/privacy.md).
FINGERPRINT_KEY: str = env.str("FINGERPRINT_KEY", "")

if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set: put a long random one into the environment or into .env "
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
    "django.middleware.locale.LocaleMiddleware",
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

AUTHENTICATION_BACKENDS = ["sociair_portal.accounts.backends.PortalBackend"]
_VALIDATORS = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"{_VALIDATORS}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_VALIDATORS}.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": f"{_VALIDATORS}.CommonPasswordValidator"},  # 20,000 that have leaked most often
    {"NAME": f"{_VALIDATORS}.NumericPasswordValidator"},
    {"NAME": "sociair_portal.accounts.passwords.OwnWordsValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "messaging:dashboard"
LOGOUT_REDIRECT_URL = "account_login"
SESSION_ENGINE = "sociair_portal.accounts.sessions"
SESSION_COOKIE_AGE = 12 * 60 * 60
IDLE_MINUTES: int = env.int("IDLE_MINUTES", 30)  # then somebody is signed out

# Who must have a second step of signing in: managers (and superusers) | everybody | nobody
SECOND_STEP: str = env.str("SECOND_STEP", "managers")
if SECOND_STEP not in ("managers", "everybody", "nobody"):
    raise ImproperlyConfigured(
        f"SECOND_STEP is {SECOND_STEP!r}: use managers, everybody or nobody."
    )
# Whether large sends ask who it is; decisions about money always do.
CONFIRM_LARGE_SENDS: bool = env.bool("CONFIRM_LARGE_SENDS", True)

# The library that signs people in. Our limits are in the place of its own (accounts/limits.py).
ACCOUNT_ADAPTER = "sociair_portal.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # nobody has the portal write to strangers
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = True
PASSWORD_RESET_TIMEOUT = 60 * 60
ACCOUNT_REAUTHENTICATION_TIMEOUT = 10 * 60
ACCOUNT_RATE_LIMITS = dict.fromkeys(("login", "login_failed", "change_password", "reauthenticate"))
ACCOUNT_FORMS = {
    "login": "sociair_portal.accounts.forms.SignInForm",
    "reauthenticate": "sociair_portal.accounts.forms.ConfirmPasswordForm",
    "reset_password": "sociair_portal.accounts.forms.ForgottenPasswordForm",
    "change_password": "sociair_portal.accounts.forms.NewPasswordForm",
}
MFA_ADAPTER = "sociair_portal.accounts.second_step.SecondStepAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "sociair_portal.accounts.forms.SecondStepForm",
    "reauthenticate": "sociair_portal.accounts.forms.ConfirmCodeForm",
    "reauthenticate_webauthn": "sociair_portal.accounts.forms.ConfirmPasskeyForm",
    "activate_totp": "sociair_portal.accounts.forms.FirstCodeForm",
}
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Sociair Portal"
MFA_TOTP_TOLERANCE = 1  # a telephone's clock may be half a minute off
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TRUST_ENABLED = True
MFA_TRUST_COOKIE_AGE = 30 * 24 * 60 * 60
MFA_TRUST_COOKIE_NAME = "__Host-trusted" if HTTPS else "trusted"
USERSESSIONS_ADAPTER = "sociair_portal.accounts.adapter.SessionsAdapter"

# E-mail, where it is set up: invitations and new passwords

EMAIL_URL: str = env.str("EMAIL_URL", "")
EMAIL_IS_SET_UP = ACCOUNT_EMAIL_NOTIFICATIONS = bool(EMAIL_URL)
vars().update(env.email_url_config(EMAIL_URL or "dummymail://"))
EMAIL_TIMEOUT = 10  # seconds; a page waits for it
DEFAULT_FROM_EMAIL: str = env.str("EMAIL_FROM", "") or "portal@localhost"

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

# Language and time

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
FORMAT_MODULE_PATH = ["sociair_portal.written"]
LOCALE_PATHS = [compiled(BASE_DIR / "locale", VAR_DIR / "locale")]
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
            "format": "%(asctime)s %(levelname)s %(name)s: %(request)s%(message)s",
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
        "sociair_portal.audit": {"level": "INFO"},
        "huey": {"level": "WARNING"},
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
    },
}
