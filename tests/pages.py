"""What a page says."""

import re
from html import unescape
from typing import Any


def source(response: Any) -> str:
    return str(response.content.decode())


def words(response: Any) -> str:
    """Its words as a person reads them, without tags."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", source(response))).split())
