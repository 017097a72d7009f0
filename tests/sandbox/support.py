"""Numbers of each operator, and what the sandbox says and bills."""

from urllib.parse import urlsplit

from sandbox.server import Sandbox

NTC, NCELL, SMARTCELL, OTHER = "9841000001", "9801000001", "9611000001", "9721000001"
SUCCESS = "Success! SMS has been sent"
SORRY = "Sorry! SMS could not be sent. Invalid mobile number"


def billed(sandbox: Sandbox) -> list[str]:
    return [entry.mobile for entry in sandbox.ledger()]


def address(sandbox: Sandbox) -> tuple[str, int]:
    parts = urlsplit(sandbox.url)
    return parts.hostname or "", parts.port or 0
