"""The world model: an append-only event store, and what is computed from it.

Revision ID: 0012
"""

from alembic import op

from app.core import policies

revision = "0012"
down_revision = "0011"

_PLACE = "workspace_id uuid not null constraint fk_{0}_workspace_id references workspace (id)"
_OF_ENTITY = """
  constraint fk_{0}_{1}_id foreign key (workspace_id, {1}_id)
    references entity (workspace_id, id)
"""
_OF_EVENT = """
  constraint fk_{0}_event_id foreign key (workspace_id, event_id)
    references event (workspace_id, id)
"""
_TABLES = {
    # The state of an entity is computed; `origins` names the event behind each of its fields.
    "entity": """
      id uuid not null default uuidv7(),
      entity_type text not null,
      canonical_id text,
      external_ids jsonb not null default '{{}}',
      display_name text,
      state jsonb not null default '{{}}',
      origins jsonb not null default '{{}}',
      confidence double precision not null default 0,
      event_count integer not null default 0,
      has_projection boolean not null default false,
      source text,
      first_seen_at timestamptz not null default now(),
      last_event_at timestamptz not null default now(),
      constraint pk_entity primary key (workspace_id, id),
      constraint uq_entity_workspace_id_canonical_id unique (workspace_id, canonical_id),
      constraint ck_entity_entity_type check (entity_type ~ '^[a-z0-9_]{{1,64}}$')
    """,
    "event": """
      id uuid not null default uuidv7(),
      seq bigint not null,
      event_type text not null,
      domain text not null,
      data jsonb not null,
      confidence double precision not null,
      source text not null,
      source_system text,
      data_source_id uuid,
      author text,
      fhir_resource_type text,
      fhir_resource_id text,
      supersedes uuid,
      effective_at timestamptz,
      ingested_at timestamptz not null default now(),
      constraint pk_event primary key (workspace_id, id),
      constraint uq_event_workspace_id_seq unique (workspace_id, seq),
      constraint ck_event_confidence check (confidence between 0 and 1),
      constraint fk_event_supersedes foreign key (workspace_id, supersedes)
        references event (workspace_id, id)
    """,
    # An event may be about several entities: an encounter and the person it was with.
    "event_entity": """
      entity_id uuid not null,
      seq bigint not null,
      event_id uuid not null,
      constraint pk_event_entity primary key (workspace_id, entity_id, seq),
    """ + _OF_ENTITY.replace("{1}", "entity") + "," + _OF_EVENT,
    # What an outside system's record was when it was last read.
    "source_record": """
      source_key text not null,
      resource_type text not null,
      external_id text not null,
      content_hash text not null,
      event_id uuid not null,
      entity_id uuid,
      seen_at timestamptz not null default now(),
      constraint pk_source_record
        primary key (workspace_id, source_key, resource_type, external_id),
    """ + _OF_EVENT,
    "relationship": """
      id uuid not null default uuidv7(),
      source_entity_id uuid not null,
      target_entity_id uuid not null,
      relationship text not null,
      confidence double precision not null default 1,
      data jsonb not null default '{{}}',
      discovered_by text not null,
      created_at timestamptz not null default now(),
      constraint pk_relationship primary key (workspace_id, id),
      constraint uq_relationship_workspace_id_both
        unique (workspace_id, source_entity_id, target_entity_id, relationship),
    """ + _OF_ENTITY.replace("{1}", "source_entity") + ","
        + _OF_ENTITY.replace("{1}", "target_entity"),
    # What an entity can be found by: words of its name, numbers, addresses, dates, identifiers.
    "entity_key": """
      kind text not null,
      value text not null,
      entity_id uuid not null,
      constraint pk_entity_key primary key (workspace_id, kind, value, entity_id),
      constraint ck_entity_key_kind
        check (kind in ('name', 'phone', 'email', 'birth_date', 'identifier')),
    """ + _OF_ENTITY.replace("{1}", "entity"),
    # Counts that the write keeps; kind is entity or event, name its type.
    "world_count": """
      kind text not null,
      name text not null,
      count bigint not null,
      constraint pk_world_count primary key (workspace_id, kind, name)
    """,
    "world_counter": """
      last_seq bigint not null default 0,
      constraint pk_world_counter primary key (workspace_id)
    """,
}  # fmt: skip
_INDEXES = {
    "ix_entity_newest": "entity (workspace_id, last_event_at desc, id desc)",
    "ix_entity_type": "entity (workspace_id, entity_type, last_event_at desc, id desc)",
    "ix_event_type": "event (workspace_id, event_type, seq desc)",
    "ix_event_ingested_at": "event (workspace_id, ingested_at desc)",
    "ix_event_source": "event (workspace_id, data_source_id, seq desc)",
    "ix_event_supersedes": "event (workspace_id, supersedes)",
    "ix_event_entity_event_id": "event_entity (workspace_id, event_id)",
    "ix_source_record_entity_id": "source_record (workspace_id, entity_id)",
    "ix_source_record_event_id": "source_record (workspace_id, event_id)",
    "ix_relationship_target": "relationship (workspace_id, target_entity_id, relationship)",
    "ix_entity_key_entity_id": "entity_key (workspace_id, entity_id)",
}
APPEND_ONLY = ("event", "event_entity")
PARTIAL = {
    "ix_event_source": "data_source_id is not null",
    "ix_event_supersedes": "supersedes is not null",
}


def upgrade() -> None:
    for table, columns in _TABLES.items():
        op.execute(f"create table {table} ({_PLACE.format(table)}, {columns.format(table)})")
        policies.protect(
            op, table, "select, insert" if table in APPEND_ONLY else policies.ALL
        )  # fmt: skip
    for name, where in _INDEXES.items():
        condition = f" where {PARTIAL[name]}" if name in PARTIAL else ""
        op.execute(f"create index {name} on {where}{condition}")


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)
