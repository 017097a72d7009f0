"""Whom the sandbox's demo has, in English and in Nepali: made up, and the same in both."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class AddressBook:
    """An office's people. Of the groups, the first has the family, the second someone who has
    opted out, the third someone whose operator has no rate.
    """

    given: tuple[str, ...]
    surnames: tuple[tuple[str, str], ...]  # for a given name in Latin letters, and in Devanagari
    groups: Mapping[str, int]
    family: tuple[str, ...]
    without_a_rate: str
    bad_days: str
    bad_day: str  # the name of one of them: what the sandbox does is English on its own page too
    why_opted_out: str
    templates: Mapping[str, str]


_SURNAMES: Final = (
    ("Adhikari", "अधिकारी"),
    ("Bhattarai", "भट्टराई"),
    ("Chaudhary", "चौधरी"),
    ("Gurung", "गुरुङ"),
    ("Karki", "कार्की"),
    ("Lama", "लामा"),
    ("Magar", "मगर"),
    ("Rai", "राई"),
    ("Shrestha", "श्रेष्ठ"),
    ("Tamang", "तामाङ"),
    ("Thapa", "थापा"),
)

_ENGLISH: Final = AddressBook(
    # As their owners write them.
    given=(
        *("Aarati", "Bikash", "सीता", "Chandra", "Deepa", "रमेश", "Gita", "Hari", "Ishwor"),
        *("कमला", "Kiran", "Laxmi", "Manoj", "नवीन", "Nirmala", "Om", "Prakash", "सुनिता"),
        *("Rabina", "Sagar", "Tara", "उर्मिला", "Yogesh"),
    ),
    surnames=_SURNAMES,
    groups={"Class 8": 36, "Class 9": 41, "Teachers": 17, "Hostel guardians": 23},
    family=("Anita Bista", "चमेली बिष्ट"),
    without_a_rate="Utsav Malla",
    bad_days="Bad days",
    bad_day="Sociair {does}",
    why_opted_out="Asked by phone to get no messages.",
    templates={
        "Fee reminder": "Dear {name}, this month's fee is due. Please pay it by Friday.",
        "Holiday": "School is closed tomorrow. Classes start again the day after.",
        "बिदा": "भोलि विद्यालय बिदा छ।",
    },
)

_NEPALI: Final = AddressBook(
    given=(
        *("आरती", "विकास", "सीता", "चन्द्र", "दीपा", "रमेश", "गीता", "हरि", "ईश्वर"),
        *("कमला", "किरण", "लक्ष्मी", "मनोज", "नवीन", "निर्मला", "ओम", "प्रकाश", "सुनिता"),
        *("रविना", "सागर", "तारा", "उर्मिला", "योगेश"),
    ),
    surnames=_SURNAMES,
    groups={"कक्षा ८": 36, "कक्षा ९": 41, "शिक्षक": 17, "छात्रावासका अभिभावक": 23},
    family=("अनिता बिष्ट", "चमेली बिष्ट"),
    without_a_rate="उत्सव मल्ल",
    bad_days="गडबडीका दिन",
    bad_day="सोसिएर: {does}",
    why_opted_out="फोन गरेर सन्देश नपठाउन भन्नुभयो।",
    templates={
        "शुल्कको सम्झना": "आदरणीय {name}, यस महिनाको शुल्क तिर्ने बेला भयो। शुक्रबारभित्र तिर्नुहोला।",
        "बिदा": "भोलि विद्यालय बिदा छ। पर्सिदेखि पढाइ फेरि सुरु हुन्छ।",
        "Holiday": "School is closed tomorrow.",
    },
)

ADDRESS_BOOKS: Final = {"en": _ENGLISH, "ne": _NEPALI}  # by the language of the office
