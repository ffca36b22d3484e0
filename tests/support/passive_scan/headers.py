"""What passive rules look for in headers."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.support.passive_scan.message import Message

_PRODUCT = (
    "x-powered-by", "x-backend-server", "x-chromelogger-data", "x-chromephp-data", "x-debug-token",
    "x-debug-token-link", "x-aspnet-version", "x-aspnetmvc-version", "via", "x-runtime", "x-generator",
)  # fmt: skip
_WITHOUT_FALLBACK = ("form-action", "frame-ancestors", "base-uri")
"""Directives that ``default-src`` does not stand in for."""
_STORABLE = {200, 203, 204, 206, 300, 301, 404, 405, 410, 414, 501}
"""Statuses that a cache may keep without being told (RFC 9110, 15.1)."""
_SLACK = 300
"""Bytes that ZAP grants a redirect's body beyond its target."""


def cookie(message: Message) -> Iterator[str]:
    """Any cookie: the service has none, so none can lack a flag, be poisoned or be scoped too widely."""
    yield from (f"a cookie: {each}" for each in message.all("set-cookie"))


def server(message: Message) -> Iterator[str]:
    """The server's name, and with it its version."""
    yield from (f"Server: {each}" for each in message.all("server"))


def product(message: Message) -> Iterator[str]:
    """Names of products behind the server, or what they tell developers."""
    yield from (f"{name}: {value}" for name, value in message.headers if name in _PRODUCT)


def framed(message: Message) -> Iterator[str]:
    """A page that others may show in a frame."""
    said = message.all("x-frame-options")
    if len(said) > 1:
        yield "X-Frame-Options twice"
    if message.is_page and said not in (["DENY"], ["SAMEORIGIN"]):
        yield f"X-Frame-Options {said}"


def sniffed(message: Message) -> Iterator[str]:
    """An answer whose kind a browser may guess."""
    if message.header("x-content-type-options") != "nosniff":
        yield "no X-Content-Type-Options: nosniff"


def content_type(message: Message) -> Iterator[str]:
    """A body of no kind."""
    if message.length and not message.kind:
        yield "no Content-Type"


def transport(message: Message) -> Iterator[str]:
    """An answer that lets a browser come back without TLS. Here also without TLS, for the header is the service's."""
    said = message.all("strict-transport-security")
    found = re.match(r"max-age=(\d+)\b", said[0]) if len(said) == 1 else None
    if found is None or int(found[1]) < 365 * 86400:
        yield f"Strict-Transport-Security {said}"


def referrer(message: Message) -> Iterator[str]:
    """A page whose address, and what is in it, links tell to others."""
    if message.header("referrer-policy") != "no-referrer":
        yield f"Referrer-Policy {message.header('referrer-policy')!r}"


def permissions(message: Message) -> Iterator[str]:
    """A page that may use what the machine has."""
    if message.is_page and not message.header("permissions-policy"):
        yield "no Permissions-Policy"
    if "feature-policy" in dict(message.headers):
        yield "Feature-Policy, which is deprecated"


def policy_there(message: Message) -> Iterator[str]:
    """A page that may load and run everything."""
    if message.is_page and len(message.all("content-security-policy")) != 1:
        yield "not one Content-Security-Policy"


def policy(message: Message) -> Iterator[str]:
    """A policy with holes: wildcards, inline code, what no fallback covers."""
    for text in message.all("content-security-policy"):
        directives = {words[0]: words[1:] for words in (each.split() for each in text.split(";")) if words}
        if directives.get("default-src") != ["'none'"]:
            yield "default-src is not 'none'"
        yield from (f"no {name}" for name in _WITHOUT_FALLBACK if name not in directives)
        for name, sources in directives.items():
            for source in sources:
                if "unsafe" in source or "*" in source or source in {"http:", "https:"}:
                    yield f"{name} {source}"
    yield from (
        f"{name}, which is deprecated"
        for name, _ in message.headers
        if name in {"x-content-security-policy", "x-webkit-csp"}
    )


def isolated(message: Message) -> Iterator[str]:
    """What another origin's page may load into its process, or reach by a window."""
    if message.header("cross-origin-resource-policy") not in {"same-origin", "same-site"}:
        yield "no Cross-Origin-Resource-Policy"
    if message.is_page and message.header("cross-origin-opener-policy") != "same-origin":
        yield "no Cross-Origin-Opener-Policy"
    if message.is_page and message.header("cross-origin-embedder-policy") != "require-corp":
        yield "no Cross-Origin-Embedder-Policy"


def any_origin(message: Message) -> Iterator[str]:
    """An answer that pages of every origin may read."""
    allowed = message.header("access-control-allow-origin")
    if "*" in allowed or allowed == "null":
        yield f"Access-Control-Allow-Origin: {allowed}"


def weak_scheme(message: Message) -> Iterator[str]:
    """Sign-in by a password that is sent along."""
    said = message.header("www-authenticate").lower()
    yield from (scheme for scheme in ("basic", "digest", "ntlm", "negotiate") if re.search(rf"\b{scheme}\b", said))


def kept(message: Message) -> Iterator[str]:
    """What a cache may keep: nothing but what everybody may read."""
    said = {each.strip().lower() for each in message.header("cache-control").split(",")}
    if "no-store" not in said and message.status in _STORABLE | {302, 303}:
        yield f"Cache-Control {sorted(said)}"


def from_cache(message: Message) -> Iterator[str]:
    """An answer that a cache gave."""
    yield from (f"{name}: {value}" for name, value in message.headers if name in {"age", "x-cache", "x-cache-lookup"})


def led_elsewhere(message: Message) -> Iterator[str]:
    """A redirect whose host the request has named."""
    for place in message.all("location"):
        host = urlsplit(place).netloc
        if host and any(host in value or value in host for value in message.given.values() if value):
            yield f"Location: {place}"


def big_redirect(message: Message) -> Iterator[str]:
    """A redirect with so much in its body that it may be a page."""
    if 300 <= message.status < 400 and message.length > len(message.header("location")) + _SLACK:
        yield f"{message.length} bytes"
