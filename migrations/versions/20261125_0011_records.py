"""Call records that people work with: search, review, recordings, figures, retention.

Revision ID: 0011
"""

from pathlib import Path

from alembic import op

from app.core import policies

revision = "0011"
down_revision = "0010"

RUNNING = "('initiated', 'ringing', 'in-progress')"
_OUTCOME = f"""
case
  when status in {RUNNING} then 'running'
  when completion_reason in ('transferred', 'forwarded', 'warm_transfer_completed')
    then 'transferred'
  when status = 'completed' and (completion_reason is null or completion_reason not in
    ('abandoned', 'no_answer', 'voicemail', 'no_inbound_audio')) then 'answered'
  else 'unanswered'
end
"""
_CALL = f"""
alter table call
  add column channel_kind text not null default 'voice',
  add column outcome text not null generated always as ({_OUTCOME}) stored,
  add column utc_hour smallint
    generated always as (extract(hour from started_at at time zone 'UTC')::smallint) stored,
  add column responses integer[],
  add column slowest_ms double precision,
  add column reviewed_at timestamptz,
  add column reviewed_by text,
  add column reviewed_by_account_id uuid,
  add column transcript_removed_at timestamptz,
  add constraint ck_call_channel_kind
    check (channel_kind in ('voice', 'sms', 'whatsapp', 'web', 'email'))
"""
_TURN = """
alter table turn
  add column response_ms double precision,
  add column tool_calls jsonb,
  add column details jsonb
"""
_COUNTER = """
alter table call_counter
  add column live_version bigint not null default 0,
  add column time_zone text not null default 'UTC'
"""
_NEWEST = "started_at desc, number desc"
# Name -> columns after workspace_id, and the condition of a partial index.
_INDEXES = {
    "outcome": (f"outcome, {_NEWEST}", ""),
    "completion_reason": (f"completion_reason, {_NEWEST}", "completion_reason is not null"),
    "caller_id": (f"caller_id, {_NEWEST}", "caller_id is not null"),
    "duration": ("duration_seconds desc, number desc", "duration_seconds is not null"),
    "quality": ("quality_score desc, number desc", "quality_score is not null"),
    "escalated": (_NEWEST, "escalation_status <> 'none'"),
    "real": (
        _NEWEST,
        "source not in ('simulated', 'playground') and direction not in ('simulated', 'test')",
    ),
    "utc_hour": (f"utc_hour, {_NEWEST}", ""),
    "running": (_NEWEST, f"status in {RUNNING}"),
    "reviewed": (_NEWEST, "reviewed_at is not null"),
    "unreviewed": (_NEWEST, "reviewed_at is null"),
    "reviewer": ("reviewed_by_account_id, reviewed_at desc", "reviewed_by_account_id is not null"),
    "text": (_NEWEST, "channel_kind <> 'voice'"),
    "recorded": (_NEWEST, "has_recording"),
}
_OF_CALL = """
  constraint fk_{0}_call_id foreign key (workspace_id, call_id)
    references call (workspace_id, id) on delete cascade
"""
_OF_ACCOUNT = """
  constraint fk_{0}_account_id foreign key (workspace_id, account_id)
    references account (workspace_id, id) on delete cascade
"""
_PLACE = "workspace_id uuid not null constraint fk_{0}_workspace_id references workspace (id)"
_TABLES = {
    # One row a call, `whole`, once it has ended; while it grows one for each time turns came in,
    # and several where one row could not hold the words. The weight of a word says who spoke it:
    # A caller, B agent, C operator.
    "transcript_part": """
      call_id uuid not null,
      first_seq integer not null,
      started_at timestamptz not null,
      number bigint not null,
      words tsvector not null,
      whole boolean not null default true,
      constraint pk_transcript_part primary key (workspace_id, call_id, first_seq),
    """ + _OF_CALL,
    # Every ending of a caller's number, from three digits on: a part of a number is found
    # along one range of the index.
    "caller_part": """
      part text not null,
      caller_id text not null,
      constraint pk_caller_part primary key (workspace_id, part, caller_id)
    """,
    "call_assignment": """
      call_id uuid not null,
      account_id uuid not null,
      started_at timestamptz not null,
      number bigint not null,
      assigned_by text not null,
      assigned_at timestamptz not null default now(),
      done boolean not null default false,
      constraint pk_call_assignment primary key (workspace_id, call_id),
    """ + _OF_CALL + "," + _OF_ACCOUNT,
    "call_tag": """
      call_id uuid not null,
      tag text not null,
      started_at timestamptz not null,
      number bigint not null,
      constraint pk_call_tag primary key (workspace_id, call_id, tag),
    """ + _OF_CALL,
    "call_note": """
      id uuid not null default uuidv7(),
      call_id uuid not null,
      text text not null,
      author text not null,
      author_account_id uuid,
      created_at timestamptz not null default now(),
      constraint pk_call_note primary key (workspace_id, id),
    """ + _OF_CALL,
    "note_mention": """
      note_id uuid not null,
      account_id uuid not null,
      created_at timestamptz not null default now(),
      seen_at timestamptz,
      constraint pk_note_mention primary key (workspace_id, note_id, account_id),
      constraint fk_note_mention_note_id foreign key (workspace_id, note_id)
        references call_note (workspace_id, id) on delete cascade,
    """ + _OF_ACCOUNT,
    # A view without an account belongs to the workspace.
    "saved_view": """
      id uuid not null default uuidv7(),
      account_id uuid,
      name text not null,
      query text not null,
      created_by text not null,
      created_by_account_id uuid not null,
      created_at timestamptz not null default now(),
      constraint pk_saved_view primary key (workspace_id, id),
    """ + _OF_ACCOUNT,
    "recording": """
      id uuid not null default uuidv7(),
      call_id uuid not null,
      key text not null,
      format text not null,
      bytes bigint not null,
      sha256 text not null,
      duration_seconds double precision not null,
      channels integer not null,
      sample_rate integer not null,
      peaks jsonb,
      uploaded_by text not null,
      created_at timestamptz not null default now(),
      constraint pk_recording primary key (workspace_id, id),
      constraint uq_recording_workspace_id_call_id unique (workspace_id, call_id),
      constraint uq_recording_workspace_id_key unique (workspace_id, key),
      constraint ck_recording_format check (format in ('wav', 'mp3', 'ogg')),
    """ + _OF_CALL,
    # Counts of ended real calls: by local day and hour for all, by day for a service or number.
    "call_rollup": """
      dimension text not null,
      key text not null,
      day date not null,
      hour smallint not null,
      calls integer not null,
      answered integer not null,
      transferred integer not null,
      unanswered integer not null,
      escalated integer not null,
      lengths integer[] not null,
      responses integer[] not null,
      constraint pk_call_rollup primary key (workspace_id, dimension, day, key, hour),
      constraint ck_call_rollup_dimension check (dimension in ('all', 'service', 'number'))
    """,
    # What one run of retention removed; never changed.
    "retention_run": """
      id uuid not null default uuidv7(),
      number bigint not null,
      started_at timestamptz not null,
      finished_at timestamptz not null,
      started_by text not null,
      receipt jsonb not null,
      signature text not null,
      constraint pk_retention_run primary key (workspace_id, id),
      constraint uq_retention_run_workspace_id_number unique (workspace_id, number)
    """,
    # The run under way, kept with every batch: a run cut off goes on where it was. One a workspace.
    "retention_progress": """
      started_at timestamptz not null default now(),
      touched_at timestamptz not null default now(),
      started_by text not null,
      begun integer not null default 0,
      rules jsonb not null,
      records bigint not null default 0,
      transcripts bigint not null default 0,
      notes bigint not null default 0,
      recordings bigint not null default 0,
      constraint pk_retention_progress primary key (workspace_id)
    """,
}  # fmt: skip
_TABLE_INDEXES = {
    "call_assignment": f"account_id, {_NEWEST}",
    "call_tag": f"tag, {_NEWEST}",
    "call_note": "call_id, created_at",
    "note_mention": "account_id, created_at desc",
}
# A name once for each account, and once for the views of everybody.
_VIEW_NAMES = """
create unique index uq_saved_view_name on saved_view (workspace_id, account_id, lower(name))
nulls not distinct
"""
# What waits for somebody: assigned and not reviewed yet, mentioned and not seen yet.
_WAITING = """
create index ix_call_assignment_open on call_assignment
  (workspace_id, account_id, started_at desc, number desc) where not done;
create index ix_note_mention_unseen on note_mention
  (workspace_id, account_id, created_at desc) where seen_at is null
"""
_FIND = (Path(__file__).parents[1] / "sql/find_transcripts.sql").read_text()
_SUM = """
create function add_counts(a integer[], b integer[]) returns integer[]
language sql immutable parallel safe as $$
  select coalesce(array_agg(coalesce(x, 0) + coalesce(y, 0) order by n), '{}')
  from unnest(a, b) with ordinality both_(x, y, n)
$$
"""


def upgrade() -> None:
    for statement in (_CALL, _TURN, _COUNTER, _SUM):
        op.execute(statement)
    for name, (columns, condition) in _INDEXES.items():
        where = f" where {condition}" if condition else ""
        op.execute(f"create index ix_call_{name} on call (workspace_id, {columns}){where}")
    for table, columns in _TABLES.items():
        op.execute(f"create table {table} ({_PLACE.format(table)}, {columns.format(table)})")
        policies.protect(op, table, "select, insert" if table == "retention_run" else policies.ALL)
    for table, columns in _TABLE_INDEXES.items():
        op.execute(f"create index ix_{table}_workspace_id on {table} (workspace_id, {columns})")
    for name, condition in (("whole", "whole"), ("growing", "not whole")):
        op.execute(f"create index ix_transcript_part_{name} on transcript_part"
                   f" (workspace_id, {_NEWEST}) where {condition}")  # fmt: skip
    op.execute(_WAITING)
    op.execute(_VIEW_NAMES)
    op.execute("create index ix_transcript_part_words on transcript_part using gin (words)")
    op.execute(_FIND)


def downgrade() -> None:
    op.execute("drop function find_transcripts, find_whole_transcripts")
    for table in reversed(_TABLES):
        op.drop_table(table)
    for name in _INDEXES:
        op.execute(f"drop index ix_call_{name}")
    op.execute("drop function add_counts")
    op.execute("alter table call_counter drop column live_version, drop column time_zone")
    op.execute("alter table turn drop column response_ms, drop column tool_calls,"
               " drop column details")  # fmt: skip
    op.execute("alter table call drop column outcome, drop column utc_hour")
    for column in ("channel_kind", "responses", "slowest_ms", "reviewed_at", "reviewed_by",
                   "reviewed_by_account_id", "transcript_removed_at"):  # fmt: skip
        op.execute(f"alter table call drop column {column}")
