"""Sociair, what is asked before a message goes out, and how long things are kept."""

from decimal import Decimal
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from sociair_portal.settings.place import VAR_DIR, env
from sociair_portal.values import hours, is_sandbox, normalise, rupees

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
# Those who call for large campaigns take turns: while some save an answer, others call. From two
# requests up there is one more, which is kept free of large campaigns.
SOCIAIR_SENDERS_OF_LARGE: int = SOCIAIR_WORKERS + SOCIAIR_WORKERS // 4
SOCIAIR_SENDERS: int = SOCIAIR_SENDERS_OF_LARGE + (SOCIAIR_WORKERS > 1)
SOCIAIR_REQUESTS_PER_MINUTE: int = env.int("SOCIAIR_REQUESTS_PER_MINUTE", 0)
SOCIAIR_OTHER_RATE: Decimal | None = rupees("SOCIAIR_OTHER_RATE", env.str("SOCIAIR_OTHER_RATE", ""))

# What happens to the valid numbers in a request with invalid ones: only the account's owner
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
QUIET_SATURDAYS: bool = env.bool("QUIET_SATURDAYS", True)
OVERDUE_HOURS: float = env.float("OVERDUE_HOURS", 2)
INLINE_RECIPIENTS = 5000  # larger campaigns are prepared by the worker
COUNTED_AT_ONCE = 20_000  # more people than that are counted by the worker
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
