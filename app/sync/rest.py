"""Reading a JSON API list by list, page by page, by the source's mapping.

For each list the cursor holds `since` (when the last reading that came to its end began), `mark`
(by what was read: where anything of it changed, all is read again) and, in the middle of a
reading, `next` (the page to go on with) and `began`. It is committed with the records of the page
before. Where a list has a parameter for it, only what changed since is asked for.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from collections.abc import Mapping as Given
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import orjson

from app.data_sources import probes
from app.data_sources.kinds.others import Endpoint
from app.data_sources.mapping import Mapping, look
from app.data_sources.outgoing import Answer
from app.world.imports import Item

from . import asking, mapped, paging
from .asking import Failed
from .paging import MOST_PAGES

LARGEST_PAGE = 16 * 1024 * 1024
MOST_EMPTY = 100
OVERLAP = timedelta(minutes=10)
"""So much is asked for once more: clocks differ, and a change may show a little after its time."""
LINK = re.compile(r'<([^<>]*)>\s*((?:;\s*[\w*-]+\s*=\s*(?:"[^"]*"|[^\s;,"]+)\s*)*)')
NEXT = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))', re.IGNORECASE)
CIRCLE = "The links to the next page lead in a circle."


class Reader(asking.Reader):
    """Asks a JSON API, signing in as its kind says."""

    accepts = "application/json"
    largest = LARGEST_PAGE

    def __init__(self, config: Any, secrets: Given[str, str]) -> None:
        super().__init__(config, secrets, smart_key=False)
        self.headers = dict(config.headers)

    def listed(self, endpoint: Endpoint, url: str) -> tuple[list[Any], str | None]:
        """The records of a page and the address of the next. Raises Failed."""
        answer = self.answer(url)
        self.clock = answer.headers.get("date", "")
        try:
            content = orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            raise Failed(f"{probes.named(self.config)} answered with something that is no JSON.")\
                from None  # fmt: skip
        found = look(content, endpoint.records_path) if endpoint.records_path else content
        if not isinstance(found, list):
            where = (
                f"at “{endpoint.records_path}”" if endpoint.records_path else "on the page itself"
            )
            raise Failed(f"{endpoint.path} answered, but there is no list {where}.", final=True,
                         code="wrong_path")  # fmt: skip
        return found, self._following(endpoint, url, content, answer)

    def first(  # type: ignore[override]  # lists, not types
        self, endpoint: Endpoint, since: str | None = None
    ) -> str:
        """Where reading of a list begins; of what changed `since`, where it can be asked so."""
        url = str(self.base + endpoint.path)
        if since is None or endpoint.since_param is None:
            return url
        return with_parameter(url, endpoint.since_param, moment(endpoint.since_form, since))

    def _following(self, endpoint: Endpoint, url: str, content: Any, answer: Answer) -> str | None:
        found = look(content, endpoint.cursor) if endpoint.cursor else linked(answer)
        if found is None or found is False or found == "":
            return None
        if not isinstance(found, str | int) or found is True:
            raise Failed(f"What stands at “{endpoint.cursor}” is no next page.", final=True,
                         code="wrong_path")  # fmt: skip
        if endpoint.cursor_param and endpoint.cursor:
            return with_parameter(url, endpoint.cursor_param, str(found))
        try:
            following = urljoin(url, str(found))
            same = urlsplit(following)[:2] == urlsplit(self.base)[:2]
        except ValueError:
            same = False
        if not same:
            raise Failed(
                "The link to the next page leads to another server.", final=True, code="bad_links"
            )
        return following


def linked(answer: Answer) -> str | None:
    """The address of the next page in a Link header."""
    for address, rest in LINK.findall(answer.headers.get("link", "")[:8192]):
        for quoted, bare in NEXT.findall(rest):
            if "next" in (quoted or bare).lower().split():
                return str(address)
    return None


def with_parameter(url: str, name: str, value: str) -> str:
    """The address with a parameter set."""
    parts = urlsplit(url)
    kept = [(n, v) for n, v in parse_qsl(parts.query, keep_blank_values=True) if n != name]
    return urlunsplit(parts._replace(query=urlencode([*kept, (name, value)])))


def moment(form: str, since: str) -> str:
    """The time from which changes are asked for, as the API wants it."""
    at = datetime.fromisoformat(since).astimezone(UTC) - OVERLAP
    if form == "date":
        # There it may be the day before still.
        return f"{at - timedelta(days=1):%Y-%m-%d}"
    return str(int(at.timestamp())) if form == "seconds" else f"{at:%Y-%m-%dT%H:%M:%SZ}"


def key(endpoint: Endpoint) -> str:
    """The name of a list in the cursor."""
    return f"{endpoint.entity_type} {endpoint.path}"


def items(records: list[Any], endpoint: Endpoint, by: Mapping, page: int) -> Iterator[Item]:
    """What the records of a page become."""
    for number, raw in enumerate(records, 1):
        kept = mapped.record(by, raw, endpoint.entity_type, endpoint.id_path)
        yield f"{endpoint.path}, page {page}, record {number}", None, kept


def read(reader: Reader, cursor: dict[str, Any], take: Callable[[list[Item], dict[str, Any]], None],
         by: Mapping, whole: bool = False) -> None:  # fmt: skip
    """Read every list to its end, with `whole` from its beginning. One that fails does not keep the
    others waiting. Raises Failed."""
    if wrong := mapped.missing(by, "of each list"):
        raise Failed(wrong, final=True, code="not_mapped")
    if whole:
        take([], {key(endpoint): {} for endpoint in reader.config.endpoints})
    failed: list[Failed] = []
    for endpoint in reader.config.endpoints:
        at = dict(cursor.get(key(endpoint)) or {})
        meant = by.lines, str(by.context.zone), by.context.country
        mark = _mark([reader.base, reader.headers, endpoint.model_dump(), meant])
        if at.get("mark") != mark:
            at = {"mark": mark}
        try:
            _list(reader, endpoint, at, take, by)
        except Failed as one:
            failed.append(one)
    if failed:
        waits = [one.wait for one in failed if one.wait is not None]
        first = failed[0]
        raise Failed(first.sentence, max(waits, default=None), first.final, first.code)


def _list(reader: Reader, endpoint: Endpoint, at: dict[str, Any], take: Callable[..., None],
          by: Mapping) -> None:  # fmt: skip
    begun, began = at.get("next"), at.get("began")
    before = {name: at[name] for name in ("mark", "since") if name in at}
    url: str | None = begun or reader.first(endpoint, at.get("since"))
    visited: set[str] = set()
    last, empty = "", 0

    def anew() -> None:
        take([], {key(endpoint): before})

    while url is not None:
        if url in visited or len(visited) >= MOST_PAGES:
            anew()
            raise Failed(CIRCLE, final=True, code="bad_links")
        visited.add(url)
        try:
            records, following = reader.listed(endpoint, url)
        except Failed as failed:
            if begun and failed.final:
                # A page that is gone cannot be read again: the list begins anew.
                anew()
            raise
        content = _mark(records)
        empty = 0 if records else empty + 1
        if (records and content == last) or empty > MOST_EMPTY:
            anew()
            raise Failed("The server gives the same page again and again.", final=True,
                         code="same_page")  # fmt: skip
        last, begun = content, following
        began = began or min(paging.clock(reader.clock) or paging.now(), paging.now(),
                             key=paging.order)  # fmt: skip
        found = list(items(records, endpoint, by, len(visited)))
        so_far = {"next": following, "began": began} if following else {"since": began}
        take(found, {key(endpoint): {**before, **so_far}})
        url = following


def _mark(told: Any) -> str:
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()
