"""Reading FHIR resources by type, date and status; the figures of the world for every read.

Revision ID: 0020
"""

from alembic import op

from app.core import policies

revision = "0020"
down_revision = "0019"

# Row security lets only leakproof comparisons use an index: the status is a column, not a path
# into the resource.
_STATUS = """
alter table event add column fhir_status text generated always as (
  left(coalesce(data ->> 'status', data #>> '{clinicalStatus,coding,0,code}'), 64)) stored
"""
_NEWEST = "effective_at desc nulls last, seq desc) where fhir_resource_type is not null"
_INDEXES = {
    "ix_event_fhir": f"event (workspace_id, fhir_resource_type, {_NEWEST}",
    "ix_event_fhir_status": f"event (workspace_id, fhir_resource_type, fhir_status, {_NEWEST}",
    "ix_entity_name": "entity (workspace_id, entity_type, display_name, id)",
    "ix_entity_source": "entity (workspace_id, source, last_event_at desc, id desc)",
    "ix_entity_bare": "entity (workspace_id, last_event_at desc, id desc) where not has_projection",
    "ix_entity_confidence": "entity (workspace_id, confidence, id) where has_projection",
    "ix_set_aside_all": "set_aside (workspace_id, created_at desc)",
    "ix_entity_source_entity_id": "entity_source (workspace_id, entity_id)",
}
# Which systems told of an entity.
_ENTITY_SOURCE = """
create table entity_source (
  workspace_id uuid not null constraint fk_entity_source_workspace_id references workspace (id),
  source_system text not null,
  entity_id uuid not null,
  constraint pk_entity_source primary key (workspace_id, source_system, entity_id),
  constraint fk_entity_source_entity_id foreign key (workspace_id, entity_id)
    references entity (workspace_id, id)
)
"""
_KINDS = "'name', 'phone', 'email', 'birth_date', 'identifier'"
_CHECK = """
alter table entity_key drop constraint ck_entity_key_kind,
  add constraint ck_entity_key_kind check (kind in ({0}))
"""
_FILLED = ("entity", "event", "event_entity", "entity_source", "entity_key", "world_count")
_FILL = (
    """
    insert into entity_source (workspace_id, source_system, entity_id)
    select distinct l.workspace_id, coalesce(e.source_system, e.source), l.entity_id
    from event_entity l join event e on e.workspace_id = l.workspace_id and e.id = l.event_id
    """,
    """
    insert into world_count (workspace_id, kind, name, count)
    select workspace_id, 'projected', entity_type, count(*) from entity where has_projection
    group by 1, 3
    union all select workspace_id, 'confidence', entity_type, sum((confidence * 10000)::bigint)
    from entity group by 1, 3 having sum((confidence * 10000)::bigint) <> 0
    union all select workspace_id, 'fact', event_type || chr(9) || domain || chr(9) || source,
      count(*) from event group by 1, 3
    union all select workspace_id, 'hour',
      to_char(ingested_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24'), count(*) from event
    group by 1, 3
    union all select n.workspace_id, 'source', n.entity_type || chr(9) || s.source_system, count(*)
    from entity_source s join entity n on n.workspace_id = s.workspace_id and n.id = s.entity_id
    group by 1, 3
    """,
)


def upgrade() -> None:
    op.execute(_STATUS)
    op.execute(_ENTITY_SOURCE)
    policies.protect(op, "entity_source")
    for name, where in _INDEXES.items():
        op.execute(f"create index {name} on {where}")
    op.execute(_CHECK.format(f"{_KINDS}, 'tag'"))
    _as_owner(*_FILL)


def _as_owner(*statements: str) -> None:
    """The owner is under row security too; it is back before anybody else can look."""
    for table in _FILLED:
        op.execute(f"alter table {table} no force row level security")
    for statement in statements:
        op.execute(statement)
    for table in _FILLED:
        op.execute(f"alter table {table} force row level security")


def downgrade() -> None:
    _as_owner(
        "delete from entity_key where kind = 'tag'",
        "delete from world_count"
        " where kind in ('projected', 'confidence', 'fact', 'hour', 'source')",
    )
    op.execute(_CHECK.format(_KINDS))
    for name in reversed(_INDEXES):
        op.execute(f"drop index {name}")
    op.drop_table("entity_source")
    op.execute("alter table event drop column fhir_status")
