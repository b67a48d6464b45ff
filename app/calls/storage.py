"""Writing many calls at once: COPY into a temporary table, then INSERT under row security."""

import uuid
from collections.abc import Sequence

import orjson

from app.core import database
from app.core.settings import load
from app.phone_numbers.declaration import TEST_CALLERS

from .schema import CallIn, TurnIn

CALL = (
    "id", "number", "call_sid", "direction", "status", "source", "completion_reason",
    "escalation_status", "started_at", "ended_at", "duration_seconds", "caller_id",
    "phone_number", "service_id", "service_name", "configuration", "final_state",
    "quality_score", "error", "turn_count", "run_id", "parent_session_id", "fork_turn_index",
    "body_hash",
)  # fmt: skip
TURN = (
    "call_id", "seq", "speaker_role", "text", "started_s", "ended_s", "engine_ms", "nav_ms",
    "render_ms", "ttfb_ms", "state", "interrupted",
)  # fmt: skip
_TEMPORARY = """
create temporary table if not exists incoming_{0} (like {0} including defaults)
on commit delete rows
"""
_LOCK = """
insert into call_counter (workspace_id) values (%(workspace_id)s)
on conflict (workspace_id) do update set last_number = call_counter.last_number
"""
_RESERVE = """
update call_counter set last_number = last_number + %(count)s, total = total + %(count)s
where workspace_id = %(workspace_id)s returning last_number - %(count)s
"""
_IDS = "select uuidv7() from generate_series(1, %(count)s)"
_MOVE = """
insert into {0} (workspace_id, {1}) select %(workspace_id)s, {1} from incoming_{0}
"""
MOVE_CALLS = _MOVE.format("call", ", ".join(CALL))
MOVE_TURNS = _MOVE.format("turn", ", ".join(TURN))


def lock_counter(workspace_id: uuid.UUID) -> None:
    """One writer a workspace at a time, so that numbers and call_sids stay unique."""
    database.execute(_LOCK, {"workspace_id": workspace_id})


def store(workspace_id: uuid.UUID, calls: Sequence[tuple[CallIn, str]]) -> int:
    """Store calls (with their fingerprints) that are known to be new; how many turns they had."""
    count = {"workspace_id": workspace_id, "count": len(calls)}
    lock_counter(workspace_id)
    number = database.value(_RESERVE, count)
    ids = [row[0] for row in database.rows(_IDS, count)]
    testers = frozenset(load(TEST_CALLERS, workspace_id).value.numbers)
    _fill("call", CALL, [
        _call_row(ids[i], number + i + 1, call, hashed, testers) for i, (call, hashed) in enumerate(calls)
    ])  # fmt: skip
    database.execute(MOVE_CALLS, {"workspace_id": workspace_id})
    return store_turns(workspace_id, [(ids[i], 0, call.turns) for i, (call, _) in enumerate(calls)])


def store_turns(
    workspace_id: uuid.UUID, spoken: Sequence[tuple[uuid.UUID, int, Sequence[TurnIn]]]
) -> int:
    """Store turns of calls, each from a first index on; how many."""
    rows = [
        (
            call_id, first + i, t.speaker_role, t.text, t.started_s, t.ended_s, t.engine_ms,
            t.nav_ms, t.render_ms, t.ttfb_ms, t.state, t.interrupted,
        )
        for call_id, first, turns in spoken
        for i, t in enumerate(turns)
    ]  # fmt: skip
    if rows:
        _fill("turn", TURN, rows)
        database.execute(MOVE_TURNS, {"workspace_id": workspace_id})
    return len(rows)


def _fill(table: str, columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
    """COPY under row security is refused, a temporary table has none."""
    database.execute(_TEMPORARY.format(table))
    database.execute(f"alter table incoming_{table} alter workspace_id drop not null")
    database.execute(f"truncate incoming_{table}")
    names = ", ".join(columns)
    with database.cursor().copy(f"copy incoming_{table} ({names}) from stdin".encode()) as copy:
        write = copy.write_row
        for row in rows:
            write(row)


def _call_row(
    ident: uuid.UUID, number: int, c: CallIn, hashed: str, testers: frozenset[str]
) -> tuple[object, ...]:
    test = c.direction == "inbound" and c.caller_id in testers
    return (
        ident, number, c.call_sid, "test" if test else c.direction, c.status, c.source, c.completion_reason,
        c.escalation_status, c.started_at, c.ended_at, c.seconds(), c.caller_id, c.phone_number,
        c.service_id, c.service_name, orjson.dumps(c.configuration).decode(), c.final_state,
        c.quality_score, c.error, len(c.turns), c.run_id, c.parent_session_id,
        c.fork_turn_index, hashed,
    )  # fmt: skip
