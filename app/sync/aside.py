"""Records that could not be taken: each kept once with its place and reason until it goes in."""

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core import database
from app.world.imports import ID, KIND
from app.world.records import Record

from .mapped import Unfit

LARGEST_KEPT = 1024 * 1024
"""Bytes of a record's own content that are kept with it; larger ones must come again."""
PAGE = 50
# Only these can be tried: where nothing is kept, the other side must be one that can be asked.
_CAN = "(kept is not null or %(asks)s and resource_type is not null and external_id is not null)"
_PUT = """
insert into set_aside (workspace_id, data_source_id, key, place, reason, resource_type,
  external_id, kept)
select %(workspace_id)s, %(source)s, * from unnest(%(keys)s::text[], %(places)s::text[],
  %(reasons)s::text[], %(kinds)s::text[], %(ids)s::text[], %(kept)s::bytea[])
on conflict (workspace_id, data_source_id, key) do update set place = excluded.place,
  reason = excluded.reason, kept = excluded.kept, times = set_aside.times + 1, seen_at = now()
"""
_DROP = """
delete from set_aside where workspace_id = %(workspace_id)s and data_source_id = %(source)s
  and key = any(%(keys)s)
"""
_ANY = """
select exists (select from set_aside
  where workspace_id = %(workspace_id)s and data_source_id = %(source)s)
"""
_PAGE = f"""
select id, place, reason, resource_type, external_id, times, created_at, seen_at, {_CAN}
from set_aside
where workspace_id = %(workspace_id)s and data_source_id = %(source)s
  and (%(before)s::uuid is null or id < %(before)s) order by id desc limit %(take)s
"""
_COUNT = """
select count(*) from set_aside
where workspace_id = %(workspace_id)s and data_source_id = %(source)s
"""
_CAN_COUNT = f"""
select count(*) from set_aside
where workspace_id = %(workspace_id)s and data_source_id = %(source)s and {_CAN}
  and (%(one)s::uuid is null or id = %(one)s)
"""
_WAITING = f"""
select id, key, place, resource_type, external_id, kept from set_aside
where workspace_id = %(workspace_id)s and data_source_id = %(source)s and {_CAN}
  and (%(one)s::uuid is null or id = %(one)s) and (%(after)s::uuid is null or id > %(after)s)
order by id limit 100
"""
_TRIED = """
update set_aside set times = times + 1, seen_at = now()
where workspace_id = %(workspace_id)s and id = %(id)s
"""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that was refused; `content` is what is kept of it to try it again."""

    key: str
    place: str
    reason: str
    kind: str | None
    ident: str | None
    content: bytes | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A record that waits to be tried again."""

    id: uuid.UUID
    key: str
    place: str
    kind: str | None
    ident: str | None
    content: bytes | None


@dataclass(frozen=True, slots=True)
class Line:
    """A record set aside, as it is listed; `again` whether it can be tried."""

    id: uuid.UUID
    place: str
    reason: str
    kind: str | None
    ident: str | None
    times: int
    first_at: datetime
    last_at: datetime
    again: bool


def _named(resource: Any) -> tuple[str | None, str | None]:
    """(type, id), each where it is one."""
    if not isinstance(resource, dict):
        return None, None
    kind, ident = resource.get("resourceType"), resource.get("id")
    return (
        kind if isinstance(kind, str) and KIND.fullmatch(kind) else None,
        ident if isinstance(ident, str) and ID.fullmatch(ident) else None,
    )


def key_of(resource: Any, place: str = "") -> str:
    """What a record is known by: its type and id, else its content, else where it stood."""
    kind, ident = _named(resource)
    if isinstance(resource, Record | Unfit):
        kind, ident = resource.entity_type, resource.key
    if kind and ident:
        return f"{kind}/{ident}"
    content = json.dumps(resource, sort_keys=True) if isinstance(resource, dict) else place
    return hashlib.sha256(content.encode()).hexdigest()


def keys_of(resource: Any, place: str) -> set[str]:
    """All by which a record that went in may have been set aside before."""
    return {key_of(resource, place), key_of(None, place)}


def refusal(place: str, reason: str, resource: Any) -> Refusal:
    """A refused record, ready to be kept."""
    kind, ident = _named(resource)
    kept = resource
    if isinstance(resource, Unfit):
        ident, kept = resource.key, resource.kept
    content = json.dumps(kept).encode() if isinstance(kept, dict) else None
    if content is not None and len(content) > LARGEST_KEPT:
        content = None
    return Refusal(key_of(resource, place), place[:512], reason, kind, ident, content)


def put(workspace_id: uuid.UUID, source: uuid.UUID, found: Iterable[Refusal]) -> None:
    """Keep refused records; one that is there already is counted again."""
    each = list({refused.key: refused for refused in found}.values())
    if each:
        database.execute(_PUT, {
            "workspace_id": workspace_id, "source": source, "keys": [r.key for r in each],
            "places": [r.place for r in each], "reasons": [r.reason for r in each],
            "kinds": [r.kind for r in each], "ids": [r.ident for r in each],
            "kept": [r.content for r in each],
        })  # fmt: skip


def drop(workspace_id: uuid.UUID, source: uuid.UUID, keys: Iterable[str]) -> None:
    """Forget records that went in."""
    listed = list(keys)
    if listed:
        database.execute(_DROP, {"workspace_id": workspace_id, "source": source, "keys": listed})


def any_of(workspace_id: uuid.UUID, source: uuid.UUID) -> bool:
    """Whether anything of a source is set aside."""
    return bool(database.value(_ANY, {"workspace_id": workspace_id, "source": source}))


def count(workspace_id: uuid.UUID, source: uuid.UUID) -> int:
    """How many records of a source are set aside."""
    return int(database.value(_COUNT, {"workspace_id": workspace_id, "source": source}) or 0)


def can_be_tried(
    workspace_id: uuid.UUID, source: uuid.UUID, asks: bool, one: uuid.UUID | None
) -> int:  # fmt: skip
    """How many records can be tried again; `asks` when their system can be asked for one."""
    params = {"workspace_id": workspace_id, "source": source, "asks": asks, "one": one}
    return int(database.value(_CAN_COUNT, params) or 0)


def page(
    workspace_id: uuid.UUID, source: uuid.UUID, asks: bool, before: uuid.UUID | None
) -> list[Line]:  # fmt: skip
    """Some records set aside and one more, newest first."""
    found = database.rows(_PAGE, {
        "workspace_id": workspace_id, "source": source, "asks": asks, "before": before,
        "take": PAGE + 1,
    })  # fmt: skip
    return [Line(*row) for row in found]


def waiting(
    workspace_id: uuid.UUID, source: uuid.UUID, asks: bool, one: uuid.UUID | None
) -> Iterator[list[Waiting]]:
    """What can be tried again, oldest first, some at a time."""
    after: uuid.UUID | None = None
    while True:
        found = database.rows(_WAITING, {
            "workspace_id": workspace_id, "source": source, "asks": asks, "one": one,
            "after": after,
        })  # fmt: skip
        if not found:
            return
        yield [Waiting(*row) for row in found]
        after = found[-1][0]


def tried(workspace_id: uuid.UUID, ident: uuid.UUID) -> None:
    """Note that a record was tried of which there was nothing to take."""
    database.execute(_TRIED, {"workspace_id": workspace_id, "id": ident})
