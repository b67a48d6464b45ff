"""Writing many calls at once: COPY into a temporary table, then INSERT under row security."""

import uuid
from collections.abc import Iterable, Iterator, Sequence

import orjson

from app.core import database
from app.core.settings import load
from app.phone_numbers.declaration import TEST_CALLERS

from . import entities, rollups
from .buckets import RESPONSES, count
from .schema import RUNNING, CallIn
from .spoken import TurnIn, answer_times
from .zones import zone_name

CALL = (
    "id", "number", "call_sid", "direction", "status", "source", "channel_kind",
    "completion_reason",
    "escalation_status", "started_at", "ended_at", "duration_seconds", "caller_id",
    "phone_number", "service_id", "service_name", "configuration", "final_state",
    "quality_score", "error", "turn_count", "run_id", "parent_session_id", "fork_turn_index",
    "body_hash", "responses", "slowest_ms",
)  # fmt: skip
TURN = (
    "call_id", "seq", "speaker_role", "text", "started_s", "ended_s", "engine_ms", "nav_ms",
    "render_ms", "ttfb_ms", "response_ms", "state", "interrupted", "tool_calls", "details",
)  # fmt: skip
_LOOSEN = {
    "call": ("alter table incoming_call alter workspace_id drop not null,"
             " alter outcome drop not null",),
    "turn": ("alter table incoming_turn alter workspace_id drop not null",
             "alter table incoming_turn add column if not exists part integer"),
}  # fmt: skip
_TEMPORARY = """
create temporary table if not exists incoming_{0} (like {0} including defaults)
on commit delete rows
"""
_LOCK = """
insert into call_counter (workspace_id, time_zone) values (%(workspace_id)s, %(zone)s)
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
_COUNTER = "select 1 from call_counter where workspace_id = %(workspace_id)s for update"
_LIVE = """
update call_counter set live_version = live_version + 1 where workspace_id = %(workspace_id)s
"""
_PARTS = """
insert into caller_part (workspace_id, part, caller_id)
select distinct %(workspace_id)s::uuid, substr(c.caller_id, n), c.caller_id
from (select distinct caller_id from incoming_call where caller_id is not null) c,
  generate_series(2, length(c.caller_id) - 2) n
on conflict do nothing
"""
# Turns are joined by a word that no index keeps but that takes a place, and two of them stand
# before what each speaker said: a phrase does not reach from one turn into the next.
_JOINED = (
    "coalesce('the the ' || string_agg(t.text, E'\n the \n' order by t.seq) filter (where {0}), '')"
)
SPOKEN = " || ".join(
    f"setweight(to_tsvector('english', {_JOINED.format(whose)}), '{weight}')"
    for weight, whose in (("A", "t.speaker_role = 'caller'"), ("B", "t.speaker_role = 'agent'"),
                          ("C", "t.speaker_role = 'operator'"))
)  # fmt: skip
_WORDS = """
insert into transcript_part (workspace_id, call_id, first_seq, started_at, number, words, whole)
select c.workspace_id, c.id, t.part, c.started_at, c.number, {spoken},
  t.part = 0 and count(*) over (partition by c.id) = 1
from {source} t join call c on c.workspace_id = %(workspace_id)s and c.id = t.call_id
group by c.workspace_id, c.id, t.part
"""
PART_BYTES = 60_000
"""A part of a transcript stays below what one search row can hold."""
_SLICES = f"""
(select call_id, seq, speaker_role, text, min(seq) over (partition by slice) as part from (
  select *, sum(octet_length(text)) over (order by seq) / {PART_BYTES} as slice from turn
  where workspace_id = %(workspace_id)s and call_id = %(id)s) sliced)
"""
_ADD_WORDS = _WORDS.format(spoken=SPOKEN, source="incoming_turn")
_GATHER_WORDS = _WORDS.format(spoken=SPOKEN, source=_SLICES)
_GROWING = """
update transcript_part set whole = false where workspace_id = %(workspace_id)s and whole
and call_id in (select call_id from incoming_turn)
"""
_FORGET_PARTS = """
delete from transcript_part
where workspace_id = %(workspace_id)s and call_id = %(id)s and not whole
"""
Spoken = tuple[uuid.UUID, int, Sequence[TurnIn], TurnIn | None]
"""A call's id, the number of its first new turn, the new turns, and the turn before them."""


def lock_counter(workspace_id: uuid.UUID) -> None:
    """One writer a workspace at a time, so that numbers, call_sids and figures stay right."""
    if database.row(_COUNTER, {"workspace_id": workspace_id}) is None:
        first = {"workspace_id": workspace_id, "zone": zone_name(workspace_id)}
        database.execute(_LOCK, first)


def touch_live(workspace_id: uuid.UUID) -> None:
    """Let the live page know that something changed."""
    database.execute(_LIVE, {"workspace_id": workspace_id})


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
    place = {"workspace_id": workspace_id}
    database.execute(MOVE_CALLS, place)
    database.execute(_PARTS, place)
    turns = store_turns(
        workspace_id, [(ids[i], 0, c.turns, None) for i, (c, _) in enumerate(calls)]
    )
    rollups.add(workspace_id, ids)
    if any(call.status in RUNNING for call, _ in calls):
        touch_live(workspace_id)
    entities.add(workspace_id, ids)
    return turns


def store_turns(workspace_id: uuid.UUID, spoken: Sequence[Spoken]) -> int:
    """Store turns of calls, each from a first index on; how many."""
    count = sum(len(turns) for _, _, turns, _ in spoken)
    if count:
        _fill("turn", (*TURN, "part"), (row for one in spoken for row in _turn_rows(*one)))
        database.execute(MOVE_TURNS, {"workspace_id": workspace_id})
        if any(first for _, first, _, _ in spoken):
            database.execute(_GROWING, {"workspace_id": workspace_id})
        database.execute(_ADD_WORDS, {"workspace_id": workspace_id})
    return count


def gather_words(workspace_id: uuid.UUID, call_id: uuid.UUID) -> None:
    """Put the words of a call that grew, and has ended, into one row of the search."""
    params = {"workspace_id": workspace_id, "id": call_id}
    if database.execute(_FORGET_PARTS, params):
        database.execute(_GATHER_WORDS, params)


def _turn_rows(
    call_id: uuid.UUID, first: int, turns: Sequence[TurnIn], before: TurnIn | None
) -> Iterator[tuple[object, ...]]:
    part, size = first, 0
    waits = answer_times(turns, before)
    for seq, (t, waited) in enumerate(zip(turns, waits, strict=True), first):
        size += len(t.text.encode())
        if size > PART_BYTES:
            part, size = seq, len(t.text.encode())
        tools = [tool.model_dump(mode="json", exclude_defaults=True) for tool in t.tool_calls]
        details = t.details()
        yield (
            call_id, seq, t.speaker_role, t.text, t.started_s, t.ended_s, t.engine_ms, t.nav_ms,
            t.render_ms, t.ttfb_ms, waited, t.state, t.interrupted,
            orjson.dumps(tools).decode() if tools else None,
            orjson.dumps(details).decode() if details else None, part,
        )  # fmt: skip


def _fill(table: str, columns: Sequence[str], rows: Iterable[tuple[object, ...]]) -> None:
    """COPY under row security is refused, a temporary table has none."""
    database.execute(_TEMPORARY.format(table))
    for statement in _LOOSEN[table]:
        database.execute(statement)
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
    waits = [waited for waited in answer_times(c.turns) if waited is not None]
    return (
        ident, number, c.call_sid, "test" if test else c.direction, c.status, c.source,
        c.channel_kind, c.completion_reason, c.escalation_status, c.started_at, c.ended_at,
        c.seconds(), c.caller_id, c.phone_number, c.service_id, c.service_name,
        orjson.dumps(c.configuration).decode(), c.final_state, c.quality_score, c.error,
        len(c.turns), c.run_id, c.parent_session_id, c.fork_turn_index, hashed,
        _array(count(waits, RESPONSES)) if waits else None, max(waits, default=None),
    )  # fmt: skip


def _array(counts: list[int]) -> str:
    """As COPY writes it, which takes psycopg far longer."""
    return f"{{{','.join(map(str, counts))}}}"
