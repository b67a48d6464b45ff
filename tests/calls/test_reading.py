"""Calls are read quickly where their bytes allow it, and with the very same outcome."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from app.calls import reading
from app.calls.schema import CallIn

ODD = st.sampled_from(["\0", "\ud800", "\\u0000", "é", "\N{GRINNING FACE}", '"', "\\"])
TEXT = st.lists(st.one_of(ODD, st.text(max_size=5)), max_size=4).map("".join)
ANY = st.recursive(
    st.one_of(TEXT, st.integers(-(2**70), 2**70), st.booleans(), st.none(), st.floats()),
    lambda some: st.one_of(st.lists(some, max_size=3), st.dictionaries(TEXT, some, max_size=3)),
    max_leaves=6,
)


def call(text: str, anything: Any) -> dict[str, Any]:
    turn = {"speaker_role": "agent", "text": text, "started_s": 1, "tool_calls": [
        {"tool_name": "find", "input": anything}]}  # fmt: skip
    return {"call_sid": "A", "started_at": "2026-11-20T09:00:00Z",
            "configuration": {"x": anything}, "service_name": "Line", "turns": [turn]}  # fmt: skip


def outcome(read: Any, content: bytes) -> Any:
    """The call in words, since what is no number is not even equal to itself; or what is said of it."""
    try:
        return repr(read(content))
    except ValidationError as error:
        return [(problem["loc"], problem["msg"]) for problem in error.errors()]


@settings(max_examples=150, deadline=None)
@given(TEXT, ANY, st.booleans())
def test_the_quick_way_reads_as_the_schema_does(text: str, anything: Any, plain: bool) -> None:
    content = json.dumps(call(text, anything), ensure_ascii=plain).encode(errors="surrogatepass")
    assert outcome(reading.read, content) == outcome(CallIn.model_validate_json, content)


@pytest.mark.parametrize(
    ("text", "anything"), [("a\0b", 1), ("a", {"k\0": 1}), ("a", [["\0"]]), ("a", 2**63)]
)
def test_what_cannot_be_stored_is_refused_wherever_it_stands(text: str, anything: Any) -> None:
    content = json.dumps(call(text, anything)).encode()
    with pytest.raises(ValidationError):
        reading.read(content)
