"""What a text is: its length on the air, its characters, its placeholders."""

from messaging.text.length import measure

__all__ = ["measure"]
