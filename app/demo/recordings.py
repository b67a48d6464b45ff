"""Recordings of a few demo calls: their turns, spoken by the machine's voices at their times."""

import io
import os
import uuid
import wave
from collections.abc import Sequence
from typing import Any

from flask import current_app

from app.calls import queries as calls
from app.core import database
from app.core.identity import Actor
from app.recordings import actions, reader
from app.recordings.sound import Sound
from app.voice.speech import speak

HOW_MANY = {"riverside-family": 3, "riverside-pediatrics": 1, "lakeside-dental": 1}
RATE = 11_025
CALLERS = ("en+m3", "en+f2", "en+m7", "en+f4")
AGENT, OPERATOR = "en-us+f3", "en+m1"
LONGEST = 120
# The newest that say enough to be worth hearing.
_PICK = f"""
select id, call_sid, duration_seconds from call
where workspace_id = %(workspace_id)s and status = 'completed' and turn_count > 12
  and channel_kind = 'voice' and source = 'real' and duration_seconds < {LONGEST}
order by started_at desc, number desc limit %(count)s
"""


def record(who: Actor, slug: str) -> None:
    """Keep recordings of some calls of a workspace, where there is a folder for them."""
    count = HOW_MANY.get(slug, 0)
    if not count or not current_app.config["WARD"].recordings:
        return
    place = who.here.id
    for number, (call_id, sid, seconds) in enumerate(
        database.rows(_PICK, {"workspace_id": place, "count": count})
    ):
        _keep(who, call_id, sid, _spoken(calls.turns(place, call_id), seconds, CALLERS[number]))


def _said(text: str, voice: str) -> Any:
    """A sentence as samples, half as many a second as the engine makes."""
    import numpy

    with wave.open(io.BytesIO(speak(text, 1.05, 0.8, voice))) as sound:
        samples = numpy.frombuffer(sound.readframes(sound.getnframes()), numpy.int16)
    whole = samples[: len(samples) // 2 * 2].astype(numpy.float32)
    return whole.reshape(-1, 2).mean(axis=1) / 32768


def _spoken(turns: Sequence[database.Row], seconds: float, voice: str) -> bytes:
    """A WAV file in mu-law: the caller on the first channel, agent and operator on the second."""
    import numpy
    import soundfile

    voices = {"caller": voice, "agent": AGENT, "operator": OPERATOR}
    both = numpy.zeros((int(seconds * RATE), 2), numpy.float32)
    for turn in turns:
        role, text, start = turn[1], turn[2], int(turn[3] * RATE)
        said = _said(text, voices[role])[: max(0, len(both) - start)]
        both[start : start + len(said), 0 if role == "caller" else 1] += said
    out = io.BytesIO()
    soundfile.write(out, both.clip(-1, 1), RATE, format="WAV", subtype="ULAW")
    return out.getvalue()


def _keep(who: Actor, call_id: uuid.UUID, sid: str, content: bytes) -> None:
    """Through the real action; what we made ourselves is measured and drawn right here."""
    incoming = actions.opened(len(content))
    incoming.write(content)
    file = incoming.file.fileno()
    os.lseek(file, 0, os.SEEK_SET)
    sound = Sound(**reader.measure(file))
    os.lseek(file, 0, os.SEEK_SET)
    peaks = reader.draw(file)["peaks"]
    actions.store(who, call_id, sid, incoming, sound, peaks)
