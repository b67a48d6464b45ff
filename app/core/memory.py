"""How often Python looks for garbage that only points at itself."""

import gc

ALLOCATED = 10_000
"""So many more objects than were let go of, before it looks. Records of a clinic are trees of small
objects that go by themselves: looking every 700, as Python does, costs an import a quarter."""


def settle() -> None:
    """Once everything is loaded: what is there now stays, and is not looked through again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATED, 10, 10)
