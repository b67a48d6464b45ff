"""How quick the world model takes records and events, and computes its states anew."""

import io
import time
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from flask import Flask

from app.core import database, tenancy
from app.world import bundles, imports, projecting, store
from app.world.store import NewEvent

from . import records
from .calls import Size, Urls
from .spent import Spent, spending

if TYPE_CHECKING:
    from .product import Bench

PEOPLE = 200
_FORGET = (
    "delete from entity_key where workspace_id = %(id)s",
    "update entity set state = '{}', origins = '{}', has_projection = false"
    " where workspace_id = %(id)s",
    "vacuum analyze entity, entity_key",
)
BATCH = 1000


def rebuild(workspace_id: uuid.UUID) -> Spent:
    """Every state of a workspace from its events, as `flask world rebuild` does."""
    with spending() as found:
        for ids in projecting.batches(workspace_id):
            with database.transaction():
                projecting.recompute(workspace_id, ids)
    return found


def imported(workspace_id: uuid.UUID, people: int = PEOPLE) -> Spent:
    """NDJSON from its bytes to the committed states."""
    mark = f"i{time.time_ns()}"
    file = io.BytesIO(records.lines(people, mark))
    with spending() as found:
        done = imports.run(workspace_id, imports.Origin(), bundles.lines(file))
    assert done.events_created == people * records.RECORDS and not done.refused
    return found


def appended(workspace_id: uuid.UUID, events: int = 10 * BATCH) -> Spent:
    """Events of 25 entities a batch through the bulk path."""
    mark = f"e{time.time_ns()}"
    with spending() as found:
        for start in range(0, events, BATCH):
            store.lock(workspace_id)
            names = {f"bench:Task:{mark}-{start + n}": "outbound_task" for n in range(BATCH // 40)}
            entities = list(store.ensure(workspace_id, names, "bench")[0].values())
            store.append(workspace_id, [
                NewEvent("outbound.initiated", {"fields": {"status": f"s{n}", "attempt": n}},
                         (entities[n % len(entities)],), 0.8, "bench", domain="operational")
                for n in range(BATCH)
            ])  # fmt: skip
            database.commit()
    return found


def forget(urls: Urls, workspace_id: uuid.UUID) -> None:
    """Lose every state, so that a rebuild has to write each again."""
    values = {"id": workspace_id}
    with urls.connect("maintenance") as connection:
        for statement in _FORGET[:2]:
            connection.execute(statement.encode(), values)
    with urls.connect("owner") as connection:
        connection.execute(_FORGET[2].encode())


def settle(app: Flask, urls: Urls, places: list[uuid.UUID]) -> None:
    """Compute the states that the pages show."""
    for place in places:
        with app.app_context(), tenancy.inside(place):
            rebuild(place)
    with urls.connect("owner") as connection:
        connection.execute(b"vacuum analyze entity, entity_key")


def report(bench: "Bench", size: Size, only: str) -> Iterator[str]:
    """The figures, one after the other; the best of three where that is quickly repeated."""
    place = uuid.UUID(bench.place.big.workspace_id)
    resources, events = PEOPLE * records.RECORDS, 10 * BATCH
    measured: dict[str, tuple[Callable[[], Spent], int, str, int]] = {
        "world, rebuild": (lambda: rebuild(place), size.events, "events", 20_000),
        "world, import of NDJSON": (
            lambda: _best(imported, place), resources, "resources", 5_000),
        "world, events in bulk": (lambda: _best(appended, place), events, "events", 20_000),
    }  # fmt: skip
    with bench.app.app_context(), tenancy.inside(place):
        for name, (work, count, unit, aim) in measured.items():
            if only in name:
                if work is measured["world, rebuild"][0]:
                    forget(bench.urls, place)
                yield work().line(name, count, unit, aim)


def _best(work: Callable[[uuid.UUID], Spent], place: uuid.UUID) -> Spent:
    return min((work(place) for _ in range(3)), key=lambda spent: spent.cpu)
