"""Filling the calls of the bench in minutes: without indexes and checks, on two connections."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from . import statements, world
from .words import pieces

SHARES = 2
"""So many connections write at a time."""
_TABLES = ("call", "turn", "transcript_part", "caller_part", "call_tag", "call_assignment",
           "call_note", "recording", "event", "event_entity", "entity", "relationship")  # fmt: skip
_INDEXES = """
select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) from pg_index i
where i.indrelid = any(%(tables)s::regclass[])
  and not exists (select from pg_constraint c where c.conindid = i.indexrelid)
"""
# The calls are no entities of the world; the worker shall not make them ones while it is measured.
_AS_IF = """
insert into world_count (workspace_id, kind, name, count)
select workspace_id, 'source', 'call' || chr(9) || 'calls', total from call_counter
"""
_SLUGS = "select slug, id from workspace where slug like 'bench-%%' order by slug"
# Foreign keys hold by construction; checking 10,000,000 of them one by one takes longer than the
# rest. The log may grow meanwhile, so that the server does not write everything twice.
_FASTER = (
    "grant set on parameter session_replication_role to ward_maintenance",
    "alter system set max_wal_size = '6GB'",
    "alter system set synchronous_commit = 'off'",
    "select pg_reload_conf()",
)
_AS_BEFORE = (
    "revoke set on parameter session_replication_role from ward_maintenance",
    "alter system reset max_wal_size",
    "alter system reset synchronous_commit",
    "select pg_reload_conf()",
    "checkpoint",
)


@dataclass(frozen=True, slots=True)
class Size:
    """How many calls the workspaces have: bench-1 `big`, bench-2 `middle`, each other `rest`.

    `events` is how many events the world model of bench-1 has, `few` that of bench-2.
    """

    workspaces: int
    big: int
    middle: int
    rest: int
    turns: int
    events: int
    few: int

    @property
    def calls(self) -> int:
        """All calls."""
        return self.big + self.middle + (self.workspaces - 2) * self.rest


SMALL = Size(workspaces=200, big=50_000, middle=10_000, rest=300, turns=8, events=100_000,
             few=10_000)  # fmt: skip
WORLD = Size(workspaces=4, big=2_000, middle=400, rest=20, turns=8, events=2_000_000, few=10_000)
FULL = Size(workspaces=200, big=1_000_000, middle=10_000, rest=1_000, turns=10, events=2_000_000,
            few=10_000)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Urls:
    """The addresses of the roles that write the bench's data."""

    superuser: str
    owner: str
    maintenance: str

    def connect(self, role: str) -> psycopg.Connection[Any]:
        """A connection that commits each statement."""
        address = str(getattr(self, role)).replace("+psycopg", "")
        return psycopg.connect(address, autocommit=True)


def write(urls: Urls, size: Size, tell: Callable[[str], None]) -> None:
    """Write the calls of every workspace bench-N, and everything that stands beside a call."""
    with urls.connect("owner") as owner:
        owner.execute("create schema bench authorization ward_maintenance")
        try:
            with _faster(urls), _without_indexes(owner, tell):
                _write(urls, size, tell)
                _write_world(urls, size, tell)
        finally:
            owner.execute("set role ward_maintenance")
            owner.execute("drop schema bench cascade")


@contextlib.contextmanager
def _faster(urls: Urls) -> Iterator[None]:
    with urls.connect("superuser") as superuser:
        for statement in _FASTER:
            superuser.execute(statement.encode())
        try:
            yield
        finally:
            for statement in _AS_BEFORE:
                superuser.execute(statement.encode())


@contextlib.contextmanager
def _without_indexes(owner: psycopg.Connection[Any], tell: Callable[[str], None]) -> Iterator[None]:
    indexes = owner.execute(_INDEXES, {"tables": list(_TABLES)}).fetchall()
    for name, _ in indexes:
        owner.execute(f"drop index {name}".encode())
    yield
    owner.execute("set maintenance_work_mem = '512MB'")
    for _, statement in indexes:
        owner.execute(statement.encode())
    tell("indexes")


def _write(urls: Urls, size: Size, tell: Callable[[str], None]) -> None:
    with urls.connect("maintenance") as connection:
        for statement in ("set session_replication_role = replica", "set work_mem = '256MB'"):
            connection.execute(statement.encode())
        connection.execute(statements.STAGE.encode())
        with connection.cursor().copy("copy bench.piece from stdin") as copy:
            for row in enumerate(pieces(statements.PIECES)):
                copy.write_row(row)
        places = connection.execute(_SLUGS).fetchall()
        values = {"big": size.big, "middle": size.middle, "rest": size.rest, "turns": size.turns}
        connection.execute(statements.CALLS.encode(), values)
        connection.execute(statements.SERVICES.encode())
        connection.execute("create index on bench.call (workspace_id)")
        connection.execute("analyze bench.call, bench.piece")
        tell("calls thrown")
        _shared(urls, statements.TURNS, [slug for slug, _ in places])
        connection.execute("vacuum analyze turn")
        tell("turns")
        for _, ident in places:
            connection.execute(statements.STORED.encode(), {"workspace_id": ident})
        connection.execute("vacuum analyze call")
        tell("calls")
        _shared(urls, statements.WORDS, [slug for slug, _ in places])
        tell("words")
        for statement in (statements.PARTS, statements.COUNTERS, *statements.WORK):
            connection.execute(statement.encode())
        for _, ident in places:
            connection.execute(statements.ROLLUP.encode(), {"workspace_id": ident, "sign": 1})
        tell("work and figures")


def _write_world(urls: Urls, size: Size, tell: Callable[[str], None]) -> None:
    with urls.connect("maintenance") as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute("set work_mem = '256MB'")
        world.write(connection, {"bench-1": size.events, "bench-2": size.few}, tell)
        connection.execute(_AS_IF.encode())


def _shared(urls: Urls, statement: str, slugs: Sequence[str]) -> None:
    """Run a statement for all workspaces, a share of the calls on each connection."""
    failures: list[BaseException] = []

    def one(share: int) -> None:
        try:
            with urls.connect("maintenance") as connection:
                connection.execute("set session_replication_role = replica")
                connection.execute("set work_mem = '256MB'")
                values = {"slugs": list(slugs), "of": SHARES, "share": share}
                connection.execute(statement.encode(), values)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=one, args=(share,)) for share in range(SHARES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
