"""The stand-in voice of this machine: espeak-ng, spoken into WAV bytes."""

import ctypes
import io
import threading
import wave
from typing import Any

import espeakng_loader

WORDS_PER_MINUTE = 175
RETRIEVAL, RATE, VOLUME, UTF8 = 1, 1, 2, 1
Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)
_lock = threading.Lock()
_engine: tuple[Any, int] | None = None
_samples = bytearray()


class SpeechError(Exception):
    """The engine could not speak."""


def _collect(samples: Any, count: int, _events: Any) -> int:
    if samples and count > 0:
        _samples.extend(ctypes.string_at(samples, count * 2))
    return 0


_callback = Callback(_collect)


def _start() -> tuple[Any, int]:
    global _engine
    if _engine is None:
        library = ctypes.CDLL(espeakng_loader.get_library_path())
        # The library asks for the folder that holds espeak-ng-data, or that folder itself.
        rate = library.espeak_Initialize(RETRIEVAL, 0, espeakng_loader.get_data_path().encode(), 0)
        if rate <= 0:
            raise SpeechError("The stand-in voice could not start.")
        library.espeak_SetSynthCallback(_callback)
        _engine = library, rate
    return _engine


def speak(text: str, speed: float, volume: float, language: str = "en") -> bytes:
    """`text` as WAV (16 bit mono); `speed` 0.5-2 times 175 words a minute, `volume` 0-1."""
    with _lock:
        library, rate = _start()
        _samples.clear()
        base = language.partition("-")[0].lower()
        if library.espeak_SetVoiceByName(base.encode()) != 0:
            library.espeak_SetVoiceByName(b"en")
        library.espeak_SetParameter(RATE, round(WORDS_PER_MINUTE * speed), 0)
        library.espeak_SetParameter(VOLUME, round(100 * volume), 0)
        encoded = text.encode()
        library.espeak_Synth(encoded, ctypes.c_size_t(len(encoded) + 1), 0, 0, 0, UTF8, None, None)
        library.espeak_Synchronize()
        return _wav(bytes(_samples), rate)


def _wav(samples: bytes, rate: int) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(samples)
    return out.getvalue()
