"""How names sound, roughly: by that a name is found in whichever script it was written.

`Sita` and `सीता` have one sound, and so have `Bishnu`, `Vishnu` and `विष्णु`. Left out is what people
spell in more than one way: the vowel a, which Nepali mostly does not write, breath after a
consonant, how long a vowel is, doubled letters. So different names may have one sound: it serves
to find people, never to decide that two of them are the same.
"""

import re
from collections.abc import Sequence
from typing import Final

# What Nepali letters become is in capitals at first, as the rules for Latin letters are not theirs.
_LETTERS: Final = {
    **dict.fromkeys("कख", "K"),
    **dict.fromkeys("गघ", "G"),
    **dict.fromkeys("चछ", "C"),
    **dict.fromkeys("जझ", "J"),
    **dict.fromkeys("टठतथ", "T"),
    **dict.fromkeys("डढदध", "D"),
    **dict.fromkeys("पफ", "P"),
    **dict.fromkeys("बभव", "B"),
    **dict.fromkeys("शषस", "S"),
    **dict.fromkeys("ञणन", "N"),
    **dict.fromkeys("लळ", "L"),
    "ङ": "NG",
    "म": "M",
    "य": "I",
    "र": "R",
    "ह": "H",
}
_VOWELS: Final = {
    **dict.fromkeys("अआा\u094d", ""),  # U+094D says that a consonant has no vowel
    **dict.fromkeys("इईिीऐै", "I"),
    **dict.fromkeys("उऊुूऔौ", "U"),
    **dict.fromkeys("ऋॠृ", "RI"),
    **dict.fromkeys("एेऍॅ", "E"),
    **dict.fromkeys("ओोऑॉ", "O"),
}
_SIGNS: Final = {
    **dict.fromkeys("\u200c\u200dः़ऽ", ""),
    **dict.fromkeys("ंँ", "N"),
    **dict(zip("०१२३४५६७८९", "0123456789", strict=True)),
}
_NEPALI: Final = str.maketrans({**_LETTERS, **_VOWELS, **_SIGNS})
# What is more than its letters one after another, as it is seen before they are read.
_TOGETHER: Final = (
    ("ज्ञ", "GI"),
    ("ंह", "NG"),
    *((f"ङ्{letter}", f"N{_LETTERS[letter]}") for letter in "कखगघ"),
    *((f"ं{letter}", f"M{_LETTERS[letter]}") for letter in "पफबभम"),
    *((f"ँ{end}", end) for end in " \n"),
)
# In this order. `\1` stands for ch while the letter c is read as k.
_LATIN: Final = (
    *(("chh", "\1"), ("ch", "\1"), ("c", "k"), ("\1", "c")),
    *((f"{letter}h", letter) for letter in "kgjtdbps"),
    *(("ksy", "ks"), ("x", "ks"), ("qu", "k"), ("q", "k"), ("z", "j")),
    *(("w", "b"), ("v", "b"), ("f", "p")),
    *((f"ey{end}", f"e{end}") for end in " \n"),
    *(("ee", "i"), ("oo", "u"), ("ou", "u"), ("y", "i"), ("a", "")),
)
# K.C. is a family name that is written as letters.
_INITIALS: Final = re.compile(r"(?<=\s)(?:k\.?\s?c|के\.?\s?सी)\.?(?=\s)")
_BETWEEN_WORDS: Final = re.compile(r"[^\w\u0900-\u097f\n]+")
_TWICE: Final = re.compile(r"([a-z])\1+")


def sound(name: str) -> str:
    """The sounds of a name's words, each between spaces; empty where nothing is left to hear."""
    return sounds([name])[0]


def sounds(names: Sequence[str]) -> list[str]:
    """The same for many names of one line each, as one text."""
    if not names:
        return []
    text = " " + " \n ".join(names).casefold() + " "
    text = _BETWEEN_WORDS.sub(" ", _INITIALS.sub("kesi", text))
    if not text.isascii():
        for written, heard in _TOGETHER:
            text = text.replace(written, heard)
        text = text.translate(_NEPALI)
    for written, heard in _LATIN:
        text = text.replace(written, heard)
    text = _TWICE.sub(r"\1", text.lower().replace("eu", "iu"))
    return [_spaced(line) for line in text.split("\n")]


def _spaced(line: str) -> str:
    words = line.split()
    return f" {' '.join(words)} " if words else ""
