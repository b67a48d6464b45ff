"""Filling the world model of the bench in minutes; states come from the product's own rebuild."""

from collections.abc import Callable
from typing import Any

import orjson
import psycopg

from app.world.reading import ENTITY_TYPES

from .records import KINDS, RECORDS, people, shared, subject

_STAGE = (
    "create temporary table record (n integer primary key, kind text, data jsonb, subject text)",
    "create temporary table person (n integer primary key, data jsonb)",
    """
    create temporary table owner_of (workspace_id uuid, n integer, person uuid, visit uuid)
    """,
)
_OWNERS = """
insert into owner_of select w.id, n, uuidv7(), uuidv7()
from workspace w, generate_series(0, %(people)s - 1) n where w.slug = %(slug)s
"""
_ENTITIES = """
insert into entity (workspace_id, id, entity_type, canonical_id, source, first_seen_at,
  last_event_at)
select o.workspace_id, x.id, x.type, 'fhir_import:' || x.name, 'fhir_import',
  now() - o.n * interval '1 minute', now() - o.n * interval '1 minute'
from owner_of o cross join lateral (values
  (o.person, 'person', 'Patient:b-' || o.n), (o.visit, 'encounter', 'Encounter:b-' || o.n || '-1')
) x (id, type, name)
"""
# In four rounds, as over years: what is told of one person does not lie in one place.
_EVENTS = """
create temporary table told as
select o.workspace_id, o.n as of, r.n as record, r.kind, o.person, o.visit, uuidv7() as id,
  row_number() over (order by r.n / 10, o.n, r.n) as seq
from owner_of o, record r
"""
_APPEND = """
insert into event (workspace_id, id, seq, event_type, domain, data, confidence, source,
  fhir_resource_type, fhir_resource_id, effective_at, ingested_at)
select t.workspace_id, t.id, t.seq, t.kind, 'clinical',
  case when t.record = 0 then p.data || jsonb_build_object('id', 'b-' || t.of) else
    r.data || jsonb_build_object('id', 'b-' || t.of || '-' || t.record,
      r.subject, jsonb_build_object('reference', 'Patient/b-' || t.of)) end,
  1.0, 'fhir_import', t.kind, 'b-' || t.of || case when t.record = 0 then '' else
    '-' || t.record end, now() - (t.seq % 5000) * interval '5 hours',
  now() - (400 - t.record * 10) * interval '1 day'
from told t join record r on r.n = t.record join person p on p.n = t.of order by t.seq
"""
_ABOUT = """
insert into event_entity (workspace_id, entity_id, seq, event_id)
select workspace_id, person, seq, id from told
union all select workspace_id, visit, seq, id from told where record = 1
"""
_BETWEEN = """
insert into relationship (workspace_id, source_entity_id, target_entity_id, relationship,
  discovered_by)
select workspace_id, visit, person, 'subject', 'fhir_import' from owner_of
"""
_COUNTED = """
insert into world_count (workspace_id, kind, name, count)
select workspace_id, 'event', kind, count(*) from told group by 1, 3
union all select workspace_id, 'entity', x, count(*)
  from owner_of, unnest(array['person', 'encounter']) x group by 1, 3
"""
_COUNTER = """
insert into world_counter (workspace_id, last_seq)
select workspace_id, max(seq) from told group by 1
"""
_OVER = ("drop table told", "truncate owner_of")
Maintenance = psycopg.Connection[Any]


def write(connection: Maintenance, sizes: dict[str, int], tell: Callable[[str], None]) -> None:
    """Events and shells of entities for each workspace (slug -> events); no states yet.

    `connection` is that of the maintenance role; the checks of foreign keys are off for it.
    """
    for statement in _STAGE:
        connection.execute(statement.encode())
    with connection.cursor().copy("copy record from stdin") as copy:
        for n, found in enumerate(shared()):
            copy.write_row((n, KINDS[n], orjson.dumps(found).decode(), subject(KINDS[n])))
    with connection.cursor().copy("copy person from stdin") as copy:
        for n, found in enumerate(people(max(sizes.values()) // RECORDS)):
            copy.write_row((n, orjson.dumps(found).decode()))
    for slug, events in sizes.items():
        values = {"slug": slug, "people": events // RECORDS}
        connection.execute(_OWNERS.encode(), values)
        for statement in (_ENTITIES, _EVENTS, "analyze told", _APPEND, _ABOUT, _BETWEEN, _COUNTED,
                          _COUNTER, *_OVER):  # fmt: skip
            connection.execute(statement.encode())
        tell(f"events of {slug}")


assert set(KINDS) & set(ENTITY_TYPES) == {"Patient", "Encounter"} and len(KINDS) == RECORDS
