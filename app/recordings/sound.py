"""What a sound file is, asked of `reader.py` in a process of its own."""

import contextlib
import json
import logging
import math
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from app.core.errors import Invalid, Unsupported

from .reader import CPU_SECONDS, HIGHEST_RATE, MOST_CHANNELS, MOST_SECONDS, NOT_INSTALLED, PEAKS

log = logging.getLogger("ward")
READER = Path(__file__).with_name("reader.py")
FIELD = "recording"
UNKNOWN = (
    "This is no recording that Ward can keep. Send a WAV, MP3 or Ogg/Opus file; what counts is"
    " what the file holds, not its name."
)
UNREADABLE = "This begins like a recording, but no sound could be read from it."


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound file: its format (wav, mp3, ogg), length in seconds, channels, samples a second."""

    format: str
    encoding: str
    duration_seconds: float
    channels: int
    sample_rate: int


def problem(sentence: str) -> Invalid:
    """422 beside the field of the file."""
    return Invalid({FIELD: sentence})


def _ask(verb: str, file: IO[bytes]) -> dict[str, Any]:
    """The reader's answer; a problem where it crashed, ran too long or said nonsense."""
    file.seek(0)
    command = [sys.executable, "-I", "-B", str(READER), verb]
    try:
        done = subprocess.run(
            command, stdin=file, capture_output=True, timeout=CPU_SECONDS[verb] * 2, cwd="/",
            env={"OPENBLAS_NUM_THREADS": "1"}, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        log.warning("a recording could not be read in time")
        raise problem(UNREADABLE) from None
    if done.returncode == NOT_INSTALLED:
        raise RuntimeError(f"recordings cannot be read here: {done.stderr.decode()[:300]}")
    said = _parsed(done.stdout)
    if done.returncode or not isinstance(said, dict):
        log.warning("a recording could not be read: the reader ended with %d", done.returncode)
        raise problem(UNREADABLE)
    if said.get("unknown"):
        raise Unsupported(UNKNOWN)
    if said.get("problem"):
        raise problem(str(said["problem"])[:500])
    return said


def _parsed(content: bytes) -> Any:
    with contextlib.suppress(ValueError):
        return json.loads(content)
    return None


def measure(file: IO[bytes]) -> Sound:
    """What a file holds. Raises Unsupported (no recording) or Invalid (a broken one)."""
    said = _ask("measure", file)
    try:
        found = Sound(
            {"wav": "wav", "mp3": "mp3", "ogg": "ogg"}[said["format"]], str(said["encoding"])[:20],
            float(said["duration_seconds"]), int(said["channels"]), int(said["sample_rate"]),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError):
        raise problem(UNREADABLE) from None
    fits = (
        math.isfinite(found.duration_seconds) and 0 < found.duration_seconds <= MOST_SECONDS
        and 0 < found.channels <= MOST_CHANNELS and 0 < found.sample_rate <= HIGHEST_RATE
    )  # fmt: skip
    if not fits:
        raise problem(UNREADABLE)
    return found


def draw(file: IO[bytes]) -> list[list[int]]:
    """The waveform: for one or two channels 400 heights, 0..100. Raises as `measure` does."""
    lanes = _ask("draw", file).get("peaks")
    if not isinstance(lanes, list) or len(lanes) not in (1, 2):
        raise problem(UNREADABLE)
    for lane in lanes:
        good = isinstance(lane, list) and len(lane) == PEAKS
        if not good or not all(isinstance(v, int) and 0 <= v <= 100 for v in lane):
            raise problem(UNREADABLE)
    return lanes
