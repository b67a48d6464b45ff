"""A real HTTP server that misbehaves on purpose, by its path."""

import contextlib
import gzip
import json
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any, ClassVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

CAPABILITY = {
    "resourceType": "CapabilityStatement", "fhirVersion": "4.0.1",
    "software": {"name": "Test FHIR", "version": "7"},
}  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    """What is asked for first says how the server behaves."""

    seen: ClassVar[list[tuple[str, dict[str, str], str]]] = []
    elsewhere: ClassVar[str] = ""
    protocol_version = "HTTP/1.0"

    def log_message(self, *_args: Any) -> None:
        """Quiet."""

    def send(self, status: int, body: Any, kind: str = "application/json", **more: str) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in more.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(content)

    def do_GET(self) -> None:
        self.seen.append((self.path, dict(self.headers), ""))
        getattr(self, "do_" + self.path.split("/")[1].split("?")[0], self.missing)()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.seen.append((self.path, dict(self.headers), body))
        if "token/refused" in self.path:
            self.send(400, {"error": "invalid_scope", "error_description": "No such scope."})
        elif "token" in self.path:
            good = "wrong" not in self.path
            self.send(200 if good else 401, {"access_token": "granted"} if good else {})
        else:
            self.missing()

    def do_halfway(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b'{"resourceType":')

    def missing(self) -> None:
        self.send(404, {})

    def do_good(self) -> None:
        self.send(200, CAPABILITY if "metadata" in self.path else {"resourceType": "Bundle"})

    def do_signed(self) -> None:
        if "smart-configuration" in self.path:
            host = self.headers["Host"]
            self.send(200, {"token_endpoint": f"http://{host}/token"})
        elif self.headers.get("Authorization") == "Bearer granted":
            self.do_good()
        else:
            self.send(401, {})

    def do_html(self) -> None:
        self.send(200, b"<html>Welcome</html>", "text/html")

    def do_r5(self) -> None:
        self.send(200, CAPABILITY | {"fhirVersion": "5.0.0"})

    def do_error(self) -> None:
        self.send(500, {})

    def do_drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(100):
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.05)

    def do_bomb(self) -> None:
        self.send(200, gzip.compress(b" " * 20_000_000), Content_Encoding="gzip")

    def do_away(self) -> None:
        self.send(302, {}, Location=self.elsewhere)

    def do_round(self) -> None:
        self.send(302, {}, Location="/round/again")

    def do_file(self) -> None:
        self.send(302, {}, Location="file:///etc/passwd")


@contextlib.contextmanager
def server(certificate: Path | None = None) -> Iterator[str]:
    """The address of a server that runs meanwhile."""
    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        running.socket = context.wrap_socket(running.socket, server_side=True)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http{'s' if certificate else ''}://127.0.0.1:{running.server_port}"
    finally:
        running.shutdown()
        running.server_close()
        thread.join()


def self_signed(folder: Path) -> tuple[Path, str]:
    """A certificate for 127.0.0.1 that nobody trusts: key and certificate in a file, and as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ward test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "server.pem"
    path.write_bytes(private + pem)
    return path, pem.decode()
