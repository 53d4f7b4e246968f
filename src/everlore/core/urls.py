"""Which addresses Everlore may connect to: what a setting names is read strictly, what a name resolves to is judged.

An address is *public*, of this machine (*loopback*), of a private network (*private*: also unique-local IPv6 and the
shared range of carriers and VPNs), or *never* to be spoken to: link-local, multicast, reserved, unspecified, the
metadata services of clouds, and IPv6 that wraps any address but a public one. `local` says how far from public a
setting may go: "none", "loopback" or "private".

Invariants: every address of a name must pass, or none is used; what cannot be read, resolved or judged is refused; plain
HTTP goes to loopback and private addresses only; the addresses returned are the ones to connect to, so that a name that
changes its mind afterwards changes nothing.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from everlore.core.errors import Denied, InvalidInput

Local = Literal["none", "loopback", "private"]
Resolve = Callable[[str, int], Sequence[str]]
"""Gives the addresses of a name; raises `OSError` when there are none."""
LOCAL: dict[str, Local] = {"none": "none", "loopback": "loopback", "private": "private"}
"""How far from public an address may be, by the word of the setting."""
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Kind = Literal["public", "loopback", "private", "never"]

_PORTS = {"http": 80, "https": 443}
_MEANT = {"none": {"public"}, "loopback": {"public", "loopback"}, "private": {"public", "loopback", "private"}}
_NAME = re.compile(r"(?=.{1,253}\Z)(?:(?!-)[a-z0-9_-]{1,63}(?<!-)\.)*(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)")
_BRACKETED = re.compile(r"\[[0-9A-Fa-f:.]+\](?::[0-9]+)?")
_METADATA_NAMES = frozenset({
    "metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal",
})  # fmt: skip
_METADATA = frozenset(map(ipaddress.ip_address, (
    "169.254.169.254", "169.254.170.2", "169.254.170.23", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254",
    "fd00:ec2::23", "fd20:ce::254",
)))  # fmt: skip
_PRIVATE = tuple(
    map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)
_GLOBAL = ipaddress.ip_network("2000::/3")
_WRAPPING = tuple(map(ipaddress.IPv6Network, ("::/96", "64:ff9b::/96", "64:ff9b:1::/48")))  # compatible, NAT64


@dataclass(frozen=True, slots=True)
class Checked:
    """An address that may be used: connect to one of `addresses`, and say `host` to whoever answers there."""

    scheme: str
    host: str
    port: int
    addresses: tuple[str, ...]


def resolved(host: str, port: int) -> list[str]:
    """Return every address the system has for a name; raise `OSError`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in found))


def check(url: str, *, local: Local = "none", resolve: Resolve = resolved, field: str = "url") -> Checked:
    """Return where a URL may be connected to.

    Raises `InvalidInput` for what is no plain HTTP address, `Denied` for one that may not be spoken to or whose name
    has no address; `field` names the setting in the error.
    """
    scheme, host, port = read(url, field=field)
    try:
        addresses = judged(host, port, local=local, secure=scheme == "https", resolve=resolve, field=field)
    except OSError as error:
        raise Denied(
            f"{host} has no address: {error.strerror or error}", hint="check the name and the network", field=field
        ) from error
    return Checked(scheme, host, port, addresses)


def read(url: str, *, field: str = "url") -> tuple[str, str, int]:
    """Return scheme, host and port of a URL, asking no name server; raise `InvalidInput` for anything unusual in it."""
    parts = _split(url, field)
    if "@" in parts.netloc:
        raise InvalidInput(
            "the address holds a name or password", field=field, hint="put the key into a variable of the environment"
        )
    host = parts.hostname or ""
    try:
        port = _PORTS[parts.scheme] if parts.port is None else parts.port
    except ValueError as error:
        raise InvalidInput(f"{url!r} has no valid port", field=field, hint="1 to 65535") from error
    if not port or parts.netloc.endswith(":"):
        raise InvalidInput(f"{url!r} has no valid port", field=field, hint="1 to 65535")
    if "[" not in parts.netloc and not _is_plain(host):
        raise InvalidInput(
            f"{host!r} is no plain host", field=field, hint="a name in ASCII (xn-- for others), or a.b.c.d in decimal"
        )
    if "[" in parts.netloc and not _BRACKETED.fullmatch(parts.netloc):
        raise InvalidInput(f"{parts.netloc!r} is no IPv6 address", field=field, hint="such as [2001:db8::1]:8080")
    return parts.scheme, host, port


def _split(url: str, field: str) -> SplitResult:
    hint = "such as https://example.com/v1 or http://localhost:11434/v1"
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname)
    except ValueError as error:
        raise InvalidInput(f"{url!r} is no HTTP address: {error}", field=field, hint=hint) from error
    # What one reader of URLs drops or turns round, another takes for the start of the host.
    odd = any(char.isspace() or not char.isprintable() or char == "\\" for char in url)
    if odd or parts.scheme not in _PORTS or not named or not url.lower().startswith(f"{parts.scheme}://"):
        raise InvalidInput(f"{url!r} is no HTTP address", field=field, hint=hint)
    return parts


def _is_plain(host: str) -> bool:
    """Say whether a host is a name, or four decimal numbers as everybody reads them."""
    if not _NAME.fullmatch(host):
        return False
    if _NUMBER.fullmatch(host.rsplit(".", 1)[-1]):
        try:
            return str(ipaddress.IPv4Address(host)) == host
        except ValueError:
            return False
    return True


def judged(
    host: str, port: int, *, local: Local, secure: bool, resolve: Resolve = resolved, field: str = "url"
) -> tuple[str, ...]:
    """Return the addresses of a host, all of which may be connected to; raise `Denied`, or `OSError` when it has none."""
    if host in _METADATA_NAMES:
        raise Denied(f"{host} is the metadata service of a cloud", hint="it holds the machine's own keys", field=field)
    literal = _address(host)
    found = [str(literal)] if literal else list(resolve(host, port))
    if not found:
        raise OSError(f"{host} has no address")
    kinds = {text: _kind_of(text) for text in found}
    for text, kind in kinds.items():
        if kind not in _MEANT[local]:
            raise _denied(host, text, kind, field)
    if not secure and "public" in kinds.values():
        raise Denied(f"{host} would be asked in plain HTTP", hint="use https", field=field)
    return tuple(found)


def _denied(host: str, address: str, kind: _Kind, field: str) -> Denied:
    named = host if host == address else f"{host} ({address})"
    if kind == "never":
        return Denied(
            f"{named} is not an address to connect to",
            hint="link-local, metadata and reserved ones never are",
            field=field,
        )
    where = "this machine" if kind == "loopback" else "a private network"
    return Denied(f"{named} is on {where}", hint=f'if that is meant, set outbound_local = "{kind}"', field=field)


def is_literal(host: str) -> bool:
    """Say whether a host is an address rather than a name."""
    return _address(host) is not None


def _address(text: str) -> _Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _kind_of(text: str) -> _Kind:
    address = _address(text)
    if address is None or address in _METADATA:
        return "never"
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return "never"
        if address == ipaddress.IPv6Address("::1"):
            return "loopback"
        if wrapped := _wrapped(address):
            return "public" if all(_kind_of(str(each)) == "public" for each in wrapped) else "never"
    if address.is_loopback:
        return "loopback"
    if any(address in network for network in _PRIVATE if network.version == address.version):
        return "private"
    if address.is_multicast or address.is_reserved or address.is_unspecified or address.is_link_local:
        return "never"
    # Outside 2000::/3 nothing of IPv6 is the public network, whatever the version of Python knows of it.
    known = address.version == 4 or address in _GLOBAL
    return "public" if known and address.is_global else "never"


def _wrapped(address: ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    """Return the IPv4 addresses inside an IPv6 one: mapped, compatible, 6to4, Teredo (server and client), NAT64."""
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if any(address in network for network in _WRAPPING):
        inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [each for each in inner if each is not None]
