"""Finds the client's address of a request, from sources that can be trusted."""

from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

UNKNOWN = "unknown"


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
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((int(parsed), 64), strict=False))
