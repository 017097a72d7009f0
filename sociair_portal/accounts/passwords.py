"""Passwords that are easy to guess here, though no list of passwords has them."""

import re
from typing import Final

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

_OWN_WORDS: Final = re.compile(r"sociair|portal|smartcell|ncell|sms|nepal|password", re.IGNORECASE)
_LEAST: Final = 8  # other characters


class OwnWordsValidator:
    """What is left without the words of our trade must still be a password."""

    def validate(self, password: str, user: User | None = None) -> None:
        if _OWN_WORDS.search(password) and len(_OWN_WORDS.sub("", password)) < _LEAST:
            raise ValidationError(self.get_help_text(), code="own_words")

    def get_help_text(self) -> str:
        return _("Do not base your password on words such as Sociair, portal, SMS or Nepal.")
