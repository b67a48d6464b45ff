"""Reading a FHIR R4 server: what changed since the last time, page by page.

For each resource type the cursor holds `since` (the latest change that was read to its end) and,
in the middle of a reading, `next` (the page to go on with), `seen` (the latest change so far),
`from` and `read` (where these pages begin, and how many records they gave) and `clock` (the
server's time when they began). `doubt` says that pages may have shifted meanwhile, so that some
records were passed over: then all are compared (see `comparing`). Beside the types it holds the
server's address, and the types that the server says it has.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from app.world.imports import Item

from . import paging
from .asking import Failed, Reader

KINDS = ("fhir_store", "fhir", "smart_fhir")
OF_TYPE = (400, 403, 404, 405, 406, 410, 422, 501)
"""Statuses by which a server says of a type that it does not have or hand it out."""
LASTING = ("compared", "listing", "doubt", "linked")
"""What the cursor of a type keeps from one reading to the next besides `since`."""
TYPES, BASE = "_types", "_base"
ASKED_AGAIN = timedelta(days=1)
Take = Callable[[list[Item], dict[str, Any]], None]


def begin(reader: Reader, cursor: dict[str, Any]) -> None:
    """How far reading came counts for the server with which it came so far, and for no other."""
    if cursor.get(BASE, reader.base) != reader.base:
        cursor.clear()
    cursor[BASE] = reader.base


def types(reader: Reader, cursor: dict[str, Any], anew: bool = False) -> list[str]:
    """The types that are read where none is chosen. Raises Failed."""
    known = cursor.get(TYPES)
    old = datetime.now(UTC) - ASKED_AGAIN
    if anew or known is None or datetime.fromisoformat(known["at"]) < old:
        known = cursor[TYPES] = {"at": paging.now(), "found": reader.kinds()}
    return list(known["found"])


def read(reader: Reader, cursor: dict[str, Any], take: Take, kinds: list[str]) -> list[str]:
    """Read every type to its end; the types that could be read. `take` keeps the records of a page
    together with the cursor. A type that the server does not hand out holds up no other."""
    done: list[str] = []
    refused: list[tuple[str, Failed]] = []
    for kind in kinds or types(reader, cursor):
        try:
            _read_type(reader, kind, dict(cursor.get(kind) or {}), take)
            done.append(kind)
        except Failed as failed:
            if failed.status not in OF_TYPE:
                raise
            refused.append((kind, failed))
    if refused and not done:
        raise refused[0][1]
    if refused and kinds:
        # It was asked for by name: that it is not there must be told.
        kind, first = refused[0]
        others = f" The same of: {', '.join(k for k, _ in refused[1:])}." if refused[1:] else ""
        raise Partly(done, f"{kind} could not be read: {first.sentence}{others}", first)
    return done


class Partly(Failed):
    """Some types could not be read; `done` were."""

    def __init__(self, done: list[str], sentence: str, first: Failed) -> None:
        self.done = done
        super().__init__(sentence, first.wait, True, "no_such_type", first.status)


def _read_type(reader: Reader, kind: str, at: dict[str, Any], take: Take) -> None:
    since, lasting = at.get("since"), {name: at[name] for name in LASTING if name in at}
    if at.get("next"):
        lasting["doubt"] = True
    else:
        at = {"from": since, "read": 0, "linked": at.get("linked", False)}
    url: str | None = at.get("next") or reader.first(kind, since)
    for bundle, place in paging.pages(
        reader, url, at, lambda: take([], {kind: {"since": since, **lasting}})
    ):
        found = list(paging.items(bundle, place))
        if paging.moved(bundle, at):
            lasting["doubt"] = True
        at["seen"] = paging.latest(at, bundle)
        at["clock"] = at.get("clock") or paging.clock(reader.clock)
        at["read"] = at.get("read", 0) + len(found)
        at["next"] = paging.following(reader, kind, at, bundle, place, len(found))
        lasting["linked"] = at["linked"]
        state = {**at, "since": since} if at["next"] else {
            "since": at["seen"] or since, **({} if since else {"compared": paging.now()}),
        }  # fmt: skip
        take(found, {kind: {**state, **lasting}})
