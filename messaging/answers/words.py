"""The words of an answer: something went out, nothing did, or nobody can say.

Pure: text in, a meaning out, for English, Nepali, and Nepali in Latin letters. Errs towards "sent":
whoever takes a sending for a refusal may send it again. Every pattern is linear in the text's
length.
"""

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Meaning:
    """`sent`: a word of success that nothing denies. `refused`: words of refusal, without doubt.

    `in_part`: the refusal may be of some numbers only. `others`: it counts what failed,
    which tells of others that went out.
    """

    sent: bool
    refused: bool
    in_part: bool
    others: bool


def meaning(text: str) -> Meaning:
    """What a gateway says with this text; lines and sentences are read apart."""
    plain = _without_denials(text)
    sent = bool(_SUCCESS.search(plain) or _DUPLICATE.search(plain))
    reasons = _NO_REFUSAL.sub("~", _CONDITION.sub("", plain))
    refused = not sent and bool(_REFUSAL.search(reasons)) and not _DOUBT.search(plain)
    in_part = _PART.search(plain) or (_MARK not in plain and _A_NUMBER.search(plain))
    return Meaning(sent, refused, bool(in_part), bool(_OTHERS.search(plain)))


def tells_of_a_message(text: str) -> bool:
    """Whether a page says in one clause that a message was sent: pages also speak of requests."""
    clauses = _without_denials(_TAG.sub(" ", text)).split("|")
    return any(_MESSAGE.search(clause) and _SUCCESS.search(clause) for clause in clauses)


def _without_denials(text: str) -> str:
    """The clauses of a text, where a denied success is one mark."""
    return _DENIED.sub(_MARK, _NEUTRAL.sub("~", _clauses(text)))


_DIGITS: Final = {ord("०") + digit: str(digit) for digit in range(10)}
_UNSEEN: Final = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_LOOKS: Final[dict[int, str | None]] = {**_UNSEEN, **_DIGITS, ord("’"): "'", ord("`"): "'"}
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")  # messageSent
_NOT: Final = re.compile(r"(?<=[a-z])n't(?![a-z])")
_WITHIN_NUMBERS: Final = re.compile(r"(?<=[0-9])[.,](?=[0-9])")
_BREAK: Final = re.compile(r"[.,;:!?()\[\]{}<>|/\\\"“”«»।॥…\r\n\t–—&=]+|(?<=\s)-+(?=\s)")
_SPACE: Final = re.compile(r"(?:[^\w\u0900-\u097f|]|_)+")  # signs may cling to a word
# What follows these is said anew: "could not be delivered and queued for another try".
_JOINTS: Final = frozenset(
    {
        *("but", "and", "however", "though", "although", "yet", "while", "because", "since", "as"),
        *("so", "then", "still", "तर", "र", "किनभने", "अनि"),
    }
)
_CANNOT: Final = {
    "cant": "cannot",
    "couldnt": "could not",
    **dict.fromkeys(("isnt", "arent", "wasnt", "werent", "hasnt", "havent", "hadnt"), "not"),
    **dict.fromkeys(("didnt", "doesnt", "dont", "wont"), "not"),
}


def _clauses(text: str) -> str:
    """Words in lower case with a blank on either side, and `|` between clauses."""
    text = _HUMP.sub(" ", text.translate(_LOOKS)).casefold()
    text = _WITHIN_NUMBERS.sub("", _NOT.sub(" not", text))
    words = _SPACE.sub(" ", _BREAK.sub(" | ", text)).split()
    plain = ("|" if word in _JOINTS else _CANNOT.get(word, word) for word in words)
    return f" {' '.join(plain)} "


_MARK: Final = "\x00"  # stands in no clause
_TAG: Final = re.compile(r"<[^<>]*>")


def _word(*patterns: str) -> re.Pattern[str]:
    """Whole words, or phrases, of a clause."""
    return re.compile(rf"(?<= )(?:{'|'.join(patterns)})(?= )")


_SENT: Final = (
    r"(?:suc+e(?!s+ive|s+or)[^ ]*|(?:re|sms|msg|message)?sent|sended|deliver+e?d|del[ie]+vered"
    r"|(?:been|is|was|are|were|already) send|(?:en|re)?queued|qu?e?ued|queud|acc?epted|submit+ed"
    r"|dispatched|transmitted|processed|forwarded|relayed|scheduled|completed|broadcast(?:ed)?"
    r"|(?:in|to|into) (?:the |a )?queue|(?:went|gone) (?:out|through)|on (?:its|the) way|handed"
    r"|passed|delivrd|acceptd|enroute"
    r"|सफल[^ ]*|स्वीकृत[^ ]*|स्वीकार[^ ]*|पठा[इईए][^ ]*|[^ ]*सकियो|[^ ]*सकिएको|[^ ]*सक्यो|गयो|गएको"
    r"|पुग्यो|पुगेको|पुर्?या[इई][^ ]*|प्राप्त|लाममा|लाइनमा|प[ङं]्?क्तिमा|कतारमा|क्य[ुू][^ ]*|दर्ता"
    r"|डेलिभर[^ ]*|सम्पन्न|pathaiyo|pathaieko|pathaisak[^ ]*|safal[^ ]*)"
)
_SUCCESS: Final = _word(_SENT)
_DUPLICATE: Final = _word("duplicate (?:sms|messages?|requests?)")  # of one that went out
_MESSAGE: Final = _word("sms(?:es)?", "messages?", "mesages?", "सन्देश", "एसएमएस", "म्यासेज")

# One word, or several as one: "successfully sent or queued", but not "accepted sent".
_WELL: Final = "suc+e[^ ]*l+y"
_SENTS: Final = rf"(?: {_WELL})? {_SENT}(?: n?or {_SENT}){{0,3}}(?: {_WELL})?"
_BEING: Final = "be|been|being|is|are|was|were|has|have|get"
_THING: Final = "sms(?:es)?|messages?|texts?|numbers?|recipients?|tokens?"
# In Nepali the denial ends the clause: सफलतापूर्वक पठाउन सकिएन.
_DENIAL: Final = (
    r"(?:सकिएनन?्?|सकेनन?्?|सकिँदैन|सकिदैन|सकिन्न|भएनन?्?|छैनन?्?|थिएन|गरिएन|गरेन|हुँदैन|हुदैन|हुन्न|होइन|गएन|पाएन"
    r"|sakiena|sakena|bhae?na|bhayena|chh?aina)"
)
_TO_BE: Final = "हुन|गर्न|गरिएको|भएको|सकेको|सकिएको|गएको|राख्न|राखिएको|मा|huna|garna|bhaeko"
_TO_SEND: Final = "पठाउन|पठा[इई]एको|सन्देश|म्यासेज|एसएमएस|sms|message|send|pathauna"
_BALANCE: Final = r"(?:ब्याले(?:न्स|ंस|न्श)|मौज्दात|रकम|पैसा|क्रेडिट|balance|credits?)"
_DENIED: Final = _word(
    # "may not be sent" can be a rule or a guess.
    rf"(?<!may )(?<!might )(?:not|never|cannot)(?: (?:{_BEING}|a|able|to)){{0,4}}{_SENTS}"
    "(?! again| twice)",
    # "No SMS sent: 3" counts them, and so does "no of SMS sent".
    rf"(?:no (?:{_THING})|none of (?:the|these|your) (?:{_THING})|none (?:was|were)|nothing"
    rf"|neither)(?: (?:{_THING}|{_BEING})){{0,4}}{_SENTS}(?! (?:\| )?[1-9])",
    # "0 Message accepted" may begin with a code: only a plural is a count.
    rf"(?:0|zero) (?:messages|texts|numbers|recipients)(?: (?:{_BEING})){{0,3}}{_SENTS}",
    "no suc+e[^ ]*",
    rf"(?:fail(?:ed|s|ure)?|unable|refused) to(?: (?:{_BEING})){{0,3}}{_SENTS}",
    r"(?:un|non) ?(?:suc+e[^ ]*|sent|delivered|accepted|submitted|processed|queued)",
    r"पठा[इई]एनन?्?|pathaiena",
    rf"(?:म्याद|token|{_BALANCE}) (?:सकियो|सकिएको)",
    # A verb that has said it is sent ends its sentence, with or without a full stop.
    r"(?!पठा[इई]यो|[^ ]*सकियो|[^ ]*सक्यो|गयो|पुग्यो|pathaiyo)"
    rf"{_SENT}(?: (?:{_TO_BE})){{0,3}} {_DENIAL}",
    rf"(?:सफलता[^ ]*|सफल र[ूु]पमा)(?: (?:{_TO_BE}|{_TO_SEND})){{0,4}} {_DENIAL}",
)
# A caller that "has sent too many requests" is told of its requests, not of its messages.
_NEUTRAL: Final = _word("sent too (?:many|much|fast|often|quickly)")

_REFUSING: Final = (
    rf"(?:{_MARK}|fail(?:s|ed|ure|ures)?|faild|unable|invalid[^ ]*|insuf[^ ]*|unsufficient"
    r"|reject[^ ]*|denied|refused|declined|block(?:ed|s|list[^ ]*)|blacklist[^ ]*|banned|expired"
    r"|scam|spam|requires?|required|forbidden|prohibited|unauthori[sz]ed|unauthenticated|suspended"
    r"|unprocess[^ ]*|disabled|inactive|deactivated|exceed[^ ]*|missing|incorrect|unsupported"
    r"|unregistered|must"
    r"|असफल[^ ]*|विफल[^ ]*|अमान्य|अवैध|अस्वी[^ ]*|ब्लक[^ ]*|रद्द|asafal|amanya|aswikrit)"
)
_REFUSAL: Final = _word(
    _REFUSING,
    "could not|can ?not|ca not|in sufficient|no (?:balance|credits?|funds?|money)",
    "out of (?:balance|credits?|funds?)|too (?:long|short|many|large|big)",
    r"not (?:enough|sufficient|allowed|permitted|valid|found|active|activated|registered|verified"
    r"|approved|supported|available|able|authori[sz]ed|recogni[sz]ed|subscribed)",
    "may not be (?:greater|longer|more|empty)|do(?:es)? not (?:have|exist|match|support|allow)",
    r"अपर्याप्त|अप्रयाप्त|सकिएन|सकेन|सकिँदैन|सकिदैन|सकिन्न|पुगेन|पुग्दैन|नपुग[^ ]*|गएन|भएन|मिलेन|गलत|अनिवार्य",
    r"निषेध[^ ]*|प्रतिबन्ध[^ ]*|इन्कार|आवश्यक छ|हुनु ?पर्छ|म्याद समाप्त|स्क्याम|ठगी",
    rf"(?:अनुमति|पर्याप्त|मान्य|सक्रिय|{_BALANCE}) (?:छैन|होइन)",
    "pugena|sakiena|sakena|bhae?na|bhayena|aparyapta",
)
_NO_REFUSAL: Final = _word(
    rf"(?:not|never|cannot)(?: (?:{_BEING})){{0,3}} {_REFUSING}",
    rf"(?:no|none|nothing|zero|0|without)(?: [^ |]+){{0,2}} {_REFUSING}",
    rf"{_REFUSING}(?: (?:items|sms|messages|numbers|count))?(?: \|)? (?:0|none|no|nil)",
    rf"{_REFUSING}(?: (?:भएको|गरिएको))? (?:भएन|छैन|गरिएन|होइन)",
)
_CONDITION: Final = re.compile(r"(?<= )(?:if|unless|whether|when|in case) [^|]*")


# Something else failed, it may go out yet, or it went out before: no reason to send it again.
_DOUBT: Final = _word(
    "reports?|receipts?|logs?|logging|page|callbacks?|webhooks?|history|cache|status|counters?",
    "updat[^ ]*|writ[^ ]*|sav(?:e|ed|ing)|stor(?:e|ed|ing)|insert[^ ]*|deduct[^ ]*|database",
    "time ?out|timed ?out|respon[^ ]*|confirm[^ ]*|unconfirmed|determin[^ ]*|track[^ ]*",
    "acknowledg[^ ]*|delivery state|e ?mails?|notifications?|fetch[^ ]*|default",
    "unable to verify|verifying|delivery [^|]{0,20}verified",
    "will(?! not)|shall(?! not)|retrying|retried|pending|held|on hold|delay[^ ]*|deferred|waiting",
    "postponed|immediately|instantly|within [0-9]+",
    "in progress|received|buffered|(?<!error )(?<!failed )(?<!while )processing",
    "(?<!you )(?:is|are|now|still|currently) sending|sending (?:now|started)",
    "done|ok|okay|created|started|launched|initiated|(?<!not )(?<!be )charged|credits? used",
    "ignored|skipped|removed|next|another|second|recall[^ ]*|cancel[^ ]*|undone|undo|unsend",
    "maybe|perhaps|possibly|probably|might|may (?:have|be|not have)",
    "duplicate[^ ]*|repeat[^ ]*|already|previous|previously|earlier|twice|same|resend",
    "(?:sms|messages?) again|[0-9]+ used",
    # A program broke off, nobody knows where.
    "exception|undefined|argument|sqlstate|sql|curl|connect[^ ]*|broken|deadlock|fatal|unexpected",
    "pars(?:e|ing)|decod(?:e|ing)|instance|internal|servers?|something",
    "[^ ]*प्रक्रियामा|[सश]ायद|सक्छ|सक्दछ|दोहोर[^ ]*|पहिले|फेरि|अर्को|तुरुन्त|सुरु|काटि[^ ]*|खर्च|रद्द गर्न",
    "for delivery|through|reached|pushed|posted|executed|delivering|routed|placed|added",
    r"पठाउ(?:ँदै|दै|ने)[^ ]*|जाँदै[^ ]*|रिपोर्ट|लग|सेभ|अपडेट|अद्यावधिक",
)
_PEOPLE: Final = r"(?:numbers?|recipients?|contacts?|mobiles?)"
_MANY: Final = (
    "(?:some|one|two|three|four|five|many|most|several|following|these|those|certain|remaining|other"
    "|to (?:all|every|each))"
)
_FAILING: Final = rf"(?:failed|rejected|invalid|blocked|{_MARK})"
_PART: Final = _word(
    "partial[^ ]*|partly|except|the rest|others|more(?! errors?)|further|only|बाँकी",
    "remaining(?! (?:balance|credits?|amount))",
    "to (?:complete|finish|send (?:all|every[^ ]*|more|further|the (?:others|rest)))",
    "sending (?:was )?(?:stopped|aborted|halted|interrupted)|stopped after|after this",
    rf"after [0-9]+ (?:sms|messages?|{_PEOPLE})",
    rf"{_MANY} (?:of|sms|messages?|(?:mobile )?{_PEOPLE})",
    r"some (?:are|were)|[0-9]+ (?:out )?of [0-9]+|[0-9]+ मध्ये|केही|आंशिक|कुनै|[0-9]{7,13}",
    "ntc|ncell|smart ?cell|एनटीसी|एनसेल|स्मार्ट ?सेल",
    rf"(?<!balance )(?<!credit )(?<!credits )(?:to|for) [0-9]+ {_PEOPLE}",
    rf"[0-9]{{1,3}} (?:(?:sms|messages?|{_PEOPLE}) )?(?:(?:{_BEING}) ){{0,2}}{_FAILING}",
    rf"{_FAILING}(?: (?:sms|messages?|count|{_PEOPLE}))?(?: \|)? [1-9][0-9]{{0,2}}",
)
# It does not say which number is wrong, nor what happened to the others.
_A_NUMBER: Final = _word(
    rf"(?:invalid|incorrect) (?:mobile |phone )?{_PEOPLE}",
    rf"{_PEOPLE} (?:is |are )?(?:invalid|incorrect|not valid)",
    "(?:अमान्य|अवैध|गलत) नम्बर|नम्बर (?:अमान्य|अवैध|गलत)",
)
_SOME: Final = rf"(?:some|[1-9][0-9]{{0,2}})(?: of (?:the|your|these))? (?:sms|messages?|{_PEOPLE})"
_OTHERS: Final = _word(
    "partial[^ ]*|partly",
    rf"{_SOME}(?: (?:could|can|{_BEING})){{0,3}} {_FAILING}",
    rf"{_FAILING} (?:to|for) {_SOME}",
    rf"[1-9][0-9]{{0,2}} (?:out )?of [0-9]{{1,3}}(?: (?:sms|messages?|{_PEOPLE}))? {_FAILING}",
)
