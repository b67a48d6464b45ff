"""Pairs that may be one person, and the `same_as` relationships of those that are linked.

A link joins two records and changes neither. What a person decided is never decided anew.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping

from app.core import database

from .scoring import AUTOMATIC, Match, Pair

APPROVED = 0.95
"""The least confidence of a link that a person made (domain 6.4)."""
_OF = """
select first_id, second_id, confidence, matched_on, decision from duplicate
where workspace_id = %(workspace_id)s and first_id = any(%(ids)s)
union
select first_id, second_id, confidence, matched_on, decision from duplicate
where workspace_id = %(workspace_id)s and second_id = any(%(ids)s)
"""
_STATUS = """
case coalesce({0}decision, '') when 'same' then 'linked' when 'different' then 'apart'
  else case when {1}confidence >= %(automatic)s then 'linked' else 'suspected' end end
"""
_KEEP = f"""
insert into duplicate as d (workspace_id, first_id, second_id, confidence, matched_on, status,
  linked_at)
select %(workspace_id)s, x.a, x.b, x.confidence, string_to_array(x.matched_on, ','),
  case when x.confidence >= %(automatic)s then 'linked' else 'suspected' end,
  case when x.confidence >= %(automatic)s then now() end
from unnest(%(firsts)s::uuid[], %(seconds)s::uuid[], %(sure)s::double precision[],
  %(matched)s::text[]) x (a, b, confidence, matched_on)
on conflict (workspace_id, first_id, second_id) do update set
  confidence = excluded.confidence, matched_on = excluded.matched_on,
  status = {_STATUS.format("d.", "excluded.")},
  linked_at = case when {_STATUS.format("d.", "excluded.")} = 'linked'
    then coalesce(d.linked_at, now()) end
"""
_FORGET = """
delete from duplicate d using unnest(%(firsts)s::uuid[], %(seconds)s::uuid[]) x (a, b)
where d.workspace_id = %(workspace_id)s and d.first_id = x.a and d.second_id = x.b
  and d.decision is null
"""
# The relationships are read off the pairs, whoever wrote those.
_UNLINK = """
delete from relationship r using unnest(%(firsts)s::uuid[], %(seconds)s::uuid[]) x (a, b)
where r.workspace_id = %(workspace_id)s and r.source_entity_id = x.a and r.target_entity_id = x.b
  and r.relationship = 'same_as'
  and not exists (select from duplicate d where d.workspace_id = %(workspace_id)s
    and d.first_id = x.a and d.second_id = x.b and d.status = 'linked')
"""
_LINK = """
insert into relationship as r (workspace_id, source_entity_id, target_entity_id, relationship,
  confidence, data, discovered_by)
select %(workspace_id)s, d.first_id, d.second_id, 'same_as',
  case when d.decision = 'same' then greatest(d.confidence, %(approved)s) else d.confidence end,
  jsonb_build_object('matched_on', to_jsonb(d.matched_on)), coalesce(d.decided_by, 'resolution')
from unnest(%(firsts)s::uuid[], %(seconds)s::uuid[]) x (a, b)
join duplicate d on d.workspace_id = %(workspace_id)s and d.first_id = x.a and d.second_id = x.b
where d.status = 'linked'
on conflict (workspace_id, source_entity_id, target_entity_id, relationship) do update set
  confidence = excluded.confidence, data = excluded.data, discovered_by = excluded.discovered_by
returning xmax = 0
"""
_DECIDE = f"""
update duplicate d set decision = %(decision)s, decided_by = %(by)s,
  decided_at = case when %(decision)s::text is null then null else now() end,
  status = {_STATUS.format("x.", "d.")},
  linked_at = case when {_STATUS.format("x.", "d.")} = 'linked' then coalesce(d.linked_at, now()) end
from (select %(decision)s::text as decision) x
where d.workspace_id = %(workspace_id)s and d.first_id = %(first)s and d.second_id = %(second)s
"""


def keep(workspace_id: uuid.UUID, ids: list[uuid.UUID], wanted: Mapping[Pair, Match]) -> int:
    """Let the pairs of these people be those that are wanted; how many were linked."""
    stored = {
        (row[0], row[1]): (Match(row[2], tuple(row[3])), row[4])
        for row in database.rows(_OF, {"workspace_id": workspace_id, "ids": ids})
    }
    changed = sorted(both for both, match in wanted.items()
                     if both not in stored or stored[both][0] != match)  # fmt: skip
    gone = sorted(both for both, (_, decision) in stored.items()
                  if both not in wanted and decision is None)  # fmt: skip
    if changed:
        database.execute(_KEEP, {
            **_columns(workspace_id, changed), "automatic": AUTOMATIC,
            "sure": [wanted[both].confidence for both in changed],
            "matched": [",".join(wanted[both].matched_on) for both in changed],
        })  # fmt: skip
    if gone:
        database.execute(_FORGET, _columns(workspace_id, gone))
    return _join(workspace_id, [*changed, *gone])


def decide(workspace_id: uuid.UUID, both: Pair, decision: str | None, by: str | None) -> None:
    """Keep what a person says of a pair: same, different, or nothing any more."""
    database.execute(_DECIDE, {
        "workspace_id": workspace_id, "first": both[0], "second": both[1], "decision": decision,
        "by": by, "automatic": AUTOMATIC,
    })  # fmt: skip
    _join(workspace_id, [both])


def _join(workspace_id: uuid.UUID, pairs: Collection[Pair]) -> int:
    if not pairs:
        return 0
    params = _columns(workspace_id, pairs)
    database.execute(_UNLINK, params)
    return sum(row[0] for row in database.rows(_LINK, {**params, "approved": APPROVED}))


def _columns(workspace_id: uuid.UUID, pairs: Iterable[Pair]) -> dict[str, object]:
    firsts, seconds = (list(column) for column in zip(*pairs, strict=True))
    return {"workspace_id": workspace_id, "firsts": firsts, "seconds": seconds}
