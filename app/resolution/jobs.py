"""Every minute: the workspaces with events that nobody has looked at, each in a job of its own."""

import uuid

from flask import current_app

from app.core import database, jobs, tenancy

from . import resolver

STEPS = 20
"""Steps of one job; what is left is another job's, so that no workspace keeps the worker."""
_CLAIM = """
insert into resolution (workspace_id, next_at)
select c.workspace_id, now() + interval '10 minutes' from world_counter c
join workspace w on w.id = c.workspace_id and w.archived_at is null
left join resolution r on r.workspace_id = c.workspace_id
where (c.last_seq > coalesce(r.last_seq, 0) or r.again_after is not null) and coalesce(r.next_at, '-infinity') <= now()
limit 500
on conflict (workspace_id) do update set next_at = excluded.next_at
returning workspace_id
"""
_DONE = """
insert into resolution (workspace_id, last_tick_at, merges_last_tick)
values (%(workspace_id)s, now(), %(linked)s)
on conflict (workspace_id) do update set last_tick_at = now(), merges_last_tick = %(linked)s,
  next_at = case when %(more)s then now() + interval '10 minutes' end
"""


@jobs.task("resolution.run")
def run() -> None:
    """Look at what changed in one workspace, some steps at a time."""
    place = tenancy.current()
    assert place is not None
    resolve(place)


def resolve(place: uuid.UUID, steps: int = STEPS) -> int | None:
    """Take some steps, each kept by itself, and leave what remains to another job; how many pairs
    were linked. None when another worker is at it."""
    with database.advisory(f"resolution {place}") as mine:
        if not mine:
            return None
        linked, more = 0, True
        for _ in range(steps):
            done = resolver.step(place)
            database.commit()
            linked, more = linked + done.linked, done.more
            if not more:
                break
        database.execute(_DONE, {"workspace_id": place, "linked": linked, "more": more})
        if more:
            jobs.defer("resolution.run", place)
        database.commit()
        return linked


def again(place: uuid.UUID) -> None:
    """Queue that everybody is looked at, in the caller's transaction."""
    resolver.begin_again(place)
    jobs.defer("resolution.run", place)


@jobs.every_minute("resolution.due")
def due() -> None:
    """Queue what is due. What is claimed comes due again by itself when its job is lost."""
    url = current_app.config["WARD"].maintenance_url
    if url:
        with jobs.maintenance(url) as connection:
            claimed = connection.execute(_CLAIM).fetchall()
        for (place,) in claimed:
            jobs.defer("resolution.run", place)
