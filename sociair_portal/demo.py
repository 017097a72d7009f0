"""The sandbox's demo account. Everyone knows its password, so it works nowhere else."""

from typing import Final

DEMO_USER: Final = "demo"
DEMO_PASSWORD: Final = "sandbox-demo"
