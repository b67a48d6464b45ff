"""Reads sound that strangers sent. Runs as a process of its own, knowing nothing of Ward.

python -I reader.py measure|draw < file

prints one JSON object: what was found, or {"unknown": true} for what is no recording, or
{"problem": "a sentence"} for one that is broken; exit code 3 when the libraries are missing. The libraries below are written in C: what
makes them crash, loop or swell ends this process and nothing else.
"""

import json
import os
import resource
import struct
import sys
from typing import Any

MOST_SECONDS = 24 * 3600
MOST_CHANNELS = 8
LOWEST_RATE, HIGHEST_RATE = 4_000, 384_000
PEAKS = 400
BLOCK = 65_536
MOST_PAGE = 27 + 255 + 255 * 255
"""Bytes of the largest page of an Ogg file."""
MEMORY = 1024**3
NOT_INSTALLED = 3
CPU_SECONDS = {"measure": 20, "draw": 600}
PLAYED = {
    "wav": {"PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "ULAW", "ALAW"},
    "mp3": {"MPEG_LAYER_III"},
    "ogg": {"OPUS", "VORBIS"},
}
"""The encodings that browsers play."""
LIBRARY = {"wav": ("WAV", "WAVEX"), "mp3": ("MP3",), "ogg": ("OGG",)}


class Broken(Exception):
    """A recording that cannot be used; the message is for people."""


def kind(head: bytes) -> str | None:
    """wav, mp3 or ogg by the first bytes; None for anything else."""
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"OggS":
        return "ogg"
    frame = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2
    return "mp3" if head[:3] == b"ID3" or frame else None


def check_wav(file: int) -> None:
    """Raises Broken where the header promises more sound than there is."""
    size, at = os.fstat(file).st_size, 12
    for _ in range(1000):
        head = os.pread(file, 8, at)
        if len(head) < 8:
            break
        name, length = struct.unpack("<4sI", head)
        if name == b"data":
            there = size - at - 8
            if length > there:
                raise Broken(
                    f"The header of this WAV file promises {length:,} bytes of sound, but only"
                    f" {there:,} are there. It was probably cut off; export it again."
                )
            return
        at += 8 + length + length % 2
    raise Broken("This WAV file holds no sound.")


def check_mp3(file: int) -> None:
    """Raises Broken where the note at the start (Xing) tells of more bytes than there are."""
    size, at = os.fstat(file).st_size, 0
    head = os.pread(file, 10, 0)
    if head[:3] == b"ID3" and len(head) == 10:
        at = 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])
    frame = os.pread(file, 512, at)
    note = max(frame.find(b"Xing"), frame.find(b"Info"))
    if note < 0 or len(frame) < note + 16:
        return
    flags, _frames, told = struct.unpack_from(">III", frame, note + 4)
    if flags & 3 == 3 and told > (size - at) * 1.02 + 4096:
        raise Broken(
            f"This MP3 file should be {told:,} bytes long, but only {size - at:,} are there. It"
            " was probably cut off; export it again."
        )


def check_ogg(file: int) -> None:
    """Raises Broken where the last page is not whole."""
    tail = os.pread(file, MOST_PAGE, max(0, os.fstat(file).st_size - MOST_PAGE))
    page = tail[max(0, tail.rfind(b"OggS")) :]
    if len(page) < 27 or len(page) < 27 + page[26] + sum(page[27 : 27 + page[26]]):
        raise Broken(
            "This Ogg file ends in the middle of a page. It was probably cut off; export it again."
        )


PROMISES = {"wav": check_wav, "mp3": check_mp3, "ogg": check_ogg}


def _open(file: int) -> tuple[str, Any]:
    """The format and the opened sound. Raises LookupError for what is no recording."""
    found = kind(os.pread(file, 12, 0))
    if found is None:
        raise LookupError
    if found in PROMISES:
        PROMISES[found](file)
    import soundfile

    try:
        sound = soundfile.SoundFile(file, closefd=False)
    except (soundfile.LibsndfileError, TypeError, ValueError, RuntimeError):
        raise Broken("This begins like a recording, but no sound could be read from it.") from None
    if sound.format not in LIBRARY[found]:
        raise Broken("This begins like a recording, but no sound could be read from it.")
    if sound.subtype not in PLAYED[found]:
        raise Broken(
            f"Browsers cannot play this kind of file ({sound.subtype}). Send WAV as PCM or"
            " mu-law, MP3, or Ogg/Opus."
        )
    return found, sound


def _check(sound: Any) -> None:
    if not 1 <= sound.channels <= MOST_CHANNELS:
        raise Broken(f"A recording has at most {MOST_CHANNELS} channels.")
    if not LOWEST_RATE <= sound.samplerate <= HIGHEST_RATE:
        raise Broken(f"A rate of {sound.samplerate:,} samples a second is no recording of a call.")
    if sound.frames > MOST_SECONDS * sound.samplerate:
        raise Broken(f"A recording is at most {MOST_SECONDS // 3600} hours long.")
    if sound.frames <= 0 or not len(sound.read(4096, dtype="float32", always_2d=True)):
        raise Broken("This recording holds no sound.")
    sound.seek(0)


def measure(file: int) -> dict[str, Any]:
    """Format, length (s), channels and samples a second of the sound in a seekable file."""
    found, sound = _open(file)
    _check(sound)
    return {
        "format": found, "encoding": sound.subtype, "channels": sound.channels,
        "sample_rate": sound.samplerate, "duration_seconds": sound.frames / sound.samplerate,
    }  # fmt: skip


def draw(file: int) -> dict[str, Any]:
    """The loudest of each of 400 stretches, 0..100 of the loudest of all: a list a channel.

    More than two channels are drawn as one.
    """
    import numpy

    _, sound = _open(file)
    _check(sound)
    lanes = sound.channels if sound.channels <= 2 else 1
    most = min(sound.frames, MOST_SECONDS * sound.samplerate)
    peaks, at = numpy.zeros((PEAKS, lanes), numpy.float32), 0
    while at < most:
        block = sound.read(min(BLOCK, most - at), dtype="float32", always_2d=True)
        if not len(block):
            break
        loud = numpy.nan_to_num(numpy.abs(block), nan=0, posinf=0)
        if lanes < sound.channels:
            loud = loud.max(axis=1, keepdims=True)
        places, first = numpy.unique(
            numpy.arange(at, at + len(loud)) * PEAKS // most, return_index=True
        )
        peaks[places] = numpy.maximum(peaks[places], numpy.maximum.reduceat(loud, first))
        at += len(block)
    top = float(peaks.max()) or 1.0
    return {"peaks": [[round(float(value) * 100 / top) for value in lane] for lane in peaks.T]}


def _confine(verb: str) -> None:
    """Little memory, little time, no writing, no second process."""
    seconds = CPU_SECONDS[verb]
    for limit, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, seconds),
                        (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):  # fmt: skip
        resource.setrlimit(limit, (most, most))


def main(verb: str) -> None:
    """Answer on the standard output."""
    _confine(verb)
    try:
        said = measure(0) if verb == "measure" else draw(0)
    except LookupError:
        said = {"unknown": True}
    except Broken as problem:
        said = {"problem": str(problem)}
    except ImportError as error:
        sys.stderr.write(str(error))
        sys.exit(NOT_INSTALLED)
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main(sys.argv[1])
