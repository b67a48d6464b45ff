"""A real FHIR server of the tests: it pages, and misbehaves on purpose."""

import base64
import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support import Place


class Fhir:
    """What the server holds, how it behaves, and what it was asked."""

    def __init__(self) -> None:
        self.records: dict[str, list[dict[str, Any]]] = {}
        self.asked: list[str] = []
        self.tokens: list[str] = []
        self.wanted: str | None = None
        self.kids: set[str] | None = None
        """The keys it knows; none is all."""
        self.fail_every = 0
        self.answer: tuple[int, bytes, dict[str, str]] | None = None
        self.next_link: str | None = None
        self.url = ""
        self.links, self.totals, self.sorts = True, False, True
        self.types: list[str] | None = None
        self.refused: dict[str, int] = {}
        self.meanwhile: Callable[[], None] = lambda: None

    def put(self, kind: str, ident: str, at: str, **more: Any) -> None:
        """Store or replace a record; `at` is a day of a month or a whole time."""
        found = self.records.setdefault(kind, [])
        found[:] = [r for r in found if r.get("id") != ident]
        moment = at if "T" in at else f"2026-11-{at}T00:00:00Z"
        meta = {"lastUpdated": moment, "versionId": str(len(self.asked))}
        found.append({"resourceType": kind, "id": ident, "meta": meta, **more})

    def delete(self, kind: str, ident: str) -> None:
        """Have a record no longer."""
        self.records[kind] = [r for r in self.records[kind] if r["id"] != ident]

    def one(self, path: str) -> dict[str, Any] | None:
        """The record at the end of a path."""
        kind, ident = path.split("/")[-2:]
        return next((r for r in self.records.get(kind, []) if r.get("id") == ident), None)

    def search(self, kind: str, query: dict[str, list[str]]) -> dict[str, Any]:
        """A page of what changed since."""
        since = query.get("_lastUpdated", ["ge0"])[0][2:]
        count, skip = int(query.get("_count", ["10"])[0]), int(query.get("skip", ["0"])[0])
        every = list(self.records.get(kind, []))
        if self.sorts:
            every.sort(key=lambda r: r["meta"]["lastUpdated"])
        every = [r for r in every if r["meta"]["lastUpdated"] >= since]
        links = []
        if self.links and skip + count < len(every):
            following = (
                f"{self.url}/{kind}?_count={count}&skip={skip + count}&_lastUpdated=ge{since}"
            )
            links = [{"relation": "next", "url": self.next_link or following}]
        entries = [{"fullUrl": f"{self.url}/{kind}/{r['id']}", "resource": r}
                   for r in every[skip : skip + count]]  # fmt: skip
        found = {"resourceType": "Bundle", "type": "searchset", "link": links, "entry": entries}
        return {**found, "total": len(every)} if self.totals else found

    def capabilities(self) -> bytes:
        """What the server says it has."""
        told = [{"type": kind} for kind in self.types or []]
        return json.dumps({"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1",
                           "rest": [{"mode": "server", "resource": told}]}).encode()  # fmt: skip


def _kid(form: str) -> str:
    """The key that an assertion says it is signed with."""
    head = parse_qs(form)["client_assertion"][0].split(".")[0]
    return str(json.loads(base64.urlsafe_b64decode(head + "=="))["kid"])


def _handler(fhir: Fhir) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_args: Any) -> None:
            """Quiet."""

        def send(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": "application/fhir+json", **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            fhir.tokens.append(body)
            if fhir.kids is not None and _kid(body) not in fhir.kids:
                self.send(400, b'{"error": "invalid_client"}')
                return
            given = f"token-{len(fhir.tokens)}"
            fhir.wanted = given
            self.send(200, json.dumps({"access_token": given, "expires_in": 300}).encode())

        def do_GET(self) -> None:
            fhir.asked.append(self.path)
            parts = urlsplit(self.path)
            if parts.path.endswith("smart-configuration"):
                return self.send(200, json.dumps({"token_endpoint": f"{fhir.url}/token"}).encode())
            if fhir.wanted and self.headers.get("Authorization") != f"Bearer {fhir.wanted}":
                return self.send(401, b"{}")
            if fhir.answer:
                return self.send(fhir.answer[0], fhir.answer[1], **fhir.answer[2])
            if fhir.fail_every and len(fhir.asked) % fhir.fail_every == 0:
                return self.send(500, b"boom")
            if parts.path.endswith("/metadata"):
                return self.send(200, fhir.capabilities())
            if (status := fhir.refused.get(parts.path.rsplit("/", 1)[-1])) is not None:
                return self.send(status, b"{}")
            fhir.meanwhile()
            kind, ident = parts.path.split("/")[-2:]
            found = fhir.one(parts.path)
            if found is None and kind in fhir.records:
                return self.send(404, b"{}")
            if found is not None:
                return self.send(200, json.dumps(found).encode())
            return self.send(200, json.dumps(fhir.search(ident, parse_qs(parts.query))).encode())

    return Handler


@contextlib.contextmanager
def serving() -> Iterator[Fhir]:
    """The server, running on a port of its own."""
    fhir = Fhir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(fhir))
    fhir.url = f"http://127.0.0.1:{server.server_port}/r4"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield fhir
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def fill(fhir: Fhir, count: int = 5) -> None:
    for n in range(1, count + 1):
        fhir.put("Patient", f"p{n}", f"{n:02}", name=[{"family": f"Family{n}"}])
    fhir.put("Condition", "c1", "03", code={"text": "Gout"}, subject={"reference": "Patient/p1"})


def people(sql: Any, place: Place) -> set[str]:
    found = sql("select display_name from entity where workspace_id = %s and entity_type = 'person'"
                " and has_projection", (place.id,))  # fmt: skip
    return {row[0] for row in found}
