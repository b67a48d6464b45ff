"""Searching what was said: words, phrases, without, who; the sentence that is shown."""

import re
from typing import Any

import pytest

from app.calls import filters, queries, search, search_words, sentences
from app.core import database

from .test_api import url
from .test_filters import Desk, desk

__all__ = ["desk"]

CALLER, AGENT, OPERATOR = "caller", "agent", "operator"


def said(*turns: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"speaker_role": who, "text": text, "started_s": n * 4.0}
            for n, (who, text) in enumerate(turns)]  # fmt: skip


@pytest.fixture
def spoken(desk: Desk) -> Desk:
    desk.store("SKIN", turns=said(
        (CALLER, "My rash is back. Could I see a dermatologist?"),
        (AGENT, "Mondays are without dermatologists."), (CALLER, "Then Tuesday, thank you."),
    ))  # fmt: skip
    desk.store("HEART", turns=said(
        (CALLER, "I need an appointment for my heart."), (AGENT, "A referral to a dermatologist?"),
        (CALLER, "No, a cardiologist."), (OPERATOR, "I will take this call over."),
    ))  # fmt: skip
    desk.store("PILLS", turns=said(
        (CALLER, "I'd like a refill of my heart pills"), (AGENT, "Follow up in March."),
    ))  # fmt: skip
    desk.store("SILENT", turns=[])
    return desk


ASKED = [
    ("dermatologist", None, ["HEART", "SKIN"]),
    ("Dermatologists", None, ["HEART", "SKIN"]),
    ("dermatologist", CALLER, ["SKIN"]),
    ("dermatologist", AGENT, ["HEART", "SKIN"]),
    ("take over", OPERATOR, ["HEART"]),
    ("rash tuesday", None, ["SKIN"]),
    ("rash cardiologist", None, []),
    ("rash or pills", None, ["PILLS", "SKIN"]),
    ('"heart pills"', None, ["PILLS"]),
    ("“heart pills”", None, ["PILLS"]),
    ('"pills heart"', None, []),
    ('"heart pills', None, ["PILLS"]),
    ("heart -pills", None, ["HEART"]),
    ('heart -"heart pills"', None, ["HEART"]),
    ("-dermatologist", None, ["PILLS"]),
    ("dermatologist -dermatologist", None, []),
    ("-dermatologist", CALLER, ["PILLS", "HEART"]),
    ("the dermatologist of the clinic or", None, []),
    ("follow-up", None, []),
    # A phrase never reaches from one turn, or one speaker, into the next.
    ('"thank you Mondays"', None, []),
    ('"dermatologist then tuesday"', None, []),
]


@pytest.mark.parametrize("q, who, fits", ASKED)
def test_words_find_their_calls_newest_first(
    spoken: Desk, q: str, who: str | None, fits: list[str]
) -> None:
    asked = {"q": q} | ({"who": who} if who else {})
    assert spoken.fitting(**asked) == fits
    assert spoken.fitting(**asked, sort="started_at") == fits[::-1]
    assert spoken.fitting(**asked, sort="-duration") == fits


@pytest.mark.parametrize(
    "q", ["the", "a -the", '""', '"', '"" "', "- -", "!!! ???", "& | ! :*", "or or", "'", "\\"]
)
def test_what_says_nothing_finds_nothing_and_breaks_nothing(spoken: Desk, q: str) -> None:
    assert spoken.fitting(q=q) == []


@pytest.mark.parametrize("q", [
    "a:b & c", "heart' | 'x", "heart\\", "(heart", "heart:*", "<-> heart", "'heart'", "heart''", "%s %(q)s {x}",
])  # fmt: skip
def test_signs_of_the_query_language_are_only_text(spoken: Desk, q: str) -> None:
    spoken.fitting(q=q)


def grow(desk: Desk, sid: str, turns: list[dict[str, Any]]) -> None:
    """A call that comes in turn by turn."""
    started = {"call_sid": sid, "status": "in-progress", "started_at": "2026-11-21T09:00:00Z"}
    assert desk.api.post(url(desk.place), headers=desk.keys.member, json=started).status_code == 201
    for turn in turns:
        grown = desk.api.post(url(desk.place, f"/{sid}/turns"), headers=desk.keys.member,
                              json={"turns": [turn]})  # fmt: skip
        assert grown.status_code == 201, grown.data


PARTS = "select count(*) from transcript_part where workspace_id = %s and call_id = %s"


@pytest.mark.parametrize("q, fits", [
    ("rash tuesday", True), ("rash -tuesday", False), ("-tuesday", False), ("-friday", True),
    ("rash or friday", True), ("friday or tuesday rash", True), ('"see a dermatologist"', True),
    ('"dermatologist fine"', False), ("rash friday", False),
])  # fmt: skip
def test_a_call_that_grows_turn_by_turn_is_one_call_to_the_search(
    desk: Desk, q: str, fits: bool
) -> None:
    grow(desk, "GROWING", said(
        (CALLER, "My rash is back. Could I see a dermatologist?"), (AGENT, "We have Tuesday."),
        (CALLER, "Fine"),
    ))  # fmt: skip
    assert desk.fitting(q=q) == ["GROWING"] * fits
    ended = desk.api.patch(url(desk.place, "/GROWING"), headers=desk.keys.member,
                           json={"status": "completed"})  # fmt: skip
    assert ended.status_code == 200
    assert desk.sql(PARTS, (desk.place.id, ended.json["id"])) == [(1,)]
    assert desk.fitting(q=q) == ["GROWING"] * fits


def test_a_transcript_of_5000_turns_is_searched_as_a_whole(desk: Desk) -> None:
    turns = said(*((CALLER, f"number {n} " + "and so on and on, always longer " * 3)
                   for n in range(4998)), (AGENT, "unicorn"), (CALLER, "walrus stew"))  # fmt: skip
    desk.store("BIG", turns=turns[1:], started_at="2026-11-21T09:00:00Z")
    assert desk.sql("select count(*) > 1 from transcript_part where workspace_id = %s",
                    (desk.place.id,)) == [(True,)]  # fmt: skip
    for q in ("unicorn 17", '"walrus stew" 4000', "17 -rhino"):
        assert desk.fitting(q=q) == ["BIG"], q
    for q in ("4000 -walrus", "unicorn rhino"):
        assert desk.fitting(q=q) == [], q


def test_other_filters_narrow_what_the_words_find(spoken: Desk) -> None:
    spoken.store("TAGGED", tag="skin", assigned=True, turns=said((CALLER, "dermatologist")),
                 started_at="2026-07-01T09:30:00Z")  # fmt: skip
    for more in ({"tag": "skin"}, {"assigned_to": "me"}, {"date_to": "2026-07-01"}, {"hour": "9",
                 "date_to": "2026-08-01"}, {"tag": "skin", "assigned_to": "me"}):  # fmt: skip
        assert spoken.fitting(q="dermatologist", **more) == ["TAGGED"]
    assert spoken.fitting(q="dermatologist", tag="skin", direction="outbound") == []
    assert spoken.fitting(q="dermatologist", caller="415555", date_from="2026-11-01") == [
        "HEART", "SKIN",
    ]  # fmt: skip


def test_a_rare_filter_is_sought_in_growing_batches_up_to_a_bound(
    desk: Desk, monkeypatch: Any
) -> None:
    for n in range(12):
        desk.store(f"CA{n}", turns=said((CALLER, "dermatologist")), tag="old" if n < 2 else "new")
    monkeypatch.setattr(search, "BATCHES", (2, 3, 4))
    assert desk.fitting(q="dermatologist", tag="old") == ["CA1", "CA0"]
    monkeypatch.setattr(search, "FEW", 1)
    assert desk.fitting(q="dermatologist", tag="old") == ["CA1", "CA0"]
    asked = {"q": "dermatologist", "tag": "old", "limit": 1}
    seen: list[str] = []
    tokens: list[int] = [0]
    while True:
        page = desk.api.get(url(desk.place), headers=desk.keys.viewer,
                            query_string=asked | {"continuation_token": tokens[-1]}).json  # fmt: skip
        seen += [row["call_sid"] for row in page["items"]]
        if not page["has_more"]:
            break
        tokens.append(page["continuation_token"])
    assert seen == ["CA1", "CA0"] and len(tokens) > 2


def test_neighbours_of_a_search_are_calls_with_the_words(spoken: Desk) -> None:
    wanted = filters.parse({"q": "dermatologist"}).filter
    with spoken.inside():
        place = spoken.place.id
        rows = {sid: queries.find(place, sid) for sid in ("SKIN", "HEART", "PILLS")}
        assert queries.neighbours(place, wanted, rows["SKIN"]) == (rows["HEART"][0], None)
        assert queries.neighbours(place, wanted, rows["HEART"]) == (None, rows["SKIN"][0])
        assert queries.neighbours(place, wanted, rows["PILLS"]) == (None, rows["HEART"][0])


def best(desk: Desk, sid: str, q: str, who: str | None = None) -> sentences.Sentence | None:
    with desk.inside():
        words = search_words.read(q, who)
        assert words
        ident = str(queries.find(desk.place.id, sid)[0])
        return sentences.of(desk.place.id, [ident], words).get(ident)


def test_the_sentence_with_most_of_the_words_is_shown(spoken: Desk) -> None:
    found = best(spoken, "SKIN", "dermatologist rash")
    assert found and (found.turn, found.speaker, found.started_s) == (1, CALLER, 0.0)
    assert found.words == "My <mark>rash</mark> is back. Could I see a <mark>dermatologist</mark>?"
    found = best(spoken, "SKIN", "dermatologist -heart", AGENT)
    assert found and found.turn == 2 and "<mark>dermatologists</mark>" in found.words
    assert best(spoken, "PILLS", "-dermatologist") is None


@pytest.mark.parametrize(("asked", "text"), [
    ("die", "My dog is dying."), ("sky", "The skies are grey."), ("fly", "I FLY on Monday"),
    ("city", "two cities"), ("worry", "no worries"), ("e-mail", "Send an E-Mail, please"),
    ("MÜLLER", "frau müller war da"), ("12:30", "at 12:30 sharp"), ("can't", "I can't come"),
    ("a.b@example.com", "write to A.B@example.com"), ("C++", "vitamin C++"),
])  # fmt: skip
def test_the_sentence_is_found_in_whatever_form_the_word_was_said(
    desk: Desk, asked: str, text: str
) -> None:
    desk.store("FORM", turns=said((AGENT, "Hello."), (CALLER, text)))
    with desk.inside():
        words = search_words.read(asked)
    if words is not None:
        found = best(desk, "FORM", asked)
        assert found and found.turn == 2 and "<mark>" in found.words


def test_what_was_said_is_text_and_never_markup(desk: Desk) -> None:
    nasty = '<script>alert("rash")</script> & my <mark>rash</mark> \ue000b\ue001 <b>rash'
    desk.store("NASTY", turns=said((CALLER, nasty)))
    found = best(desk, "NASTY", "rash")
    assert found
    assert re.sub(r"</?mark>", "", found.words).count("<") == 0
    assert "&lt;script&gt;alert(" in found.words and "<mark>rash</mark>" in found.words
    assert found.words.count("<mark>") == found.words.count("</mark>")


def test_a_long_turn_is_cut_around_the_word(desk: Desk) -> None:
    desk.store("LONG", turns=said((CALLER, "blah " * 300 + "my rash here " + "blah " * 300)))
    desk.store("WALL", turns=said((CALLER, "rash " + "x" * 5000)))
    found = best(desk, "LONG", "rash")
    assert found and len(found.words) < 320
    assert found.words.startswith("… blah") and found.words.endswith("blah …")
    assert "my <mark>rash</mark> here" in found.words
    found = best(desk, "WALL", "rash")
    assert found and found.words.startswith("<mark>rash</mark>") and len(found.words) < 320


def test_words_of_another_workspace_are_never_found(spoken: Desk, cast: Any) -> None:
    theirs = spoken.api.post(
        url(cast.other), headers=spoken.keys.stranger,
        json={"call_sid": "CANARY", "started_at": "2026-11-21T09:00:00Z",
              "turns": said((CALLER, "canaryword rash"))},
    )  # fmt: skip
    assert theirs.status_code == 201
    assert spoken.fitting(q="canaryword") == []
    assert spoken.fitting(q="-nothing", include_simulated="true") == ["PILLS", "HEART", "SKIN"]
    with spoken.inside(), database.without_own_filter():
        asked = filters.parse({"q": "canaryword"}).filter
        assert list(queries.batches(spoken.place.id, asked)) == []
        words = search_words.read("canaryword")
        assert words
        found = sentences.of(spoken.place.id, [theirs.json["id"]], words)
        assert found == {}


def test_without_a_context_the_search_finds_nothing(app: Any, spoken: Desk) -> None:
    with app.app_context():
        asked = filters.parse({"q": "rash"}).filter
        assert list(queries.batches(spoken.place.id, asked)) == []
        database.rollback()
