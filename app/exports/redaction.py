"""Masking what identifies people in transcripts: numbers, e-mails, dates, cards.

DataFog's patterns find them (a library made for it, without a model to load); a few more stand
here for ways of writing that it leaves out. Dates are masked whatever they are dates of: which of
them is a date of birth nobody can tell by their form. Words for numbers ("four one five") stay.
"""

import re
from functools import cache
from typing import Any

WORDS = {
    "EMAIL": "[e-mail]", "PHONE": "[phone number]", "SSN": "[social security number]",
    "CREDIT_CARD": "[card number]", "DOB": "[date]",
}  # fmt: skip
ORDER = ("CREDIT_CARD", "SSN", "EMAIL", "DOB", "PHONE")
"""Where two overlap, the one named first."""
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_ALSO = {
    "CREDIT_CARD": re.compile(r"(?<!\d)(?:\d[ -]?){13,18}\d(?!\d)"),
    "SSN": re.compile(r"(?<!\d)\d{3}[ .]\d{2}[ .]\d{4}(?!\d)"),
    "PHONE": re.compile(
        r"(?<![\d$€£.,])(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,4}\)[ .-]?|\d{2,4}[ .-]){1,3}\d{3,4}(?!\d)"
        r"|(?<![\d$€£.,])\+?\d{7,15}(?!\d)|(?<!\d)\d(?:[ -]\d){6,14}(?!\d)"
    ),
    "DOB": re.compile(
        rf"\b(?:\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}|{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?)"
        r",?(?: (?:of )?(?:19|20)\d\d)\b"
        r"|(?<!\d)\d{1,2}[./]\d{1,2}[./](?:19|20)?\d\d(?!\d)",
        re.IGNORECASE,
    ),
}
_DIGIT_OR_AT = re.compile(r"\d|@")
Span = tuple[int, int, str]


@cache
def _finder() -> Any:
    from datafog.processing.text_processing.regex_annotator import RegexAnnotator

    return RegexAnnotator(enabled_labels=list(WORDS))


def _spans(text: str) -> list[Span]:
    found: list[Span] = [
        (span.start, span.end, span.label)
        for span in _finder().annotate_with_spans(text)[1].spans
        if span.label in WORDS
    ]
    for label, pattern in _ALSO.items():
        found += [(match.start(), match.end(), label) for match in pattern.finditer(text)]
    return found


def masked(text: str) -> str:
    """The text with a word in brackets in place of what identifies somebody."""
    if not _DIGIT_OR_AT.search(text):
        return text
    kept: list[Span] = []
    for span in sorted(_spans(text), key=lambda s: (ORDER.index(s[2]), s[0] - s[1])):
        if all(span[1] <= other[0] or span[0] >= other[1] for other in kept):
            kept.append(span)
    out, last = [], 0
    for start, end, label in sorted(kept):
        out += [text[last:start], WORDS[label]]
        last = end
    return "".join([*out, text[last:]])
