"""People: how they sign in, how long they stay, and the e-mails that they get."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from sociair_portal.settings.place import HTTPS, env

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
IDLE_MINUTES: int = env.int("IDLE_MINUTES", 30)  # then someone is signed out

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
    "add_webauthn": "sociair_portal.accounts.forms.NewPasskeyForm",
}
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Sociair Portal"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off
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
