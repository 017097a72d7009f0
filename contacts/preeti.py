"""Names that were typed for a font like Preeti, which draws Nepali letters in place of Latin ones.

Without the font everybody sees `;Ltf /fO{`, and a message would say so, where सीता राई is meant.
"""

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from typing import Final


class Font(StrEnum):
    """By whose keyboard a text was typed. Kantipur and Sagarmatha have Preeti's, PCS Nepali has
    Himali's.
    """

    PREETI = "preeti"
    HIMALI = "himali"


# Keys and what they draw, row by row: of the keyboard, with Shift, of several strokes (an m is the
# right half of a letter), beyond the keyboard.
_KEYS: Final = r"""
` ञ 1 ज्ञ 2 द्द 3 घ 4 द्ध 5 छ 6 ट 7 ठ 8 ड 9 ढ 0 ण् - ( = .
q त्र w ध e भ r च t त y थ u ग i ष् o य p उ [ ृ ] े \ ्
a ब s क d म f ा g न h ज j व k प l ि ; स ' ु
z श x ह c अ v ख b द n ल . । / र
~ ञ् ! १ @ २ # ३ $ ४ % ५ ^ ६ & ७ * ८ ( ९ ) ० _ ) + ं
Q त्त W ध् E भ् R च् T त् Y थ् U ग् I क्ष् O इ P ए } ै | ्र
A ब् S क् D म् F ँ G न् H ज् J व् K प् L ी : स् " ू
Z श् X ह् C ऋ V ख् B द्य N ल् M ः < ? > श्र ? रु
cf आ cf] ओ cf} औ O{ ई P] ऐ pm ऊ em झ Em झ् km फ Km फ् qm क्र Qm क्त ?" रू
¡ ज्ञ् ¢ द्घ £ घ् ¤ झ् § ट्ट © र ª ङ « ्र ° ङ्ढ ´ झ ¶ ठ्ठ ¿ रू Å हृ Ë ङ्ग Ì न्न Í ङ्क Î ङ्ख Ý ट्ठ
ß द्म å द्व ç ॐ ˆ फ् ‰ झ् ‹ ङ्घ Œ त्त् • ड्ड › द्र Ø ्य „ ध्र
"""
_PREETI: Final = dict(zip(_KEYS.split()[::2], _KEYS.split()[1::2], strict=True))
_DIGITS: Final = dict(zip("1234567890", "!@#$%^&*()", strict=True))
# Himali's digits are on the keys of the digits, and what Preeti has there is with Shift.
_HIMALI: Final = {
    **_PREETI,
    **{plain: _PREETI[shifted] for plain, shifted in _DIGITS.items()},
    **{shifted: _PREETI[plain] for plain, shifted in _DIGITS.items()},
    "~": "ञ",
    "`": "ञ्",
    "F": "ा",
    "X": "हृ",
}
_LETTERS: Final = {Font.PREETI: _PREETI, Font.HIMALI: _HIMALI}
# Those of several strokes first.
_TYPED: Final = re.compile("|".join(map(re.escape, sorted(_PREETI, key=len, reverse=True))))

_CONSONANT: Final = "[क-ह]"
_CLUSTER: Final = f"{_CONSONANT}(?:्\u200d?{_CONSONANT}){{0,5}}"  # none is longer
_VOWEL_SIGNS: Final = "ािीुूृेैोौ"
_MARKS: Final = "ँंः"
# The sign of a short i is drawn, and so typed, before the letters that it is spoken after; unless
# they have a vowel of their own: then it belongs to what stands before.
_SHORT_I: Final = re.compile(f"ि({_CLUSTER})(?![ाीुूृेैोौ])")
# An r that is spoken before a letter is drawn above it, and so typed after it and its vowel.
_R_ABOVE: Final = re.compile(f"({_CLUSTER}[{_VOWEL_SIGNS}]*[{_MARKS}]?)\\{{")
_MARK_FIRST: Final = re.compile(f"([{_MARKS}])([{_VOWEL_SIGNS}]+)")
_JOINED: Final = {"ाे": "ो", "ाै": "ौ", "ेा": "ो", "ैा": "ौ"}

_SYLLABLE: Final = f"(?:{_CLUSTER}(?:[{_VOWEL_SIGNS}]|्(?!{_CONSONANT}))?|[अ-औ])[{_MARKS}]?"
_WORDS: Final = re.compile(f"(?:{_SYLLABLE}|[०-९ॐ \\-(),.।/?])+")
# Signs that are letters there. Where one stands beside a letter, or a slash at the end of a word or
# before it, nobody has typed a Latin name.
_SIGNS: Final = "[]{}\\|;/"
_STRANGE: Final = re.compile(
    r"[A-Za-z][\[\]{}\\|;]|[\[\]{}\\|;][A-Za-z]|(?<!\S)/[a-z]|[a-z]/(?!\S)"
)
_HALF_AT_END: Final = re.compile(r"्(?!\S)")
# Latin words with capitals and vowels, initials, and figures. An f is what a long a is typed with,
# so that nearly every Nepali name has one, while hardly a Latin spelling of one does.
_CAPITALISED: Final = r"(?=[A-Za-z.]*[aeiouAEIOU])(?:[A-Z][a-eg-z]*\.?)+"
_INITIALS: Final = r"(?:[A-Z]\.?){1,3}|(?:[A-Z][a-eg-z]?\.)+"
_ROMAN: Final = re.compile(f"(?:(?:{_CAPITALISED}|{_INITIALS}|[0-9]+)(?: +|$))+")
_NO_HEADING: Final = re.compile(r"[a-z][A-Z]|[0-9][A-Za-z]|^[^aeiouAEIOU]+$")
_LATIN: Final = re.compile(r"[A-Za-z]")


def to_unicode(text: str, font: Font) -> str:
    """The letters that a font shows for a text; the text itself if they make no Nepali words, or if
    it is a Latin name, as people write Sita Thapa into such a list.
    """
    if not _LATIN.search(text) or _ROMAN.fullmatch(text):
        return text
    shown = _shown(text, font)
    return shown if _WORDS.fullmatch(shown) and not _HALF_AT_END.search(shown) else text


def heading_in_unicode(text: str, font: Font) -> str:
    """As `to_unicode`, of a heading above such cells, which may well be an English word."""
    is_typed = _STRANGE.search(text) or _NO_HEADING.search(text)
    return to_unicode(text, font) if is_typed else text


def looks_typed(text: str) -> bool:
    """Whether a text was surely typed for such a font: it has signs that no Latin name has, and its
    letters make Nepali words.
    """
    return _STRANGE.search(text) is not None and can_be_typed(text)


def can_be_typed(text: str) -> bool:
    """Whether a text may have been typed for such a font, if others beside it were."""
    return any(to_unicode(text, font) != text for font in Font)


def count_typed(cells: Sequence[str]) -> int:
    """How many of many cells `looks_typed` is true of."""
    together = "".join(cells)
    if not any(sign in together for sign in _SIGNS):
        return 0
    return sum(map(looks_typed, cells))


def _shown(text: str, font: Font) -> str:
    letters = _LETTERS[font]
    shown = _TYPED.sub(lambda found: letters[found[0]], text)
    shown = shown.replace("्ा", "")  # half a letter and its stroke are the whole letter
    shown = _SHORT_I.sub(r"\1ि", shown)
    shown = _R_ABOVE.sub(r"र्\1", shown)
    shown = _MARK_FIRST.sub(r"\2\1", shown)
    for apart, joined in _JOINED.items():
        shown = shown.replace(apart, joined)
    return unicodedata.normalize("NFC", shown)
