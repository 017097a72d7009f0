"""What a page says."""

import re
from html import unescape
from typing import Any


def source(response: Any) -> str:
    return str(response.content.decode())


def words(response: Any) -> str:
    """Its words as a person reads them, without tags."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", source(response))).split())


def searched(browser: Any, url: str, **typed: str) -> str:
    """The address of a search: it has a key in the place of what was typed."""
    return str(browser.post(f"{url}?searching", typed).url)
