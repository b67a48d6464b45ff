"""\"Test connection\": a real request, and in words what it found."""

import re
import ssl
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from . import outgoing
from .outgoing import Answer, Client, Refused

ERROR = re.compile(r"[a-z_]{3,40}")
FHIR_JSON = "application/fhir+json"
SUFFIXES = {
    "csv": (".csv", ".tsv", ".txt"), "ndjson": (".ndjson", ".jsonl"), "json": (".json",),
    "fhir_bundle": (".json",),
}  # fmt: skip
SENTENCES = {
    "timed_out": "The server did not answer within {seconds:g} s. Check the address, and whether a"
    " firewall stands between.",
    "refused": "Nothing answers at this address. Check the name and the port.",
    "unknown_host": "There is no server of this name. Check the address.",
    "private_address": "The name leads into this network. If that is meant, switch on “Allow"
    " addresses inside this network”.",
    "certificate_not_trusted": "The server’s certificate is not trusted. If it is your own, add its"
    " authority under “Own certificate authority”.",
    "redirected": "The server sends Ward elsewhere again and again. Enter the final address.",
    "too_large": "The answer is larger than {largest:g} MB, so this is hardly the right address.",
    "cut_off": "The server broke off in the middle of its answer.",
    "bad_answer": "The server’s answer could not be read. Check the address.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a test found: `code` for programs, `sentence` for people."""

    ok: bool
    code: str
    sentence: str
    detail: str = ""
    milliseconds: int | None = None


def failed(code: str, seconds: float | None = None, largest: int = outgoing.LARGEST) -> Finding:
    """A finding with the sentence of its code."""
    limit = outgoing.DEADLINE if seconds is None else seconds
    sentence = SENTENCES[code].format(seconds=limit, largest=largest / 1024**2)
    return Finding(False, code, sentence)


def run(
    config: Any, work: Callable[[Client], Finding], seconds: float | None = None,
    largest: int = outgoing.LARGEST,
) -> Finding:  # fmt: skip
    """Do `work` within the deadline; whatever the other side does becomes a finding."""
    import httpx

    limit = outgoing.DEADLINE if seconds is None else seconds
    started = time.monotonic()
    try:
        with Client(config.allow_private, config.ca_certificate, limit, largest) as client:
            found = work(client)
    except Refused as refused:
        found = failed(refused.code, limit, largest)
    except httpx.TimeoutException:
        found = failed("timed_out", limit)
    except httpx.ConnectError as error:
        found = failed(_connection(error))
    except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
        found = failed("cut_off")
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError):
        found = failed("bad_answer")
    return replace(found, milliseconds=round((time.monotonic() - started) * 1000))


def _connection(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "certificate_not_trusted"
        cause = cause.__cause__ or cause.__context__
    return "certificate_not_trusted" if "CERTIFICATE_VERIFY_FAILED" in str(error) else "refused"


def named(config: Any) -> str:
    """The server's name, for sentences."""
    return urlsplit(config.base_url).hostname or str(config.base_url)


def judged(answer: Answer, where: str) -> Finding | None:
    """What a status says by itself; None when the answer is worth reading."""
    if answer.status in (401, 403):
        return Finding(False, "unauthorised", f"{where} did not accept the credentials"
                       f" ({answer.status}). Check them below.")  # fmt: skip
    if answer.status == 404:
        return Finding(False, "not_found", f"{where} answers, but knows no such path (404).")
    if answer.status >= 400:
        return Finding(False, "bad_answer", f"{where} answered with an error ({answer.status}).")
    return None


def headers(client: Client, config: Any, secrets: Mapping[str, str]) -> dict[str, str]:
    """The headers that sign Ward in. Raises Refused when no token is given out."""
    kind = config.auth_type
    if kind == "bearer_token":
        return {"Authorization": f"Bearer {secrets['auth_token']}"}
    if kind == "api_key_header":
        return {config.auth_header: secrets["auth_token"]}
    if kind == "basic":
        plain = f"{config.auth_user}:{secrets['auth_password']}".encode()
        return {"Authorization": f"Basic {b64encode(plain).decode()}"}
    if kind == "oauth2_client_credentials":
        form = {"grant_type": "client_credentials", "scope": " ".join(config.scopes)}
        pair = (config.client_id, secrets["client_secret"])
        return {"Authorization": f"Bearer {token(client, config.token_url, form, pair)}"}
    return {}


class NoToken(Refused):
    """The token address gave none."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding
        super().__init__("unauthorised")


def token(client: Client, url: str, form: dict[str, str], auth: tuple[str, str] | None) -> str:
    """A token from a token address. Raises NoToken."""
    answer = client.ask("POST", url, data={k: v for k, v in form.items() if v}, auth=auth)
    try:
        content = answer.json() if answer.status < 400 else {}
    except ValueError:
        content = {}
    found = content.get("access_token") if isinstance(content, dict) else None
    if not isinstance(found, str) or not found:
        code, said = _refusal(answer)
        why = f"{answer.status}, {code}" if code else str(answer.status)
        raise NoToken(Finding(
            False, "unauthorised", f"The token address gave no token ({why}). Check the"
            " client id, its secret or key, and the scopes.", said,
        ))  # fmt: skip
    return found


def _refusal(answer: Answer) -> tuple[str, str]:
    """(error, description) of a token address (RFC 6749 5.2), each empty where there is none."""
    try:
        content = answer.json()
    except ValueError:
        return "", ""
    told = content if isinstance(content, dict) else {}
    code, said = told.get("error"), told.get("error_description")
    known = code if isinstance(code, str) and ERROR.fullmatch(code) else ""
    return known, said[:200] if isinstance(said, str) and said.isprintable() else ""


def fhir(client: Client, config: Any, secrets: Mapping[str, str]) -> Finding:
    """Ask a FHIR server what it is."""
    try:
        signed = headers(client, config, secrets)
    except NoToken as none:
        return none.finding
    found = metadata(client, config, signed)
    if not found.ok or config.auth_type == "none":
        return found
    kind = (config.resource_types or ["Patient"])[0]
    url = f"{config.base_url.rstrip('/')}/{kind}?_count=1&_elements=id"
    answer = client.ask("GET", url, headers={"Accept": FHIR_JSON, **signed})
    return judged(answer, named(config)) or found


def metadata(client: Client, config: Any, signed: Mapping[str, str]) -> Finding:
    """Read the capability statement."""
    url = config.base_url.rstrip("/") + "/metadata"
    answer = client.ask("GET", url, headers={"Accept": FHIR_JSON, **signed})
    where = named(config)
    if (wrong := judged(answer, where)) is not None:
        return wrong
    try:
        content = answer.json()
    except ValueError:
        content = None
    if not isinstance(content, dict) or content.get("resourceType") != "CapabilityStatement":
        return Finding(False, "not_fhir", f"{where} answers, but it is not a FHIR server. Check the"
                       " path of the address.")  # fmt: skip
    version = str(content.get("fhirVersion", ""))[:20]
    if not version.startswith("4.0"):
        return Finding(False, "wrong_version", f"{where} speaks FHIR {version or 'of no version'};"
                       " Ward reads R4 (4.0).")  # fmt: skip
    software = content.get("software")
    known = software if isinstance(software, dict) else {}
    detail = " ".join(str(known.get(key, ""))[:80] for key in ("name", "version")).strip()
    return Finding(
        True, "reached", f"Reached: {where} is a FHIR server, version {version}.", detail
    )


def rest(client: Client, config: Any, secrets: Mapping[str, str]) -> Finding:
    """Ask a JSON API for its first list."""
    try:
        signed = headers(client, config, secrets)
    except NoToken as none:
        return none.finding
    url = config.base_url.rstrip("/") + config.endpoints[0].path
    asked = {"Accept": "application/json", **config.headers, **signed}
    answer = client.ask("GET", url, headers=asked)
    where = named(config)
    if (wrong := judged(answer, where)) is not None:
        return wrong
    try:
        answer.json()
    except ValueError:
        return Finding(False, "bad_answer", f"{where} answers, but not with JSON.")
    return Finding(True, "reached", f"Reached: {where} answered with JSON.")


def folder(home: Path | None, path: str, kind: str) -> Finding:
    """Look at a folder below the workspace's own, and nowhere else."""
    if home is None:
        return Finding(False, "not_found", "This installation has no drop folder"
                       " (WARD_DROP_FOLDER).")  # fmt: skip
    place = (home / path).resolve()
    if not place.is_relative_to(home.resolve()):
        return Finding(False, "unauthorised", "This folder leads out of the workspace’s own.")
    found = _counted(place, kind)
    return replace(found, detail=str(place))


def _counted(place: Path, kind: str) -> Finding:
    try:
        count = sum(1 for entry in place.iterdir() if entry.name.lower().endswith(SUFFIXES[kind]))
    except FileNotFoundError:
        return Finding(False, "not_found", "There is no such folder yet. Make it on this machine.")
    except NotADirectoryError:
        return Finding(False, "not_found", "This is a file, not a folder.")
    except OSError:
        return Finding(False, "unauthorised", "Ward may not read this folder.")
    files = "1 file" if count == 1 else f"{count} files"
    return Finding(True, "reached", f"The folder is there, with {files} of this format.")
