"""The timeline of a call, worked out from its turns and drawn."""

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.calls import lanes
from app.calls.stored import Turn, ends, in_time
from app.calls.timeline import LANES, segments

MOMENT = st.floats(0, 86_400, allow_nan=False)


def turn(
    seq: int, role: str, start: float, end: float | None = None, text: str = "words", **more: Any
) -> Turn:
    told = dict.fromkeys(Turn._fields) | {"interrupted": False} | more
    return Turn(
        **told | {"seq": seq, "role": role, "text": text, "started_s": start, "ended_s": end}
    )  # type: ignore[arg-type]


def kinds(*turns: Turn, length: float | None = None) -> list[tuple[str, float, float | None]]:
    return [(one.kind, one.start, one.end) for one in segments(turns, length)]


def test_speech_gaps_and_silence_follow_from_the_times() -> None:
    found = kinds(turn(0, "agent", 0, 2), turn(1, "caller", 2.5, 4), turn(2, "agent", 4.7, 6),
                  turn(3, "caller", 9, 10), length=13)  # fmt: skip
    assert found == [
        ("agent_speech", 0, 2), ("caller_speech", 2.5, 4), ("processing_gap", 4, 4.7),
        ("agent_speech", 4.7, 6), ("silence", 6, 9), ("caller_speech", 9, 10), ("silence", 10, 13),
    ]  # fmt: skip


def test_a_caller_who_begins_too_early_barges_in() -> None:
    found = kinds(turn(0, "agent", 0, 3, interrupted=True), turn(1, "caller", 2.5, 4))
    assert found == [("interrupted_speech", 0, 3), ("caller_speech", 2.5, 4), ("barge_in", 2.5, 3)]


def test_an_end_that_was_not_told_is_not_invented() -> None:
    (only,) = segments([turn(0, "caller", 1, text="five words are said here")], None)
    assert only.end is None and only.until == 3
    early = ends([turn(0, "caller", 1, text="one two three four five"), turn(1, "agent", 2, 3)])
    assert early == [2, 3]


def test_tools_stand_where_they_ran_and_states_where_they_began() -> None:
    tools = [{"tool_name": "a", "started_s": 1.5, "duration_ms": 250}, {"tool_name": "b"}]
    found = segments([turn(0, "agent", 2, 3, tool_calls=tools, state="offer")], None)
    told = [(one.lane, one.kind, one.start, one.end, one.label) for one in found if one.label]
    assert told == [("tool", "tool_call", 1.5, 1.75, "a"), ("tool", "tool_call", 2, None, "b"),
                    ("system", "state_transition", 2, 2, "offer")]  # fmt: skip


def test_turns_sent_late_stand_where_they_were_spoken() -> None:
    late = [turn(0, "agent", 8, 9), turn(1, "caller", 1, 2)]
    assert [one.seq for one in in_time(late)] == [1, 0]
    assert kinds(*late)[0] == ("caller_speech", 1, 2)


def _turns(drawn: list[tuple[str, float, float | None]]) -> list[Turn]:
    return [
        turn(n, role, start, None if lasts is None else start + lasts)
        for n, (role, start, lasts) in enumerate(drawn)
    ]


ANY = st.lists(
    st.tuples(st.sampled_from(LANES[:3]), MOMENT, st.none() | st.floats(0, 500)), max_size=40
)


@given(ANY, st.none() | MOMENT)
def test_whatever_was_sent_is_drawn_within_the_picture(
    drawn: list[tuple[str, float, float | None]], length: float | None
) -> None:
    parts = segments(_turns(drawn), length)
    assert all(one.until >= one.start >= 0 for one in parts)
    picture = lanes.drawing(parts, length, lambda n: f"#turn-{n}") if parts else None
    if picture is None:
        return
    for at, wide in re.findall(
        r'<rect class="\w+(?: cut)?" x="([\d.]+)%" width="([\d.]+)%', picture.picture
    ):
        assert float(at) >= 0 and float(at) + float(wide) <= 100.02


def test_thousands_of_turns_are_drawn_as_few_stretches() -> None:
    many = [turn(n, ("caller", "agent")[n % 2], n * 7, n * 7 + 2) for n in range(5000)]
    picture = lanes.drawing(segments(many, None), None, lambda n: f"#turn-{n}")
    assert picture and picture.merged and picture.picture.count("<rect") <= 2 * lanes.FINEST + 2
    few = lanes.drawing(segments(many[:20], None), None, lambda n: f"#turn-{n}")
    assert few and not few.merged and few.picture.count("<a ") == 20


def test_the_summary_says_what_the_picture_shows() -> None:
    parts = segments([turn(0, "agent", 0, 3, interrupted=True), turn(1, "caller", 2.5, 4),
                      turn(2, "operator", 12, 13)], None)  # fmt: skip
    picture = lanes.drawing(parts, None, lambda n: f"#turn-{n}")
    assert picture and picture.summary == (
        "Spoken: caller 2 s, agent 3 s, operator 1 s. 1 interruption. Longest silence 8 s, at 00:04."
    )
    assert "Agent spoke and was interrupted" in picture.rows and "Nobody spoke" in picture.rows
