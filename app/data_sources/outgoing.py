"""Requests to other systems: one deadline, bounded answers, and no way into a private network.

The name is looked up once and the connection goes to the very address that was checked, so that a
name cannot point elsewhere between the check and the request.
"""

import ssl
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import httpcore

from .addresses import private_address, resolve

if TYPE_CHECKING:
    import httpx

DEADLINE = 5.0
LARGEST = 1024 * 1024
REDIRECTS = 3


class Refused(Exception):
    """The request was not made, or its answer not read: `code` says why."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class _Timed(httpcore.NetworkStream):
    """A connection on which no read or write outlasts the deadline, however slowly it drips."""

    def __init__(self, stream: httpcore.NetworkStream, left: Callable[[], float]) -> None:
        self.stream, self.left = stream, left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, self.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, self.left())

    def close(self) -> None:
        self.stream.close()

    def start_tls(self, ssl_context: ssl.SSLContext, server_hostname: str | None = None,
                  timeout: float | None = None) -> httpcore.NetworkStream:  # fmt: skip
        secured = self.stream.start_tls(ssl_context, server_hostname, self.left())
        return _Timed(secured, self.left)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


class _Pinned(httpcore.SyncBackend):
    """Connects only to addresses that were looked at."""

    def __init__(self, allow_private: bool, left: Callable[[], float]) -> None:
        self.allow_private, self.left = allow_private, left

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        try:
            found = resolve(host, port)
        except (OSError, UnicodeError):
            raise Refused("unknown_host") from None
        if not self.allow_private and any(private_address(address) for address in found):
            raise Refused("private_address")
        stream = super().connect_tcp(found[0], port, self.left(), local_address, socket_options)
        return _Timed(stream, self.left)


class Answer:
    """What came back: status, headers, body."""

    def __init__(self, response: "httpx.Response", body: bytes) -> None:
        self.status, self.headers, self.body = response.status_code, response.headers, body
        self.response = response

    def json(self) -> Any:
        """The body as JSON. Raises ValueError."""
        import httpx

        return httpx.Response(200, content=self.body).json()


class Client:
    """A few requests within one deadline."""

    def __init__(
        self, allow_private: bool, certificate: str | None, seconds: float, largest: int = LARGEST
    ) -> None:  # fmt: skip
        # Here, because it brings much along that the web server seldom needs.
        import httpx

        self.ends = time.monotonic() + seconds
        self.largest = largest
        context = ssl.create_default_context()
        if certificate:
            context.load_verify_locations(cadata=certificate)
        transport = httpx.HTTPTransport(verify=context, trust_env=False)
        transport._pool = httpcore.ConnectionPool(
            ssl_context=context,
            network_backend=_Pinned(allow_private, self.left),
            max_connections=4,
        )
        self.http = httpx.Client(
            transport=transport,
            trust_env=False,
            follow_redirects=False,
            headers={"Accept-Encoding": "identity"},
        )

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_error: object) -> None:
        self.http.close()

    def left(self) -> float:
        """Seconds to the deadline. Raises Refused when it has passed."""
        remaining = self.ends - time.monotonic()
        if remaining <= 0:
            raise Refused("timed_out")
        return remaining

    def ask(self, method: str, url: str, **options: Any) -> Answer:
        """One request and at most three redirects, each looked at again.

        Credentials go to the first server only.
        """
        first = _origin(url)
        for _ in range(REDIRECTS + 1):
            answer = self._once(method, url, options)
            if answer.status not in (301, 302, 303, 307, 308) or method != "GET":
                return answer
            url = urljoin(url, answer.headers.get("location", ""))
            if urlsplit(url).scheme not in ("http", "https"):
                raise Refused("redirected")
            if _origin(url) != first:
                options = {**options, "headers": _without_secrets(options.get("headers") or {}),
                           "auth": None}  # fmt: skip
        raise Refused("redirected")

    def _once(self, method: str, url: str, options: Mapping[str, Any]) -> Answer:
        with self.http.stream(method, url, timeout=self.left(), **options) as response:
            whole = b"".join(self._body(response))
            return Answer(response, _unpacked(response, whole, self.largest))

    def _body(self, response: "httpx.Response") -> Iterator[bytes]:
        size = 0
        for chunk in response.iter_raw():
            self.left()
            size += len(chunk)
            if size > self.largest:
                raise Refused("too_large")
            yield chunk


def _unpacked(response: "httpx.Response", body: bytes, largest: int) -> bytes:
    """What was packed unasked, up to the limit: a small answer can unfold to gigabytes."""
    packing = response.headers.get("content-encoding", "identity").lower()
    if packing in ("identity", ""):
        return body
    if packing != "gzip":
        raise Refused("bad_answer")
    try:
        found = zlib.decompressobj(31).decompress(body, largest + 1)
    except zlib.error:
        raise Refused("bad_answer") from None
    if len(found) > largest:
        raise Refused("too_large")
    return found


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _without_secrets(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() == "accept"}
