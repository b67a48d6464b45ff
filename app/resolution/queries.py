"""Reading who is who: pairs, linked records, and who fits what is given."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from app.core import database
from app.world import queries as world
from app.world.projection import phone_key

from .schema import Identifier, Metrics, ResolveIn
from .scoring import Pair

MOST_COUNTED = 1000
MOST_LINKED = 20
_PAIRS = """
select d.first_id, a.display_name, d.second_id, b.display_name, d.confidence, d.matched_on,
  d.status, d.decision, d.decided_by, d.decided_at
from duplicate d
join entity a on a.workspace_id = %(workspace_id)s and a.id = d.first_id
join entity b on b.workspace_id = %(workspace_id)s and b.id = d.second_id
where d.workspace_id = %(workspace_id)s
"""
_LIST = f"""
{_PAIRS} and d.status = %(status)s and d.confidence <= %(most)s
order by d.confidence, d.first_id, d.second_id limit %(take)s offset %(skip)s
"""
_SUREST = _LIST.replace("order by d.confidence,", "order by d.confidence desc,")
_ONE = f"{_PAIRS} and d.first_id = %(first)s and d.second_id = %(second)s"
_COUNT = """
select count(*) from (select 1 from duplicate where workspace_id = %(workspace_id)s
  and status = 'suspected' limit %(most)s) few
"""
# Linked records lead to further ones; what a person set apart from the entity itself stays apart.
_OTHERS = f"""
with recursive member (id) as (
  select %(id)s::uuid
  union
  select case when d.first_id = m.id then d.second_id else d.first_id end
  from member m join duplicate d on d.workspace_id = %(workspace_id)s and d.status = 'linked'
    and (d.first_id = m.id or d.second_id = m.id)
), own as (
  select case when first_id = %(id)s then second_id else first_id end id, status, confidence,
    matched_on, decided_by
  from duplicate where workspace_id = %(workspace_id)s
    and (first_id = %(id)s or second_id = %(id)s)
), found (id) as (
  (select id from member where id <> %(id)s limit %(most)s)
  union
  (select id from own where status = 'suspected' limit %(most)s)
)
select {world.ENTITY_N}, coalesce(o.status, 'linked'), o.confidence, o.matched_on, o.decided_by
from found f
join entity n on n.workspace_id = %(workspace_id)s and n.id = f.id
left join own o on o.id = f.id
where o.status is distinct from 'apart'
order by 13, n.first_seen_at, n.id
"""
_METRICS = """
select (select count(*) from duplicate where workspace_id = %(workspace_id)s
    and status = 'linked'),
  (select count(*) from duplicate where workspace_id = %(workspace_id)s and status = 'linked'
    and linked_at >= now() - interval '1 day'),
  coalesce(r.merges_last_tick, 0), r.last_tick_at,
  case when r.next_at > now() then 'running'
    when coalesce(c.last_seq, 0) > coalesce(r.last_seq, 0) or r.again_after is not null
      then 'behind' else 'idle' end
from (select 1) one
left join resolution r on r.workspace_id = %(workspace_id)s
left join world_counter c on c.workspace_id = %(workspace_id)s
"""
_BY_KEY = f"""
select {world.ENTITY_N} from entity_key k
join entity n on n.workspace_id = %(workspace_id)s and n.id = k.entity_id
where k.workspace_id = %(workspace_id)s and k.kind = %(kind)s and k.value = %(value)s
  and n.entity_type = %(type)s and (%(system)s::text is null
    or lower(n.external_ids ->> %(system)s) = lower(%(exact)s))
order by n.last_event_at desc, n.id desc limit %(take)s
"""
_BY_NAME = f"""
select {world.ENTITY_N} from entity n where n.workspace_id = %(workspace_id)s and n.entity_type = %(type)s
  and (n.canonical_id = %(canonical)s or n.id = %(id)s)
"""
SURE: dict[Identifier, float] = {
    "entity_id": 1.0, "canonical_id": 1.0, "external_id": 1.0, "email": 0.9, "phone": 0.6,
}  # fmt: skip


def duplicates(
    workspace_id: uuid.UUID, take: int, skip: int = 0, *, status: str = "suspected",
    most: float = 1.0, surest: bool = False,
) -> list[database.Row]:  # fmt: skip
    """Pairs, the least sure first (or the surest): both ids with their names, confidence, what
    matches, status, decision, by whom, when."""
    return database.rows(_SUREST if surest else _LIST, {
        "workspace_id": workspace_id, "status": status, "most": most, "take": take, "skip": skip,
    })  # fmt: skip


def one(workspace_id: uuid.UUID, both: Pair) -> database.Row | None:
    """A pair as of `duplicates`, or None."""
    return database.row(_ONE, {"workspace_id": workspace_id, "first": both[0], "second": both[1]})


def suspected(workspace_id: uuid.UUID) -> int:
    """How many pairs wait for somebody to decide, counted to 1,000."""
    params = {"workspace_id": workspace_id, "most": MOST_COUNTED}
    return int(database.value(_COUNT, params) or 0)


@dataclass(frozen=True, slots=True)
class Other:
    """Another record of somebody: linked (perhaps through a third), or suspected."""

    row: database.Row
    linked: bool
    confidence: float | None
    matched_on: list[str]
    by: str | None

    @property
    def id(self) -> uuid.UUID:
        """The record."""
        found: uuid.UUID = self.row[0]
        return found


def others(workspace_id: uuid.UUID, ident: uuid.UUID) -> list[Other]:
    """The other records of an entity, the linked ones first, 20 of each at most."""
    return read(stored_others(workspace_id, ident))


def stored_others(workspace_id: uuid.UUID, ident: uuid.UUID) -> list[database.Row]:
    """The same as they are stored, for `read`."""
    return database.raw(_OTHERS, {"workspace_id": workspace_id, "id": ident, "most": MOST_LINKED})


def read(rows: Iterable[database.Row]) -> list[Other]:
    """The other records of an entity from the rows of `stored_others`."""
    return [Other(r[:12], r[12] == "linked", r[13], r[14] or [], r[15])
            for r in map(database.parsed, rows)]  # fmt: skip


def metrics(workspace_id: uuid.UUID) -> Metrics:
    """How resolution goes here."""
    row = database.row(_METRICS, {"workspace_id": workspace_id})
    assert row is not None
    return Metrics(total_same_as_edges=row[0], recent_merges_24h=row[1], merges_last_tick=row[2],
                   last_tick_at=row[3], loop_status=row[4])  # fmt: skip


def fitting(
    workspace_id: uuid.UUID, asked: ResolveIn
) -> list[tuple[database.Row, float, list[Identifier]]]:
    """(entity, confidence, what of the given it has), the surest first, then who has more of it."""
    rows: dict[uuid.UUID, database.Row] = {}
    hits: dict[uuid.UUID, list[Identifier]] = {}
    for name, found in _found(workspace_id, asked):
        for row in found:
            rows[row[0]] = row
            hits.setdefault(row[0], []).append(name)
    sure = {ident: max(SURE[name] for name in names) for ident, names in hits.items()}
    order = sorted(hits, key=lambda i: (-sure[i], -len(hits[i]), -_when(rows[i]), i))
    return [(rows[i], sure[i], sorted(hits[i], key=list(SURE).index)) for i in order[: asked.limit]]


def _when(row: database.Row) -> float:
    last: datetime = row[11]
    return last.timestamp()


def _found(
    workspace_id: uuid.UUID, asked: ResolveIn
) -> list[tuple[Identifier, list[database.Row]]]:
    found: list[tuple[Identifier, list[database.Row]]] = []
    if asked.canonical_id or asked.entity_id:
        rows = database.rows(_BY_NAME, {
            "workspace_id": workspace_id, "type": asked.entity_type,
            "canonical": asked.canonical_id, "id": asked.entity_id,
        })  # fmt: skip
        found.append(("entity_id", [row for row in rows if row[0] == asked.entity_id]))
        found.append(("canonical_id", [row for row in rows if row[2] == asked.canonical_id]))
    number = phone_key(asked.phone or "")
    external = asked.external_id
    wanted: tuple[tuple[Identifier, str, str | None], ...] = (
        ("phone", "phone", number),
        ("email", "email", asked.email.strip().casefold() if asked.email else None),
        ("external_id", "identifier", external.value.casefold()[:128] if external else None),
    )
    for name, kind, value in wanted:
        if value is not None:
            by_system = external if name == "external_id" else None
            found.append((name, database.rows(_BY_KEY, {
                "workspace_id": workspace_id, "type": asked.entity_type, "kind": kind,
                "value": value, "system": by_system.system if by_system else None,
                "exact": by_system.value if by_system else None, "take": 50,
            })))  # fmt: skip
    return found
