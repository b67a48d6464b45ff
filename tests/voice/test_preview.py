"""The stand-in voice."""

import io
import wave
from typing import Any

import pytest

from app.voice.speech import speak


@pytest.fixture
def url(workspace: Any) -> str:
    return f"/w/{workspace.slug}/settings/voice/preview.wav"


def seconds(sound: bytes) -> float:
    with wave.open(io.BytesIO(sound)) as reader:
        return reader.getnframes() / reader.getframerate()


def test_faster_is_shorter_and_silent_is_silent():
    slow, fast = speak("Good morning", 0.5, 1), speak("Good morning", 2, 1)
    assert seconds(slow) > 2 * seconds(fast) > 0.2
    assert not any(speak("Good morning", 1, 0)[44:])


def test_viewer_hears_a_sentence(as_viewer, url):
    answer = as_viewer.get(url, query_string={"text": "Hello", "speed": "1.5", "volume": "0.5"})
    assert answer.status_code == 200 and answer.mimetype == "audio/wav"
    assert seconds(answer.data) > 0.2


@pytest.mark.parametrize("bad", [{"text": "x" * 301}, {"speed": "3"}, {"volume": "loud"}])
def test_out_of_range_is_422(as_viewer, url, bad):
    assert as_viewer.get(url, query_string=bad).status_code == 422
