"""Engine, session, base and the one transaction a request."""

import contextlib
import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, cast

import psycopg
from flask import g
from flask_sqlalchemy import SQLAlchemy
from psycopg.types.json import Jsonb, set_json_loads
from sqlalchemy import DateTime, MetaData, event, func, text
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.orm import DeclarativeBase, mapped_column

Row = tuple[Any, ...]
Params = Mapping[str, Any] | Sequence[Any] | None

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The plain declarative base; a dataclass base breaks Flask-SQLAlchemy on SQLAlchemy 2.1."""

    metadata = MetaData(naming_convention=NAMES)


db = SQLAlchemy(model_class=Base)

Id = Annotated[
    uuid.UUID, mapped_column(UUID(as_uuid=True), primary_key=True, server_default=text("uuidv7()"))
]
Uuid = Annotated[uuid.UUID, mapped_column(UUID(as_uuid=True))]
Time = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Now = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.now())]
Json = Annotated[Any, mapped_column(JSONB)]

OWN_FILTER = re.compile(r"(?:\b\w+\.)?\bworkspace_id = %\(workspace_id\)s")
_HELD = "ward_connection"
_BEFORE = "ward_before_commit"
_AFTER = "ward_after_commit"
_filter_off: ContextVar[bool] = ContextVar("ward_filter_off", default=False)
_record: ContextVar[list[tuple[str, Any]] | None] = ContextVar("ward_statements", default=None)


Begin = Callable[[], str]
_on_begin: list[Begin] = []


def on_begin(hook: Begin) -> Begin:
    """Send the SET LOCAL statements of `hook`, if any, together with every BEGIN."""
    _on_begin.append(hook)
    return hook


def in_transaction() -> bool:
    """Whether the app context holds a connection."""
    return _HELD in g


def driver() -> psycopg.Connection[Row]:
    """The app context's connection, taken from the pool when it is first needed.

    Its transaction begins with the tenancy context, and ends with `commit` or `rollback`.
    """
    here = g._get_current_object()
    held = here.get(_HELD)
    if held is None:
        held = db.engine.raw_connection()
        setattr(here, _HELD, held)
        _begin(cast("psycopg.Connection[Row]", held.driver_connection))
    return cast("psycopg.Connection[Row]", held.driver_connection)


def _begin(connection: psycopg.Connection[Row]) -> None:
    if not connection.autocommit:
        connection.autocommit = True
    statement = "; ".join(("begin", *filter(None, (hook() for hook in _on_begin))))
    note(statement)
    connection.execute(statement.encode())


def commit() -> None:
    """Keep what was done, and give the connection back."""
    before_committing()
    held, after = g.pop(_HELD, None), g.pop(_AFTER, ())
    if held is not None:
        try:
            held.driver_connection.commit()
        except psycopg.Error:
            held.invalidate()
            raise
        held.close()
    for work in after:
        work()


def before_commit(work: Callable[[], None]) -> None:
    """Do `work` as the last thing of the transaction, when it is about to be kept."""
    g.setdefault(_BEFORE, []).append(work)


def before_committing() -> None:
    """Do now what waits for the commit."""
    for work in g.pop(_BEFORE, ()):
        work()


def after_commit(work: Callable[[], None]) -> None:
    """Do `work` once what is done now is kept, or never. It must not raise."""
    g.setdefault(_AFTER, []).append(work)


def rollback(_error: BaseException | None = None) -> None:
    """Undo what was done, and give the connection back."""
    if g:
        g.pop(_BEFORE, None)
    held = g.pop(_HELD, None) if g else None
    if held is None:
        return
    g.pop(_AFTER, None)
    try:
        held.driver_connection.rollback()
    except psycopg.Error:
        held.invalidate()
    held.close()


def cursor() -> psycopg.Cursor[Row]:
    """A raw psycopg cursor in the session's transaction (COPY, streaming)."""
    return driver().cursor()


class ForItsValues(str):
    """A statement that is planned for the values at hand, in the list of `recorded()`."""


def note(sql: str, params: Params = None) -> None:
    """Remember a statement while `recorded()` listens."""
    log = _record.get()
    if log is not None:
        log.append((sql, params))


def run(sql: str, params: Params = None, prepare: bool = True) -> psycopg.Cursor[Row]:
    """Run psycopg text with %(name)s parameters in the session's transaction.

    `prepare=False` plans the statement for the values at hand each time: where some of its
    conditions fall away, or how many rows fit differs much from value to value.
    """
    return _executed(_cursor(prepare), sql, params)


def _cursor(prepare: bool) -> psycopg.Cursor[Row]:
    return driver().cursor() if prepare else psycopg.ClientCursor(driver())


def _executed(found: psycopg.Cursor[Row], sql: str, params: Params) -> psycopg.Cursor[Row]:
    at_hand = isinstance(found, psycopg.ClientCursor)
    note(ForItsValues(sql) if at_hand else sql, params)
    if _filter_off.get():
        sql = OWN_FILTER.sub("true", sql)
    return _not_counted(found, sql, params) if at_hand else found.execute(_encoded(sql), params)


def _not_counted(found: psycopg.Cursor[Row], sql: str, params: Params) -> psycopg.Cursor[Row]:
    """Run a statement that holds its values. The connection would count how often it saw the text,
    and keep it: words of patients and ids of workspaces, in place of what comes again."""
    there = found.connection
    usual, there.prepare_threshold = there.prepare_threshold, None
    try:
        return found.execute(sql.encode(), params)
    finally:
        there.prepare_threshold = usual


@lru_cache(2048)
def _encoded(sql: str) -> bytes:
    """One object for the same statement: psycopg looks it up in two tables each time."""
    return sql.encode()


def rows(sql: str, params: Params = None, prepare: bool = True) -> list[Row]:
    """All rows as tuples."""
    return run(sql, params, prepare).fetchall()


_LISTS = frozenset(kind.array_oid for kind in psycopg.postgres.types if kind.array_oid)


def raw(sql: str, params: Params = None, prepare: bool = True) -> list[Row]:
    """All rows as tuples that can be compared and hashed: JSON as its text, arrays as tuples."""
    with _cursor(prepare) as reading:
        set_json_loads(_as_text, reading)
        found = _executed(reading, sql, params).fetchall()
        listed = any(column.type_code in _LISTS for column in reading.description or ())
    if not listed:
        return found
    return [tuple(tuple(v) if isinstance(v, list) else v for v in line) for line in found]


class JsonText(str):
    """JSON as it was stored."""


def _as_text(stored: str | bytes) -> JsonText:
    return JsonText(stored if isinstance(stored, str) else bytes(stored).decode())


def parsed(line: Row) -> Row:
    """A row of `raw` as `rows` gives it."""
    return tuple(
        json.loads(v) if isinstance(v, JsonText) else list(v) if isinstance(v, tuple) else v
        for v in line
    )


def row(sql: str, params: Params = None, prepare: bool = True) -> Row | None:
    """The first row, or None."""
    return run(sql, params, prepare).fetchone()


def value(sql: str, params: Params = None, prepare: bool = True) -> Any:
    """The first column of the first row, or None."""
    found = row(sql, params, prepare)
    return found[0] if found else None


def execute(sql: str, params: Params = None) -> int:
    """How many rows the statement touched."""
    return run(sql, params).rowcount


def jsonb(content: Any) -> Jsonb:
    """Wrap a Python value as a JSONB parameter."""
    return Jsonb(content)


def new_id() -> uuid.UUID:
    """A time-ordered UUID made by the database."""
    return cast("uuid.UUID", value("select uuidv7()"))


@contextlib.contextmanager
def transaction() -> Iterator[None]:
    """Commit what the block did, or nothing of it (commands and jobs)."""
    try:
        yield
        commit()
    except BaseException:
        rollback()
        raise


_TRY = b"select pg_try_advisory_lock(hashtextextended(%(key)s, 0))"
_LET_GO = b"select pg_advisory_unlock(hashtextextended(%(key)s, 0))"


@contextlib.contextmanager
def advisory(key: str) -> Iterator[bool]:
    """Whether nobody else holds `key` now, on any machine; held for the block, across commits.

    A process that is killed lets go.
    """
    held = db.engine.raw_connection()
    connection = cast("psycopg.Connection[Row]", held.driver_connection)
    try:
        found = connection.execute(_TRY, {"key": key}).fetchone()
        connection.commit()
        mine = bool(found and found[0])
        yield mine
        if mine:
            connection.execute(_LET_GO, {"key": key})
            connection.commit()
    except BaseException:
        # A connection that is thrown away takes its lock with it.
        held.invalidate()
        raise
    finally:
        held.close()


@contextlib.contextmanager
def without_own_filter() -> Iterator[None]:
    """Drop `workspace_id = …` from every statement of the block, to prove row security alone."""
    mark = _filter_off.set(True)
    try:
        yield
    finally:
        _filter_off.reset(mark)


@contextlib.contextmanager
def recorded() -> Iterator[list[tuple[str, Any]]]:
    """Collect every statement run in the block, as (sql, params)."""
    log: list[tuple[str, Any]] = []
    mark = _record.set(log)
    try:
        yield log
    finally:
        _record.reset(mark)


def install_statement_log() -> None:
    """Let `recorded()` see what SQLAlchemy itself sends as well."""

    @event.listens_for(db.engine, "before_cursor_execute")
    def _seen(_c: Any, _cur: Any, statement: str, params: Any, _ctx: Any, _many: bool) -> None:
        note(statement, params)
