"""What is masked in transcripts, and what stays."""

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.exports.redaction import conversation, masked

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
    ("415.555.0142 x12", "[phone number]"),
    ("01 23 45 67 89 in Paris", "[phone number] in Paris"),
    ("four one five, five five five, oh one four two.", "[number]."),
    ("jane dot doe at gmail dot com, please", "[e-mail], please"),
    ("it's jane@clinic dot org", "it's [e-mail]"),
    ("the third of May nineteen eighty five", "the [date]"),
    ("March fourteenth, two thousand and four", "[date]"),
    ("born on March 14th", "born on [date]"),
    ("DOB 3/14/85", "DOB [date]"),
    ("my social ends in 1120", "my social ends in [number]"),
    ("078051120", "[social security number]"),
    ("4155550142 and 4155550143", "[phone number] and [phone number]"),
]
KEPT = [
    "at 10:30 it costs $45.50", "Dr. Patel at 12 Alder Street", "in 2026", "room 12345",
    "twenty milligrams, 2 times a day", "500 mg", "Monday the 3rd", "$1,250,000.00",
    "press 1 or 2", "Schön, für übermorgen", "", "between 500-1000 mg a day",
    "from 2019-2020 on", "at ten thirty or eleven fifteen", "on March 14th at 9",
    "Dr. May will see you in May", "one or two questions about three things",
    "two hundred fifty dollars", "HbA1c 6.5 and 120/80", "2664 Berryessa Road # 206",
    "look at home or dot the line",
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


@pytest.mark.parametrize(
    ("question", "answer", "wanted"),
    [
        ("What is your date of birth?", "March fourteenth eighty five", "[date]"),
        ("And your date of birth?", "3 14 85", "[date]"),
        ("May I have your date of birth?", "It was 1985, in May", "It was [date], in May"),
        ("The last four of your social?", "It's 1120", "It's [number]"),
        ("Which number can I reach you at? What is your phone number?",
         "four fifteen, five fifty five, oh one forty two", "[number]"),
        ("And your card number?", "One moment, it is 10:30, I take 500 mg",
         "One moment, it is 10:30, I take 500 mg"),
        ("What is their phone number and address?", "2664 Berryessa Road", "2664 Berryessa Road"),
        ("When would you like to come?", "March fourteenth at 3 15", "March fourteenth at 3 15"),
    ],
)  # fmt: skip
def test_an_answer_is_masked_by_what_was_asked(question: str, answer: str, wanted: str) -> None:
    assert list(conversation([question, answer])) == [question, wanted]


def test_what_was_asked_counts_for_the_next_turn_only() -> None:
    said = ["What is your date of birth?", "One moment.", "I take 14 85 drops, in May 2 times"]
    assert list(conversation(said))[2] == said[2]


@given(st.text("0123456789 ().-+@/:$abcdot", max_size=60))
def test_no_text_breaks_it_and_masking_twice_changes_nothing(text: str) -> None:
    once = masked(text)
    assert masked(once) == once


def test_neither_the_finder_nor_its_import_reaches_for_the_network() -> None:
    code = ("import socket\n"
            "def refuse(*_): raise RuntimeError('network')\n"
            "socket.socket.connect = socket.getaddrinfo = refuse\n"
            "from app.exports.redaction import masked\n"
            "assert masked('ana@x.org, 415-555-0142') == '[e-mail], [phone number]'")  # fmt: skip
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ,
                   "DATAFOG_TELEMETRY": "1"})  # fmt: skip
