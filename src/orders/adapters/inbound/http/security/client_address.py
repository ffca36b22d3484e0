"""Finds the client's address of a request, from sources that can be trusted."""

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

UNKNOWN = "unknown"
_LONGEST = 45
"""Characters of the longest address without a zone (RFC 4291, section 2.2)."""
_REMEMBERED = 4096
"""How many addresses' networks are remembered."""


def client_address(scope: Mapping[str, Any], *, forwarded_hops: int) -> str:
    """Returns the client's address; for IPv6 its network, since one client has a whole /64 (RFC 6177).

    Args:
        forwarded_hops: the number of our own proxies in front, each of which appends its client's address to
            ``X-Forwarded-For``. Entries further left may be forged, and are ignored.
    """
    peer = scope.get("client")
    address = str(peer[0]) if peer else UNKNOWN
    if forwarded_hops > 0:
        given = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
        hops = [hop.strip() for hop in given.decode("latin-1").split(",")]
        if len(hops) >= forwarded_hops and hops[-forwarded_hops]:
            address = hops[-forwarded_hops]
    return _network(address) or (_network(str(peer[0])) if peer else None) or UNKNOWN


def _network(address: str) -> str | None:
    # What is no address may be long, and isn't remembered.
    return _known_network(address) if len(address) <= _LONGEST else _parsed_network(address)


def _parsed_network(address: str) -> str | None:
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((int(parsed), 64), strict=False))


_known_network = lru_cache(maxsize=_REMEMBERED)(_parsed_network)
