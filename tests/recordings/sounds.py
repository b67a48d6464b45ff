"""Small recordings, made in code: a tone that grows, on one channel or two."""

import io
import math
import struct
import wave
from functools import cache

import numpy
import soundfile

RATE = 8000


@cache
def wav(seconds: float = 2.0, channels: int = 2, tone: int = 440) -> bytes:
    """PCM, 16 bit."""
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(_samples(seconds, channels, tone).tobytes())
    return out.getvalue()


def _samples(seconds: float, channels: int, tone: int) -> numpy.ndarray:
    at = numpy.arange(int(seconds * RATE))
    loud = numpy.sin(at * 2 * math.pi * tone / RATE) * at / len(at) * 20_000
    return numpy.stack([loud] * channels, axis=1).astype(numpy.int16)


@cache
def encoded(kind: str, encoding: str, seconds: float = 2.0, channels: int = 2) -> bytes:
    """The same through the library: kind WAV, MP3, OGG or FLAC."""
    out = io.BytesIO()
    samples = _samples(seconds, channels, 440).astype(numpy.float32) / 32768
    soundfile.write(out, samples, RATE, format=kind, subtype=encoding)
    return out.getvalue()


def mulaw() -> bytes:
    return encoded("WAV", "ULAW")


def mp3(seconds: float = 2.0) -> bytes:
    return encoded("MP3", "MPEG_LAYER_III", seconds)


def opus() -> bytes:
    return encoded("OGG", "OPUS")


def _ogg_sum(page: bytes) -> int:
    """The checksum of an Ogg page."""
    total = 0
    for byte in page:
        total ^= byte << 24
        for _ in range(8):
            total = (total << 1 ^ (0x04C11DB7 if total & 0x80000000 else 0)) & 0xFFFFFFFF
    return total


def opus_claiming(hours: float) -> bytes:
    """Two seconds whose last page claims to lie so many hours after the first."""
    whole = opus()
    at = whole.rindex(b"OggS")
    page = bytearray(whole[at:])
    struct.pack_into("<q", page, 6, int(hours * 3600 * 48_000))
    struct.pack_into("<I", page, 22, 0)
    struct.pack_into("<I", page, 22, _ogg_sum(page))
    return whole[:at] + bytes(page)
