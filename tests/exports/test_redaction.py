"""What is masked in transcripts, and what stays."""

import pytest

from app.exports.redaction import masked

MASKED = [
    ("Call me at (415) 555-0142 please", "Call me at [phone number] please"),
    ("it is 415-555-0142.", "it is [phone number]."),
    ("+44 20 7946 0958 in London", "[phone number] in London"),
    ("4 1 5 5 5 5 0 1 4 2", "[phone number]"),
    ("just 555-0142", "just [phone number]"),
    ("14155550142", "[phone number]"),
    ("mail ana.silva+clinic@example.org or", "mail [e-mail] or"),
    ("born 04/12/1987", "born [date]"),
    ("May 6, 2001 I was born", "[date] I was born"),
    ("the 12th of April 1987", "the [date]"),
    ("April 12th 1987", "[date]"),
    ("1987-04-12", "[date]"),
    ("12.04.1987", "[date]"),
    ("ssn 123-45-6789", "ssn [social security number]"),
    ("ssn 123 45 6789", "ssn [social security number]"),
    ("card 4111 1111 1111 1111 thanks", "card [card number] thanks"),
    ("4111-1111-1111-1111", "[card number]"),
    ("371449635398431 amex", "[card number] amex"),
]
KEPT = [
    "at 10:30 it costs $45.50", "Dr. Patel at 12 Alder Street", "in 2026", "room 12345",
    "twenty milligrams, 2 times a day", "500 mg", "Monday the 3rd", "$1,250,000.00",
    "press 1 or 2", "Schön, für übermorgen", "",
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), MASKED)
def test_what_identifies_somebody_is_masked(text: str, wanted: str) -> None:
    assert masked(text) == wanted


@pytest.mark.parametrize("text", KEPT)
def test_times_prices_and_names_of_doctors_stay(text: str) -> None:
    assert masked(text) == text


def test_several_in_one_sentence_are_each_masked() -> None:
    text = "I am at 415 555 0142 or ana@x.org, born 1987-04-12, card 4111111111111111."
    assert masked(text) == "I am at [phone number] or [e-mail], born [date], card [card number]."
