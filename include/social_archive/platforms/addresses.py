"""Which network addresses a URL may lead to. Strangers write the links in posts: none may reach our own network."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import Final

Resolver = Callable[[str, int], list[str]]
"""Host and port to IP addresses in text form, best first. Raises OSError when the name has none."""

_TRANSLATED: Final = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))


class Blocked(Exception):
    """The address must not be asked. The message names the rule, not the address."""


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host by the system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def public_address(host: str, port: int, resolver: Resolver = resolve) -> str:
    """One public address of `host`, to be connected to as it is: a second look-up could answer differently.

    Every address of the name must be public; a name that also leads inside is not trusted at all. Raises Blocked, or
    OSError when the name cannot be resolved.
    """
    candidates = resolver(host, port)
    if not candidates:
        raise OSError("the name has no address")
    for candidate in candidates:
        if not is_public(candidate):
            raise Blocked("the name leads to an address that is not public")
    return candidates[0]


def is_public(address: str) -> bool:
    """Is this IP address (text, any usual notation) one on the public internet, whatever it is wrapped in?"""
    try:
        ip = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            return is_public(str(inner))
        if any(ip in network for network in _TRANSLATED):
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)
