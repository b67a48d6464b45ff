"""Numbers, dates and addresses as people say them and a recogniser may write them down."""

import re

_ONES = "zero|oh|one|two|three|four|five|six|seven|eight|nine"
_TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_ORDINALS = (
    "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth"
    "|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth"
)
MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_BELOW_HUNDRED = rf"(?:(?:{_TENS})(?:[ -](?:{_ONES}))?|{_TEENS}|(?:oh[ -])?(?:{_ONES}))"
_DAY = rf"(?:\d{{1,2}}(?:st|nd|rd|th)?|(?:(?:{_TENS})[ -])?(?:{_ORDINALS})|{_BELOW_HUNDRED})"
_YEAR = (
    rf"(?:(?:19|20)\d\d|['’]\d\d|(?:nineteen|twenty)(?: hundred)?(?: and)? {_BELOW_HUNDRED}"
    rf"|two thousand(?:(?: and)? {_BELOW_HUNDRED})?)"
)
_DAY_OF_YEAR = rf"(?:{_DAY}(?: day)?(?: of)? {MONTH}|{MONTH}(?: the)? {_DAY})"

DIGITS = re.compile(rf"\b(?:(?:double |triple )?(?:{_ONES}|\d)\b[ ,.-]*){{7,}}", re.IGNORECASE)
"""Seven digits or more, one by one."""
EMAIL = re.compile(
    r"[\w.+-]+(?: (?:dot|underscore|dash|hyphen|plus) [\w+-]+)*(?: at | ?@ ?)[\w-]+"
    r"(?:(?: dot |\.)[\w-]+)* ?(?:dot |\.)(?:[a-z]{2,3}|example|info|health|clinic)\b",
    re.IGNORECASE,
)
DATE = re.compile(rf"\b{_DAY_OF_YEAR},?(?: of| in)? {_YEAR}\b", re.IGNORECASE)
"""A day with its year, one of them in words at least by its month."""
DATE_LIKE = re.compile(
    rf"\b{_DAY_OF_YEAR}(?:,? (?:of |in )?(?:{_YEAR}|(?:{_TENS})(?:[ -](?:{_ONES}))?|\d\d))?\b|(?<![\w']){_YEAR}\b|(?<![\d:])\d{{1,2}}[ /.-]\d{{1,2}}(?:[ /.-]\d{{2,4}})?(?![\d:])"
    r"|(?<!\d)\d{6}(?:\d\d)?(?!\d)",
    re.IGNORECASE,
)
"""What a date of birth may look like where one is spoken of."""
NUMBER_LIKE = re.compile(
    r"(?<![\w$€£.,:])\d(?:[ -]?\d){2,}(?![\w:%]|[.,]\d)"
    rf"|\b(?:(?:double |triple )?(?:{_TENS}|{_TEENS}|{_ONES}|hundred|\d{{1,4}})\b[ ,-]*){{3,}}",
    re.IGNORECASE,
)
"""What a number may look like where one is asked for."""
NEEDED = {
    EMAIL: re.compile(r"@|\bdot\b", re.IGNORECASE),
    DATE: re.compile(rf"\b{MONTH[:-3]}\b", re.IGNORECASE),
    DIGITS: re.compile(rf"\b(?:{_ONES}|\d)\b", re.IGNORECASE),
}
"""What a text holds at least before a pattern is worth trying."""
