"""The pages of a search on a FHIR server, whatever they lead to."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from app.data_sources import probes
from app.world import reading
from app.world.imports import Item

from .asking import Failed, Reader

MOST_PAGES = 100_000


def changed_at(bundle: dict[str, Any]) -> Iterator[str]:
    """When each record of a page was last changed there."""
    for entry in reading.each(bundle.get("entry")):
        found = reading.dig(entry, "resource", "meta", "lastUpdated")
        if isinstance(found, str) and reading.moment(found) is not None:
            yield found


def items(bundle: dict[str, Any], url: str) -> Iterator[Item]:
    """The records of a page; what a server says about the search itself is left out."""
    for number, entry in enumerate(reading.each(bundle.get("entry")), 1):
        resource = entry.get("resource")
        if reading.dig(entry, "search", "mode") == "outcome":
            continue
        kind = resource.get("resourceType") if isinstance(resource, dict) else None
        if kind != "OperationOutcome":
            yield f"{url}, entry {number}", entry.get("fullUrl"), resource


def pages(
    reader: Reader, url: str | None, at: dict[str, Any], anew: Callable[[], None]
) -> Iterator[tuple[dict[str, Any], str]]:
    """(page, its address), as long as `at` names a next one. `anew` forgets how far reading came:
    a page that is gone cannot be read again. Raises Failed."""
    visited: set[str] = set()
    going_on = bool(at.get("next"))
    while url is not None:
        if url in visited or len(visited) >= MOST_PAGES:
            raise Failed("The links to the next page lead in a circle.", final=True,
                         code="bad_links")  # fmt: skip
        visited.add(url)
        try:
            bundle = reader.page(url)
        except Failed as failed:
            if going_on and failed.final:
                # It is not the type that is not there.
                failed.status = 0
                anew()
            raise
        yield bundle, url
        url, going_on = at.get("next"), True


def following(
    reader: Reader, kind: str, at: dict[str, Any], bundle: dict[str, Any], place: str, count: int
) -> str | None:
    """The page after this one, of so many records, where there is one. Raises Failed."""
    named = reader.following(place, bundle)
    if named:
        at["linked"] = True
        return named
    return None if at.get("linked") else _onwards(reader, kind, at, bundle, count)


def _onwards(
    reader: Reader, kind: str, at: dict[str, Any], bundle: dict[str, Any], count: int
) -> str | None:
    """Where to go on when a server never names a next page though there is more: at the last change
    so far, where its records come in that order. Raises Failed when they do not."""
    total, full = bundle.get("total"), count >= reader.config.page_size
    if count == 0 or not (total > at["read"] if isinstance(total, int) else full):
        return None
    times = [order(text) for text in changed_at(bundle)]
    if len(times) == count and times == sorted(times) and times[-1] > order(at.get("from") or ""):
        at |= {"from": at["seen"], "read": 0}
        return reader.first(kind, at["seen"])
    if isinstance(total, int) and full:
        raise Failed(f"{probes.named(reader.config)} says that there are {total} records, but names"
                     " no page after the first ones.", final=True, code="bad_links")  # fmt: skip
    return None


def latest(at: dict[str, Any], bundle: dict[str, Any]) -> str | None:
    """The latest change so far."""
    return max([at.get("seen") or "", *changed_at(bundle)], key=order) or None


def moved(bundle: dict[str, Any], at: dict[str, Any]) -> bool:
    """Whether something changed there since the first page: then pages may have shifted."""
    began = at.get("clock") or ""
    return bool(began) and any(order(text) > order(began) for text in changed_at(bundle))


def clock(header: str) -> str | None:
    """The time of a Date header, as the cursor keeps it."""
    try:
        return parsedate_to_datetime(header).isoformat()
    except (ValueError, TypeError, OverflowError):
        return None


def now() -> str:
    """This moment, as the cursor keeps it."""
    return datetime.now(UTC).isoformat()


def order(text: str) -> float:
    """A time to compare by; what is none comes first."""
    found = reading.moment(text)
    return found.timestamp() if found else float("-inf")
