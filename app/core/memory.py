"""How a process keeps its memory: how often Python looks for garbage that only points at itself, and
how many heaps it has beside Python's own."""

import contextlib
import ctypes
import gc

ALLOCATED = 10_000
"""So many more objects than were let go of, before it looks. Records of a clinic are trees of small
objects that go by themselves: looking every 700, as Python does, costs an import a quarter."""


M_ARENA_MAX = -8
"""Of glibc's malloc.h. Threads of Python take turns anyway: a heap for each of them would only hold
memory that the others cannot use."""


def settle() -> None:
    """Once everything is loaded: what is there now stays, and is not looked through again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATED, 10, 10)
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)
