"""Comparing all that a FHIR server has with what is known of it.

A search by `_lastUpdated` tells neither of what was deleted nor of what pages passed over when they
shifted. So from time to time every record of a type is listed again: what is new or other goes in,
and what is not listed is looked up by itself; only what the server says it does not have is taken
out of the world. The cursor of a type holds `listing` meanwhile: when it `began`, the `next` page,
whether the list was read to its `end`, and whether somebody `asked` for it.
"""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from app.core import database
from app.world.imports import Item

from . import paging
from .asking import Failed, Reader
from .fhir import Take

EVERY = {"day": timedelta(hours=24), "week": timedelta(days=7)}
SOME = 50
FEW = 20
"""So many records may be gone at once without somebody having asked."""
_NOW = "select now()"
_SEEN = """
update source_record r set seen_at = now() from unnest(%(ids)s::text[]) x (id)
where r.workspace_id = %(workspace_id)s and r.source_key = %(source)s
  and r.resource_type = %(kind)s and r.external_id = x.id and r.seen_at < %(began)s
"""
_COUNT = """
select count(*), count(*) filter (where seen_at < %(began)s) from source_record
where workspace_id = %(workspace_id)s and source_key = %(source)s and resource_type = %(kind)s
"""
_UNSEEN = """
select external_id from source_record
where workspace_id = %(workspace_id)s and source_key = %(source)s and resource_type = %(kind)s
  and seen_at < %(began)s and external_id > %(after)s
order by external_id limit %(take)s
"""
Drop = Callable[[list[tuple[str, str]]], None]


def due(at: dict[str, Any], every: str, now: datetime) -> bool:
    """Whether all records of a type are to be compared; never in the middle of a reading."""
    if at.get("next"):
        return False
    if at.get("listing"):
        return True
    if every not in EVERY:
        return False
    last = at.get("compared")
    return bool(at.get("doubt")) or last is None or (
        datetime.fromisoformat(last) + EVERY[every] <= now
    )  # fmt: skip


def under_way(cursor: dict[str, Any], kind: str) -> bool:
    """Whether a comparison of a type was begun and is not at its end."""
    at = cursor.get(kind)
    return isinstance(at, dict) and bool((at.get("listing") or {}).get("began"))


def ask(cursor: dict[str, Any], kinds: list[str]) -> None:
    """Let all records of these types be compared; what was begun goes on."""
    for kind in kinds:
        at = cursor.get(kind) or {}
        cursor[kind] = {**at, "listing": {**(at.get("listing") or {}), "asked": True}}


def all_of(
    reader: Reader, cursor: dict[str, Any], take: Take, drop: Drop, kinds: list[str],
    of: tuple[uuid.UUID, str],
) -> None:  # fmt: skip
    """Compare the types that are due; `of` is the workspace and the source's key. Raises Failed."""
    for kind in kinds:
        if due(dict(cursor.get(kind) or {}), reader.config.compare, datetime.now(UTC)):
            _compare(reader, cursor, take, drop, kind, of)


def _compare(
    reader: Reader, cursor: dict[str, Any], take: Take, drop: Drop, kind: str,
    of: tuple[uuid.UUID, str],
) -> None:  # fmt: skip
    at = {k: v for k, v in (cursor.get(kind) or {}).items() if k not in ("doubt", "listing")}
    listing = dict((cursor.get(kind) or {}).get("listing") or {})
    listing.setdefault("began", database.value(_NOW).isoformat())
    params = {"workspace_id": of[0], "source": of[1], "kind": kind, "began": listing["began"]}

    def keep(found: list[Item]) -> None:
        ids = [r.get("id") for _, _, r in found if isinstance(r, dict)]
        database.execute(_SEEN, {**params, "ids": [i for i in ids if isinstance(i, str)]})
        take(found, {kind: {**at, "listing": listing}})

    if not listing.get("end"):
        _list(reader, kind, listing, keep)
    _check(params, kind, bool(listing.get("asked")))
    _look_up(reader, kind, params, keep, drop)
    take([], {kind: {**at, "compared": paging.now()}})


def _list(
    reader: Reader, kind: str, listing: dict[str, Any], keep: Callable[[list[Item]], None]
) -> None:  # fmt: skip
    def anew() -> None:
        listing.pop("next", None)
        keep([])

    url = listing.get("next") or reader.first(kind, None)
    for bundle, place in paging.pages(reader, url, listing, anew):
        found = list(paging.items(bundle, place))
        listing["seen"] = paging.latest(listing, bundle)
        listing["read"] = listing.get("read", 0) + len(found)
        listing["next"] = paging.following(reader, kind, listing, bundle, place, len(found))
        listing["end"] = listing["next"] is None
        keep(found)


def _check(params: dict[str, Any], kind: str, asked: bool) -> None:
    """A server that lost its data, or no longer shows them to Ward, empties nothing by itself."""
    row = database.row(_COUNT, params)
    assert row is not None
    if not asked and row[1] > max(FEW, row[0] / 2):
        raise Failed(
            f"The server no longer lists {row[1]:,} of the {row[0]:,} records of the type {kind}"
            " that Ward has from it. Nothing was taken out.", final=True, code="many_gone",
        )  # fmt: skip


def _look_up(
    reader: Reader, kind: str, params: dict[str, Any], keep: Callable[[list[Item]], None],
    drop: Drop,
) -> None:  # fmt: skip
    after = ""
    while True:
        rows = database.rows(_UNSEEN, {**params, "after": after, "take": SOME})
        # The server's answers are waited for outside of any transaction.
        database.commit()
        if not rows:
            return
        after = rows[-1][0]
        gone: list[tuple[str, str]] = []
        found: list[Item] = []
        for (ident,) in rows:
            try:
                missing, record = reader.looked_up(kind, ident)
            except Failed as failed:
                if failed.status != 403:
                    raise
                continue
            if missing:
                gone.append((kind, ident))
            elif record is not None:
                found.append((f"{reader.base}/{kind}/{ident}", None, record))
        if gone:
            drop(gone)
        keep(found)
