"""The sandbox's demo account. Everybody knows its password, so it works nowhere else."""

from typing import Final

DEMO_USER: Final = "demo"
DEMO_PASSWORD: Final = "sandbox-demo"
