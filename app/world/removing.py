"""Records that their source no longer has: they count no more, and their history stays."""

import uuid
from collections.abc import Iterable

import orjson

from app.core import audit, database

from . import store
from .imports import Origin
from .store import NewEvent

_TAKE_OUT = """
with gone as (
  delete from source_record r
  using json_to_recordset(%(records)s::json) x (kind text, id text)
  where r.workspace_id = %(workspace_id)s and r.source_key = %(source)s
    and r.resource_type = x.kind and r.external_id = x.id
  returning r.resource_type, r.external_id, r.event_id)
select g.*, (select coalesce(array_agg(l.entity_id order by l.entity_id), '{}')
  from event_entity l where l.workspace_id = %(workspace_id)s and l.event_id = g.event_id)
from gone g order by 1, 2
"""


def remove(workspace_id: uuid.UUID, origin: Origin, records: Iterable[tuple[str, str]]) -> int:
    """Let the records (type, id) of a source count no more; how many were there.

    Each gets an event of confidence 0 in the place of the one that told of it.
    """
    rows = [{"kind": kind, "id": ident} for kind, ident in records]
    store.lock(workspace_id)
    gone = database.rows(_TAKE_OUT, {
        "workspace_id": workspace_id, "source": origin.key,
        "records": orjson.dumps(rows).decode(),
    })  # fmt: skip
    store.append(workspace_id, [
        NewEvent(
            kind, {"resourceType": kind, "id": ident}, tuple(about), 0.0, origin.source,
            source_system=origin.system, data_source_id=origin.data_source_id,
            fhir_resource_type=kind, fhir_resource_id=ident, supersedes=event,
        )
        for kind, ident, event, about in gone
    ])  # fmt: skip
    if gone:
        audit.record("world.remove", "world", phi=True, workspace_id=workspace_id,
                     metadata={"source": origin.source, "removed": len(gone)})  # fmt: skip
    return len(gone)
