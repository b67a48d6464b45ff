"""Asking another system: signing in, faults in words, and what it wishes."""

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from app.data_sources import probes, smart
from app.data_sources.kinds.fhir import RESOURCES
from app.data_sources.outgoing import Answer, Client
from app.data_sources.probes import FHIR_JSON, Finding, NoToken
from app.world import reading

CHECK = re.compile(r" Check [^.]*\.$")
SECONDS = 60.0
LARGEST_PAGE = 64 * 1024 * 1024
FINAL = ("unauthorised", "private_address", "certificate_not_trusted")
AGAIN = (408, 409, 425, 429, 500, 502, 503, 504)


class Failed(Exception):
    """Reading cannot go on now. `wait` is what the other side wishes, in seconds; `code` is what
    the advice goes by; `status` is what the other side answered with."""

    def __init__(self, sentence: str, wait: float | None = None, final: bool = False,
                 code: str = "", status: int = 0) -> None:  # fmt: skip
        self.sentence, self.wait, self.final, self.code = sentence, wait, final, code
        self.status = status
        super().__init__(sentence)


class Reader:
    """Asks one server; signs in when it must, and once more when it is told to."""

    accepts = FHIR_JSON
    seconds, largest = SECONDS, LARGEST_PAGE

    def __init__(self, config: Any, secrets: Mapping[str, str], smart_key: bool) -> None:
        self.config, self.secrets, self.smart_key = config, secrets, smart_key
        self.signed: dict[str, str] | None = None
        self.headers: dict[str, str] = {}
        self.clock = ""
        self.base = config.base_url.rstrip("/")

    def _answer(self, url: str) -> Answer:
        """An answer, with a new token when the one before has expired. Raises Failed."""
        answer = self._ask(url)
        if answer.status == 401:
            self.signed = None
            answer = self._ask(url)
        return answer

    def answer(self, url: str) -> Answer:
        """What the server has at an address. Raises Failed."""
        answer = self._answer(url)
        if answer.status >= 400:
            raise self._refused(answer)
        return answer

    def record(self, kind: str, ident: str) -> dict[str, Any] | None:
        """A record as it is now; None when the server has no such one. Raises Failed."""
        return self.looked_up(kind, ident)[1]

    def looked_up(self, kind: str, ident: str) -> tuple[bool, dict[str, Any] | None]:
        """(whether the server says that it has no such record, the record). Raises Failed."""
        answer = self._answer(f"{self.base}/{kind}/{ident}")
        if answer.status in (404, 410):
            return True, None
        if answer.status >= 400:
            raise self._refused(answer)
        try:
            content = answer.json()
        except ValueError:
            return False, None
        named = isinstance(content, dict) and content.get("resourceType") == kind
        return False, content if named else None

    def kinds(self) -> list[str]:
        """The types that are read where none is chosen: those that the server says it has."""
        answer = self._answer(f"{self.base}/metadata")
        try:
            content = answer.json() if answer.status < 400 else None
        except ValueError:
            content = None
        told = {resource.get("type") for rest in reading.each(reading.dig(content, "rest"))
                for resource in reading.each(rest.get("resource"))}  # fmt: skip
        return [kind for kind in RESOURCES if kind in told] or list(RESOURCES)

    def page(self, url: str) -> dict[str, Any]:
        """One page of a search. Raises Failed."""
        answer = self.answer(url)
        self.clock = answer.headers.get("date", "")
        try:
            content = answer.json()
        except ValueError:
            content = None
        if not isinstance(content, dict) or content.get("resourceType") != "Bundle":
            raise Failed(f"{probes.named(self.config)} answered with something that is no bundle.",
                         code="not_fhir")  # fmt: skip
        return content

    def _ask(self, url: str) -> Answer:
        """A request whose faults are told in words. Raises Failed."""
        kept: list[Answer] = []

        def attempt(client: Client) -> Finding:
            try:
                if self.signed is None:
                    sign = smart.sign if self.smart_key else probes.headers
                    self.signed = sign(client, self.config, self.secrets)
            except NoToken as none:
                return none.finding
            asked = {**self.headers, "Accept": self.accepts, **self.signed}
            kept.append(client.ask("GET", url, headers=asked))
            return Finding(True, "reached", "")

        found = probes.run(self.config, attempt, self.seconds, self.largest)
        if not found.ok:
            # What to check is told by the advice.
            said = CHECK.sub("", found.sentence)
            raise Failed(said, final=found.code in FINAL, code=found.code)
        return kept[-1]

    def _refused(self, answer: Answer) -> Failed:
        found = probes.judged(answer, probes.named(self.config))
        assert found is not None
        said = CHECK.sub("", found.sentence)
        return Failed(said, wait(answer), answer.status not in AGAIN, found.code, answer.status)

    def first(self, kind: str, since: str | None) -> str:
        """Where reading of a type begins."""
        asked = {"_count": str(self.config.page_size), "_sort": "_lastUpdated"}
        if since:
            asked["_lastUpdated"] = f"ge{since}"
        return f"{self.base}/{kind}?{urlencode(asked)}"

    def following(self, url: str, bundle: dict[str, Any]) -> str | None:
        """The next page, when there is one. Raises Failed when it leads elsewhere."""
        for link in reading.each(bundle.get("link")):
            if link.get("relation") == "next" and isinstance(link.get("url"), str):
                following = urljoin(url, link["url"])
                if urlsplit(following)[:2] != urlsplit(self.base)[:2]:
                    raise Failed("The link to the next page leads to another server.",
                                 final=True, code="bad_links")  # fmt: skip
                return str(following)
        return None


def wait(answer: Answer) -> float | None:
    """Seconds of a Retry-After header, which may name a time as well."""
    given = answer.headers.get("retry-after", "").strip()
    if given.isascii() and given.isdigit():
        return float(given[:9])
    try:
        return max(0.0, parsedate_to_datetime(given).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None
