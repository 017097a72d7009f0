"""Names that were typed for a font like Preeti, which draws Nepali letters in place of Latin ones.

Without the font everyone sees `;Ltf /fO{`, and a message would say so, where सीता राई is meant.
"""

import re
import unicodedata
from collections.abc import Sequence
from enum import IntEnum, StrEnum
from functools import lru_cache
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
÷ / æ “ Æ ” … ‘ Ú ’ Ù ; ± +
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
_WORD: Final = re.compile(f"(?:{_SYLLABLE}|[०-९ॐ \\-(),.।/?“”‘’;+])+")
_HALF_AT_END: Final = re.compile(rf"्(?!{_CONSONANT}|\u200d{_CONSONANT})")
# What is joined to a letter in Nepali; an r is joined to all.
_PAIRS: Final = """
    क=कखटतनमयलवशषस ख=यन ग=गघदधनमयलव घ=नय ङ=कखगघम च=चछय छ=य ज=जझञयवब ञ=चछजझ ट=टठयक ठ=य ड=डढयग
    ढ=य ण=टठडढणयवम त=तथनपमयवसक थ=यव द=गघदधनबभमयव ध=नयव न=नतथदधमयवसहचछजझटठडढकखग प=पतनयलसटक
    फ=फयतनट ब=बजदधयलन भ=य म=नपबभमयलहखचकट य=य ल=कखगटडदपफबमयलवहचछजतथनस व=य श=कचनमयलवतट
    ष=कटठणपमयवफ स=कखटतथनपफमयलवसच ह=नमयलवण
    """
_JOINED_TO: Final = dict(pair.split("=") for pair in _PAIRS.split())
_JOINED_PAIR: Final = re.compile(f"({_CONSONANT})्\u200d?(?=({_CONSONANT}))")
_NO_NEPALI: Final = re.compile(
    f"(?:{_CONSONANT}(?:्\u200d?{_CONSONANT})*(?![{_VOWEL_SIGNS}{_MARKS}्])){{4}}"  # no vowels
    f"|(?<={_CONSONANT})[अ-औ]"  # a vowel of its own that follows none
)
# Signs that are letters there. Where one stands beside a letter nobody has typed a Latin name; a
# slash or a semicolon says so only where it divides no Latin words, and in a Nepali one.
_SIGNS: Final = "[]{}\\|;/"
_STRANGE: Final = re.compile(r"[A-Za-z][\[\]{}\\|]|[\[\]{}\\|][A-Za-z]")
_STRANGE_IN_A_WORD: Final = re.compile(
    r"^[/;]['\"]?[A-Za-z]|[f'\"][;/]|;[f'\"]|[A-Za-z]['\"][A-Za-z]+/$"
)
_ADDRESS: Final = re.compile(r"[A-Za-z0-9]@[A-Za-z]|://|^www\.")
# Latin words with capitals and vowels, and initials. An f is what a long a is typed with, so that
# nearly every Nepali name has one, while hardly a Latin spelling of one does.
_CAPITALISED: Final = re.compile(r"(?=.*[aeiouAEIOU])(?:[A-Z][a-eg-z]*\.?)+")
_INITIALS: Final = re.compile(r"(?:[A-Z]\.?){1,3}|(?:[A-Z][a-eg-z]?\.)+")
_PERHAPS_LATIN: Final = re.compile(
    r"(?=.*[aeiouAEIOU])[A-Z]?[a-z]+(?:'[st])?|[A-Z]+|[A-Za-z]{1,3}"
    r"|[0-9]+(?:st|nd|rd|th|kg|[ap]m|[a-eg-z])?"
)
_NO_LATIN: Final = re.compile(r"[bcdghjkmpqtvxz]f|f[bcdghjkmnpqvxz]|[bl]j")
_LATIN_NAME: Final = re.compile(r"(?=.*[aeiou])[A-Z][a-eg-z]{2,}")
_DIVIDED: Final = re.compile(r"(?<=.)[;/|\\](?=.)|[.,:()-]+")
_DIVIDED_BY_ALL: Final = re.compile(r"[;/|\\.,:(){}\[\]-]+")
_IN_BRACKETS: Final = re.compile(r"[^\[\](){}]*(?:\[\w+\]|\{\w+\}|\(\w+\))")
_LATIN_VOWEL: Final = re.compile("[aeiouAEIOU]")
_NO_HEADING: Final = re.compile(r"[a-z][A-Z]|[0-9][A-Za-z]|^[^aeiouAEIOU]+$")
_LATIN: Final = re.compile(r"[A-Za-z]")
_DIGIT_SIGNS: Final = re.compile(r"(?=.*[!@#$%^&*])[!@#$%^&*().,/÷-]+")
_SPACES: Final = re.compile(r"(\s+)")
_LONGEST_WORD: Final = 200
_SHORTEST_PROOF: Final = 3


class Reading(IntEnum):
    """What a word, or all of a cell, can be."""

    STAYS = 0
    EITHER = 1
    TYPED = 2


def to_unicode(text: str, font: Font, *, either: bool = True) -> str:
    """The letters that a font shows for a text. Latin words stay, as people write Sita Thapa into
    such a list, and so does what makes no Nepali word. `either` is whether that is changed which
    could be Latin as well.
    """
    reading, shown = _read(text, font)
    return shown if reading is Reading.TYPED or (either and reading is Reading.EITHER) else text


def heading_in_unicode(text: str, font: Font) -> str:
    """As `to_unicode`, of a heading above such cells, which may well be an English word."""
    is_typed = any(map(_is_proof, text.split())) or _NO_HEADING.search(text)
    return to_unicode(text, font, either=False) if is_typed else text


def reading_of(text: str) -> Reading:
    """What a cell of a column can be in which others were typed for such a font."""
    return max(_read(text, font)[0] for font in Font)


def is_shown_otherwise(text: str) -> bool:
    """Whether the fonts show different letters for a text."""
    return len({to_unicode(text, font) for font in Font}) > 1


def looks_typed(text: str) -> bool:
    """Whether a text was surely typed for such a font: it has signs that no Latin name has, and all
    of its words are Nepali.
    """
    return any(map(_is_proof, words := text.split())) and all(map(_can_be_nepali, words))


def _can_be_nepali(word: str) -> bool:
    if not _LATIN.search(word):
        return True
    return any(_read_word(word, font)[0] is not Reading.STAYS for font in Font)


def _is_proof(word: str) -> bool:
    if len(word) < _SHORTEST_PROOF:
        return False
    if not (_STRANGE.search(word) or _STRANGE_IN_A_WORD.search(word)):
        return False
    return any(_read_word(word, font)[0] is Reading.TYPED for font in Font)


def count_typed(cells: Sequence[str]) -> int:
    """How many of many cells `looks_typed` is true of."""
    together = "".join(cells)
    if not any(sign in together for sign in _SIGNS):
        return 0
    return sum(map(looks_typed, cells))


def _read(text: str, font: Font) -> tuple[Reading, str]:
    """What a text is, and what the font shows for it."""
    words = _SPACES.split(text)
    read = [_read_word(word, font) for word in words[::2]]
    known = [reading for reading, _shown in read]
    reading = max(known)
    if reading is Reading.EITHER and Reading.STAYS in known:  # Latin words beside it
        reading = Reading.STAYS
    words[::2] = [shown for _reading, shown in read]
    return reading, "".join(words)


@lru_cache(maxsize=20_000)
def _read_word(word: str, font: Font) -> tuple[Reading, str]:
    if len(word) > _LONGEST_WORD or _ADDRESS.search(word):
        return Reading.STAYS, word
    shown = _shown(word, font)
    if font is Font.PREETI and _DIGIT_SIGNS.fullmatch(word):
        return Reading.EITHER, shown
    is_half = _HALF_AT_END.search(shown, 0, len(shown) - word.endswith("\\"))
    if not _LATIN.search(word) or not _WORD.fullmatch(shown) or is_half:
        return Reading.STAYS, word
    can_be_latin = _can_be_latin(word)
    if _STRANGE.search(word) and not can_be_latin:
        return Reading.TYPED, shown
    if _CAPITALISED.fullmatch(word) or _INITIALS.fullmatch(word) or not _is_nepali(word, shown):
        return Reading.STAYS, word
    return Reading.EITHER if can_be_latin else Reading.TYPED, shown


def _can_be_latin(word: str) -> bool:
    """Whether a word, or its parts between signs, may be Latin."""
    inner = word
    if _LATIN_VOWEL.search(word) and not _IN_BRACKETS.fullmatch(word):
        inner = word.rstrip("]|;/").lstrip("/")
    divided = _DIVIDED_BY_ALL if _IN_BRACKETS.fullmatch(inner) else _DIVIDED
    parts = list(filter(None, divided.split(inner)))
    if all(map(_LATIN_NAME.fullmatch, _DIVIDED_BY_ALL.split(inner))):
        return True
    return all(_PERHAPS_LATIN.fullmatch(part) and not _NO_LATIN.search(part) for part in parts)


def _is_nepali(word: str, shown: str) -> bool:
    """Whether letters follow each other as in Nepali. An l, a short i, is typed before another."""
    pairs = (pair.groups() for pair in _JOINED_PAIR.finditer(shown))
    return (
        not word.endswith("l")
        and not (_LATIN_VOWEL.search(word) and _NO_NEPALI.search(shown))
        and all("र" in pair or pair[1] in _JOINED_TO.get(pair[0], "") for pair in pairs)
    )


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
