"""Walks the hash chains and names what does not fit. Knows nothing of HTTP."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain as joined
from itertools import pairwise
from typing import Any

from app.core.audit import GENESIS, chain


@dataclass(frozen=True, slots=True)
class Link:
    """What the walk needs of one stored event."""

    seq: int
    event: Mapping[str, Any]
    hash: str
    previous_hash: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was done to the log behind its back."""

    kind: str
    first: int
    last: int

    def __str__(self) -> str:
        """altered event 7, removed events 3 to 5."""
        span = f" {self.first}" if self.first == self.last else f"s {self.first} to {self.last}"
        return f"{self.kind} event{span}"


@dataclass
class _Walk:
    hash: str = GENESIS
    seq: int = 0
    shifted: int = 0
    gap: bool = False
    findings: list[Finding] = field(default_factory=list)

    def note(self, kind: str, first: int, last: int | None = None) -> None:
        self.findings.append(Finding(kind, first, first if last is None else last))


def examine(links: Iterable[Link], head: tuple[int, str] | None) -> list[Finding]:
    """Everything wrong with one workspace's chain; `links` in ascending order of seq."""
    walk = _Walk()
    for link, following in _with_next(links):
        _step(walk, link, following)
    _end(walk, head)
    return walk.findings


def _with_next(links: Iterable[Link]) -> Iterator[tuple[Link, Link | None]]:
    yield from pairwise(joined(links, [None]))


def _step(walk: _Walk, link: Link, following: Link | None) -> None:
    if link.seq < 1:
        walk.note("inserted", link.seq)
        return
    walk.gap = link.seq > walk.seq + 1
    if walk.gap:
        walk.note("removed", walk.seq + 1, link.seq - 1)
    walk.seq = link.seq
    genuine = _genuine(walk, link)
    linked = link.previous_hash == walk.hash
    if _put_between(walk, link, following, genuine and linked):
        walk.note("inserted", link.seq)
        walk.shifted += 1
        return
    if not genuine:
        walk.note("altered", link.seq)
    elif not linked and not walk.gap:
        # It is whole itself, so the one before it was written anew.
        _blame_previous(walk, link.seq - 1)
    walk.hash = link.hash


def _genuine(walk: _Walk, link: Link, moved: int = 0) -> bool:
    seq = link.seq - walk.shifted - moved
    return chain(link.previous_hash, seq, link.event) == link.hash


def _put_between(walk: _Walk, link: Link, following: Link | None, fits: bool) -> bool:
    """The next event follows the one before this, and was moved up to make room."""
    if following is None or walk.gap or following.seq != link.seq + 1:
        return False
    if following.previous_hash != walk.hash:
        return False
    # Of an event and its exact copy, the second is the one put in.
    return not fits or (link.hash != following.hash and _genuine(walk, following, 1))


def _blame_previous(walk: _Walk, seq: int) -> None:
    if not any(f.kind == "altered" and f.first == seq for f in walk.findings):
        walk.note("altered", max(seq, 1))


def _end(walk: _Walk, head: tuple[int, str] | None) -> None:
    seq, last_hash = head or (0, GENESIS)
    if seq != walk.seq:
        seq += walk.shifted
    if seq > walk.seq:
        walk.note("removed", walk.seq + 1, seq)
    elif seq < walk.seq:
        walk.findings = [f for f in walk.findings if f.first <= seq]
        walk.note("inserted", seq + 1, walk.seq)
    elif last_hash != walk.hash and seq:
        _blame_previous(walk, walk.seq)
