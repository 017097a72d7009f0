"""What a browser's console objects to: scripts that fail, what the CSP forbids."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import ConsoleMessage, Page


@contextmanager
def no_complaints(page: Page, *, but: str = "") -> Iterator[list[str]]:
    """Everything that is said while this lasts, which must be nothing in the end. Messages with
    `but` in them are meant to be there.
    """
    heard: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not (but and but in message.text):
            heard.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: heard.append(str(error)))
    yield heard
    assert heard == []
