"""A real JSON API of the tests: lists with pages, misbehaving on purpose."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Given = tuple[int, bytes, dict[str, str]]


class Lists:
    """What the API holds by path, in what form it pages, and what it was asked."""

    def __init__(self) -> None:
        self.records: dict[str, list[Any]] = {}
        self.size = 2
        self.form = "token"
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.wanted: str | None = None
        self.tokens = 0
        self.clock: str | None = None
        self.spoil: Callable[[str, int], Given | None] = lambda path, count: None
        self.url = ""

    def page(self, path: str, query: dict[str, list[str]]) -> Given:
        """A page of a list."""
        at = int(query.get("after", ["0"])[0])
        found = self.records.get(path, [])
        asked = "&".join(f"{n}={v[0]}" for n, v in query.items() if n != "after")
        if since := query.get("since"):
            found = [r for r in found if r["updated"] >= since[0]]
        more = at + self.size if at + self.size < len(found) else None
        content: Any = {"data": {"items": found[at : at + self.size]}}
        headers = {}
        if self.form == "token":
            content["page"] = {"next": more}
        elif self.form == "link":
            content["page"] = {"next": more and f"{path}?{asked}&after={more}"}
        else:
            content = found[at : at + self.size]
            if more:
                headers["Link"] = (
                    f'<{self.url}/first>; rel="first", <?after={more}>; title="a, b"; rel="next"'
                )
        return 200, json.dumps(content).encode(), headers


def _handler(lists: Lists) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_args: Any) -> None:
            """Quiet."""

        def send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            lists.tokens += 1
            lists.wanted = f"token-{lists.tokens}"
            self.send(200, json.dumps({"access_token": lists.wanted}).encode(), {})

        def date_time_string(self, timestamp: float | None = None) -> str:
            return lists.clock or super().date_time_string(timestamp)

        def do_GET(self) -> None:
            lists.asked.append(self.path)
            lists.headers.append(dict(self.headers))
            if lists.wanted and self.headers.get("Authorization") != f"Bearer {lists.wanted}":
                return self.send(401, b"{}", {})
            parts = urlsplit(self.path)
            spoilt = lists.spoil(self.path, len(lists.asked))
            return self.send(*(spoilt or lists.page(parts.path, parse_qs(parts.query))))

    return Handler


@contextlib.contextmanager
def serving() -> Iterator[Lists]:
    """The API, running on a port of its own."""
    lists = Lists()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(lists))
    lists.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
    )
    thread.start()
    try:
        yield lists
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
