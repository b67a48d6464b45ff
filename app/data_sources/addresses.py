"""Addresses on the web: which are allowed, and which lie inside a private network."""

import ipaddress
import re
import socket
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

LOCAL_NAMES = ("localhost", ".localhost", ".local", ".internal", ".lan", ".home.arpa")
NUMBERS = re.compile(r"(0x[0-9a-f]+|\d+)(\.(0x[0-9a-f]+|\d+)){0,3}\.?", re.IGNORECASE)
NAT64 = ipaddress.ip_network("64:ff9b::/96")
CARRIER = ipaddress.ip_network("100.64.0.0/10")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _wrong(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("address", "{sentence}", {"sentence": sentence})


def _checked(text: str) -> str:
    if any(char.isspace() or not char.isprintable() for char in text):
        raise _wrong("Leave spaces out of the address.")
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise _wrong("This is not a web address. Check the name and the port.") from None
    if parts.scheme not in ("https", "http"):
        raise _wrong("The address must begin with https:// or http://.")
    if not host or "\\" in text:
        raise _wrong("The address names no server.")
    if parts.username is not None or parts.password is not None:
        raise _wrong("Leave user name and password out of the address; there are fields for them.")
    if parts.fragment:
        raise _wrong("Leave the part from # on out of the address.")
    return text


WebAddress = Annotated[str, StringConstraints(max_length=2048), AfterValidator(_checked)]
"""An http or https address without credentials."""


def host_of(url: str) -> str:
    """The server's name in an address that was checked."""
    return urlsplit(url).hostname or ""


def private_address(text: str) -> bool:
    """Whether an IP address is not one of the public internet."""
    try:
        address: Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return True
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return private_address(str(address.ipv4_mapped))
        if address in NAT64:
            return private_address(str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)))
        if address.sixtofour is not None:
            return private_address(str(address.sixtofour))
    elif address in CARRIER:
        return True
    return not address.is_global or address.is_multicast


def is_private(host: str) -> bool:
    """Whether a name or literal is private as it stands; other names are looked up later."""
    name = host.lower().rstrip(".").strip("[]")
    if any(name == local.lstrip(".") or name.endswith(local) for local in LOCAL_NAMES):
        return True
    if ":" in name:
        return private_address(name)
    if NUMBERS.fullmatch(name):
        # 2130706433, 0x7f.1 and 127.1 are 127.0.0.1 in other clothes.
        try:
            return private_address(socket.inet_ntoa(socket.inet_aton(name)))
        except OSError:
            return True
    return "." not in name


def resolve(host: str, port: int) -> list[str]:
    """The IP addresses of a server. Raises OSError when it is not known."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
