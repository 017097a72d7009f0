"""Placeholders in a message: `{name}`, `{fee_due|nothing}`, `{date_bs}`, and `{{` for a brace.

A user's text is read here, once, and never by a template engine: whatever it says, all that it can
do is to stand in a message.
"""

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from contacts.fields import key_of
from messaging.text.validity import InvalidText, check_length, check_signs, check_text, tidy
from sociair_portal.common.sentences import noted, noted_count, together

NAME: Final = "name"
NUMBER: Final = "number"
DATE: Final = "date"
DATE_BS: Final = "date_bs"  # the same day in Bikram Sambat
# Other spellings of them, the one that is offered first. A field or a column of such a name is
# meant instead.
ALIASES: Final[Mapping[str, str]] = {
    "नाम": NAME,
    "नम्बर": NUMBER,
    "मोबाइल": NUMBER,
    "मिति": DATE,
    "मिति_वि_सं": DATE_BS,
    "मिति_बि_सं": DATE_BS,
}
# What follows the key of a field of days for the same day in Bikram Sambat; in Nepali the second.
IN_BS: Final = ("_bs", "_वि_सं")

_TOKEN: Final = re.compile(r"\{\{|\}\}|\{([^{}\n]*)\}|[{}]")
_LONGEST_NAMED: Final = 40  # characters of someone's placeholder that a sentence repeats
_MOST_NAMED: Final = 12


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a value; without a `default` whoever has no value gets no message."""

    key: str
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Wording:
    """A text in pieces, from which services/audience/letters.py writes each letter."""

    pieces: tuple[str | Slot, ...]

    @property
    def keys(self) -> list[str]:
        """The placeholders in order, each once."""
        return list(dict.fromkeys(piece.key for piece in self.pieces if isinstance(piece, Slot)))

    @property
    def fixed(self) -> str:
        """The words that everyone gets, without the values."""
        return "".join(piece for piece in self.pieces if isinstance(piece, str))

    @property
    def is_personal(self) -> bool:
        """Whether two recipients may get different texts."""
        return any(isinstance(piece, Slot) for piece in self.pieces)

    def filled(self, values: Mapping[str, str]) -> "Wording":
        """The wording with the values that are the same for everyone in their places."""
        pieces: list[str | Slot] = []
        for piece in self.pieces:
            is_known = isinstance(piece, Slot) and piece.key in values
            one = values[piece.key] if isinstance(piece, Slot) and is_known else piece
            if isinstance(one, str) and pieces and isinstance(pieces[-1], str):
                pieces[-1] += one
            else:
                pieces.append(one)
        return Wording(tuple(pieces))


def parse(text: str) -> Wording:
    """The pieces of a text. Raises `InvalidText` for braces that do not fit together."""
    pieces: list[str | Slot] = []
    literal, end = [], 0
    for token in _TOKEN.finditer(text):
        literal.append(text[end : token.start()])
        end = token.end()
        if token[0] in ("{{", "}}"):
            literal.append(token[0][0])
        elif token[1] is None:
            raise InvalidText(_unbalanced(text, token.start()))
        else:
            pieces += ["".join(literal), _slot(token[1])]
            literal = []
    literal.append(text[end:])
    return Wording(tuple(piece for piece in (*pieces, "".join(literal)) if piece != ""))


def _slot(inside: str) -> Slot:
    name, has_default, default = inside.partition("|")
    key = key_of(name)
    if not key:
        raise InvalidText(
            noted(
                "There is no field between “{” and “}”. Type a field, such as {name}. To show "
                "a brace, type {{."
            )
        )
    return Slot(key, default.strip() if has_default else None)


def _unbalanced(text: str, place: int) -> str:
    if text[place] == "{":
        return noted(
            "The “{” at character %(place)d is never closed. Type a field as {name}. To show "
            "a brace, type {{.",
            place=place + 1,
        )
    return noted(
        "The “}” at character %(place)d has no “{” before it. Type a field as {name}. To "
        "show a brace, type }}.",
        place=place + 1,
    )


# How other programs write a field: {{name}}, ((name)), [name], <name>, «name», %name%, $name.
_STRANGE: Final = re.compile(
    r"\{\{([^{}\n]{1,80})\}\}|\(\(([^()\n]{1,80})\)\)|\[{1,2}([^\[\]\n]{1,80})\]{1,2}"
    r"|<{1,2}([^<>\n]{1,80})>{1,2}|«([^«»\n]{1,80})»|%([^%\s]{1,80})%|\$\{?(\w{1,80})\}?"
)


def strange(text: str, known: Collection[str]) -> dict[str, str]:
    """Known fields that are written as in other programs, and how they are written here."""
    found = {}
    for token in _STRANGE.finditer(text):
        inside = next(filter(None, token.groups()))
        if (key := key_of(inside)) in known:
            found[token[0]] = f"{{{key}}}"
    return found


def as_ours(text: str, known: Collection[str]) -> str:
    """A text with the fields of other programs written as they are here."""
    ours = strange(text, known)
    return _STRANGE.sub(lambda token: ours.get(token[0], token[0]), text)


def outline(text: str) -> str:
    """A text with … in the place of each value, for a title."""
    try:
        pieces = parse(text).pieces
    except InvalidText:
        return text
    return "".join(piece if isinstance(piece, str) else "…" for piece in pieces)


def literal(text: str) -> str:
    """A wording that gives every recipient just this text: braces are doubled."""
    return text.replace("{", "{{").replace("}", "}}")


def meaning(key: str, own: Collection[str]) -> str:
    """What a placeholder means, by its key, where fields or columns have keys of their `own`."""
    return key if key in own else ALIASES.get(key, key)


def field_in_bs(key: str, own: Collection[str]) -> str:
    """The field whose day a placeholder gives in Bikram Sambat; empty for none."""
    if key in own:
        return ""
    fields = (key.removesuffix(ending) for ending in IN_BS if key.endswith(ending))
    return next((field for field in fields if field in own), "")


def pairs_of_days(keys: Collection[str], own: Collection[str]) -> list[tuple[str, str]]:
    """Placeholders of the sending day beside a field or a column that is called like one: with a
    column `date`, `{date_bs}` is not the same day in Bikram Sambat. In pairs with that column.
    """
    days = (DATE, DATE_BS)
    ours = [key for key in keys if (one := meaning(key, own)) in days and one not in own]
    theirs = [key for key in own if ALIASES.get(key, key) in days]
    return [(key, other) for key in ours for other in theirs]


def with_default(text: str, key: str, default: str) -> str:
    """A text whose placeholders of one field have a default where they had none."""

    def changed(token: re.Match[str]) -> str:
        inside = token[1]
        if inside is None or "|" in inside or key_of(inside) != key:
            return token[0]
        return f"{{{inside}|{default}}}"

    return _TOKEN.sub(changed, text)


def read_wording(raw: str, known: Collection[str]) -> tuple[str, Wording]:
    """A tidied text that can be sent, and its pieces.

    Raises `InvalidText` for what `check_text` refuses, for braces that do not fit together, and for
    placeholders that are not among the `known` fields.
    """
    text, wording = _read(raw)
    if unknown := [key for key in wording.keys if key not in known]:
        raise InvalidText(_unknown(unknown, known))
    return text, wording


def check_wording(raw: str) -> str:
    """A tidied text that can be sent once its placeholders are known. Raises `InvalidText`."""
    return _read(raw)[0]


def _read(raw: str) -> tuple[str, Wording]:
    text = tidy(raw)
    check_signs(text)
    wording = parse(text)
    if not wording.is_personal:
        check_text(wording.fixed.strip())
    elif wording.fixed.strip():
        check_length(wording.fixed.strip())
    return text, wording


def _unknown(keys: Collection[str], known: Collection[str]) -> str:
    """What is said of unknown fields: a sentence for each that is nearly a known one, and one for
    the others.
    """
    said: list[str] = []
    others = []
    for key in list(keys)[:_MOST_NAMED]:
        named = key[:_LONGEST_NAMED]
        if field := field_in_bs(key, known):
            said.append(
                noted(
                    "There is no field {%(key)s}. {%(field)s} is sent as it is written.",
                    key=named,
                    field=field[:_LONGEST_NAMED],
                )
            )
        elif close := difflib.get_close_matches(key, known, n=1):
            said.append(
                noted(
                    "There is no field {%(key)s}. Did you mean {%(close)s}?",
                    key=named,
                    close=close[0],
                )
            )
        else:
            others.append(named)
    if others:
        fields = [one for one in known if one not in ALIASES][:_MOST_NAMED]
        said.append(
            noted_count(
                "There is no field %(keys)s. You can use %(fields)s.",
                "There are no fields %(keys)s. You can use %(fields)s.",
                len(others),
                keys=_in_braces(others),
                fields=_in_braces(fields),
            )
        )
    return together(*said)


def _in_braces(keys: Iterable[str]) -> str:
    return ", ".join(f"{{{key}}}" for key in keys)
