"""Masking what identifies people in transcripts: numbers, e-mails, dates of birth, cards.

DataFog's patterns find them (a library made for it, without a model to load), and Google's
matcher of phone numbers; a few patterns more stand here for ways of speaking that both leave out.
Dates with a year are masked whatever they are dates of: which of them is a date of birth nobody
can tell by their form. Where a date of birth or a number is asked for, anything like one is masked
in the question and in the answer. What it says stays otherwise, names too.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

from phonenumbers import Leniency, PhoneNumberMatcher

from . import spoken_numbers as spoken

WORDS = {
    "EMAIL": "[e-mail]", "CREDIT_CARD": "[card number]", "SSN": "[social security number]",
    "DOB": "[date]", "PHONE": "[phone number]", "NUMBER": "[number]",
}  # fmt: skip
"""Where two overlap, the one named first gives its word to both."""
_FOUND_BY_DATAFOG = ("EMAIL", "PHONE", "SSN", "CREDIT_CARD", "DOB")
_REGION = "US"
"""Where numbers without a country's prefix are taken to be from."""
_ALSO = {
    "CREDIT_CARD": re.compile(r"(?<!\d)(?:\d[ -]?){13,18}\d(?!\d)"),
    "SSN": re.compile(r"(?<!\d)\d{3}[ .]\d{2}[ .]\d{4}(?!\d)"),
    "DOB": re.compile(r"(?<!\d)\d{1,2}[./]\d{1,2}[./](?:19|20)?\d\d(?!\d)"),
}
_PHONE = re.compile(
    r"(?<![\d$€£.,])(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,4}\)[ .-]?|\d{2,4}[ .-]){1,4}\d{2,4}(?!\d)"
    r"|(?<![\d$€£.,])\+?\d{7,15}(?!\d)|(?<!\d)\d(?:[ -]\d){6,14}(?!\d)"
)
_MEASURED = re.compile(
    r" ?(?:mg|mcg|ml|grams?|g|kg|units?|calories|dollars|bucks|percent|%|minutes|hours|[ap]\.?m)\b",
    re.IGNORECASE,
)
_LOCAL = (3, 4)
"""The groups of a number without its area code."""
_BIRTH = re.compile(r"\b(?:birth(?:day|date)?|born|d\.?o\.?b)\b", re.IGNORECASE)
_NUMBER = re.compile(
    r"\b(?:(?:your|my|best|callback)(?: \w+){0,2} (?:number|id|digits)|(?:your|my) (?:social|card|phone)"
    r"|social security|ssn|card number|last (?:four|4)|reach (?:you|me) (?:at|on)"
    r"|call (?:you|me)(?: back)? (?:at|on))\b",
    re.IGNORECASE,
)
_DIGIT_OR_AT = re.compile(r"\d|@")
_SPOKEN = (("NUMBER", spoken.DIGITS), ("EMAIL", spoken.EMAIL), ("DOB", spoken.DATE))
_TRAILING = " ,.-"


class Span(NamedTuple):
    """Where something to mask stands, and what it is."""

    start: int
    end: int
    label: str


class Asked(NamedTuple):
    """What is spoken of in a turn, or was in the one before."""

    birth: bool = False
    number: bool = False


def conversation(texts: Iterable[str]) -> Iterator[str]:
    """The turns of a call in order, each masked, knowing what the one before asked for."""
    before = Asked()
    for text in texts:
        asked = _asked_in(text)
        yield masked(text, Asked(asked.birth or before.birth, asked.number or before.number))
        before = asked


def _asked_in(text: str) -> Asked:
    return Asked(bool(_BIRTH.search(text)), bool(_NUMBER.search(text)))


def masked(text: str, asked: Asked | None = None) -> str:
    """The text with a word in brackets in place of what identifies somebody."""
    if asked is None:
        asked = _asked_in(text)
    out, last = [], 0
    for start, end, label in _joined(_spans(text, asked)):
        out += [text[last:start], WORDS[label]]
        last = end
    return "".join([*out, text[last:]]) if out else text


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Spans in order; those that overlap become one."""
    order = list(WORDS)
    held: Span | None = None
    for span in sorted(spans):
        if held is not None and span.start < held.end:
            label = min(held.label, span.label, key=order.index)
            held = Span(held.start, max(held.end, span.end), label)
            continue
        if held is not None:
            yield held
        held = span
    if held is not None:
        yield held


def _spans(text: str, asked: Asked) -> Iterator[Span]:
    if _DIGIT_OR_AT.search(text):
        yield from _written(text)
    yield from _spoken(text, asked)


def _written(text: str) -> Iterator[Span]:
    for span in _finder().annotate_with_spans(text)[1].spans:
        if span.label in _FOUND_BY_DATAFOG:
            yield Span(span.start, span.end, span.label)
    for label, pattern in _ALSO.items():
        for match in pattern.finditer(text):
            yield Span(match.start(), match.end(), label)
    for match in _PHONE.finditer(text):
        if _looks_dialled(match, text):
            yield Span(match.start(), match.end(), "PHONE")
    if sum(map(str.isdigit, text)) >= 7:
        for number in PhoneNumberMatcher(text, _REGION, leniency=Leniency.VALID):
            yield Span(number.start, number.end, "PHONE")


def _looks_dialled(match: re.Match[str], text: str) -> bool:
    """Not a range, a year, a dose or a price."""
    groups = re.findall(r"\d+", match[0])
    sizes = tuple(len(group) for group in groups)
    if sum(sizes) < sum(_LOCAL) or _MEASURED.match(text, match.end()):
        return False
    return len(groups) != 2 or sizes == _LOCAL or match[0][0] in "+(0"


def _spoken(text: str, asked: Asked) -> Iterator[Span]:
    patterns = [found for found in _SPOKEN if spoken.NEEDED[found[1]].search(text)]
    if asked.birth:
        patterns.append(("DOB", spoken.DATE_LIKE))
    if asked.number:
        patterns.append(("NUMBER", spoken.NUMBER_LIKE))
    for label, pattern in patterns:
        for match in pattern.finditer(text):
            end = match.start() + len(match[0].rstrip(_TRAILING))
            if label != "NUMBER" or not _MEASURED.match(text, end):
                yield Span(match.start(), end, label)


@cache
def _finder() -> Any:
    from datafog.processing.text_processing.regex_annotator import RegexAnnotator

    return RegexAnnotator(enabled_labels=list(_FOUND_BY_DATAFOG))
