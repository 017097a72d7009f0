"""Where settings are read from (the environment, `.env`), and where the portal keeps its files."""

from pathlib import Path

from sociair_portal.environment import Environment

BASE_DIR = Path(__file__).resolve().parents[2]

env = Environment()
env.read_env(env.path("ENV_FILE", default=str(BASE_DIR / ".env"))())

VAR_DIR = BASE_DIR / (env.str("VAR_DIR", "") or "var")

HTTPS: bool = env.bool("HTTPS", True)
