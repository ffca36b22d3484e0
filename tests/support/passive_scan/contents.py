"""What passive rules look for in bodies and addresses."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from tests.support.passive_scan.message import Message, luhn

_PRIVATE = re.compile(
    r"\b(?:10(?:\.\d{1,3}){3}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2}|192\.168(?:\.\d{1,3}){2}"
    r"|ip-(?:10|172|192)(?:-\d{1,3}){3})\b"
)
_SESSION = re.compile(
    r"[?&;](?:jsessionid|phpsessid|aspsessionid\w*|cfid|cftoken|sessionid|session_id|sid)=", re.IGNORECASE
)
_SECRET = ("token", "passw", "secret", "apikey", "api_key", "credential", "ssn", "user", "email")
_BANNER = re.compile(
    r"\b(?:Apache|nginx|Jetty|Tomcat|Lighttpd|WEBrick|uvicorn|litestar|gunicorn|Python|aiohttp|OpenSSL)/\d[\d.]*",
    re.IGNORECASE,
)
_DEBUG = re.compile(
    r"Traceback \(most recent call last\)|Internal Server Error|Error Occurred While Processing Request|Stack ?trace"
    r"|Fatal error:|Unhandled (?:exception|error)|SQLSTATE|botocore\.|\.py\", line \d|object at 0x[0-9a-f]{6}",
    re.IGNORECASE,
)
_COMMENT = re.compile(
    r"\b(?:TODO|FIXME|BUGS?|XXX|QUERY|DB|ADMIN|USER(?:NAME)?|PASSW(?:OR)?D|SELECT|DEBUG|LATER)\b", re.IGNORECASE
)
_CARD = re.compile(
    r"(?<![\d.\-])(?:3[47]\d{13}|(?:4\d{3}|5[1-5]\d{2}|2[2-7]\d{2}|6011|35\d{2})(?:[ -]?\d{4}){3})(?![\d.\-])"
)
_SECONDS = re.compile(r"(?<![\w.\-])(1[5-9]\d{8}|2[0-2]\d{8})(?![\w\-])")
_HASH = re.compile(
    r"(?<![0-9A-Za-z/+=-])(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|\$(?:1|2[aby]|5|6)\$[./\w$]{20,})(?![0-9A-Za-z/+=-])"
)
_SOURCE = re.compile(
    r"<\?php|<%[@=!]|#!/(?:bin|usr)|^(?:from [\w.]+ import |import java\.|package [\w.]+;)", re.MULTILINE
)
_SERIALIZED = re.compile(r"rO0AB|\xac\xed\x00\x05|aced0005", re.IGNORECASE)
_LOADING = {"script": "src", "iframe": "src", "object": "data"}
_OWN = {
    "script": r"/local/assets/[a-z]+\.js|/v1\.0/docs/reference\.js(?:\?.*)?",
    "iframe": r"/local/mails/[\w.=+%-]+/html",
    "object": r"/local/documents/[\w./-]+",
}
"""What pages of the service load into themselves."""
_DANGEROUS = re.compile(
    r"\beval\(|new Function|\b(?:inner|outer)HTML\s*=(?!=)|insertAdjacentHTML|document\.write"
    r"|bypassSecurityTrust|trustAs|\bset(?:Timeout|Interval)\(\s*[\"'`]"
)
_NAMELESS = 3
"""Shorter values of a query are found everywhere."""
_RECENT_YEARS = 10


def private_address(message: Message) -> Iterator[str]:
    """Addresses of machines inside."""
    yield from _PRIVATE.findall(message.text)


def session_in_address(message: Message) -> Iterator[str]:
    """A session's id where histories and logs keep it."""
    yield from (each for each in (message.url, *message.elements().links()) if _SESSION.search(each))


def secret_in_address(message: Message) -> Iterator[str]:
    """Names of secrets or of people in a link's query."""
    for link in message.elements().links():
        query = urlsplit(link).query.lower()
        yield from (f"{word} in {link}" for word in _SECRET if word in query)


def banner(message: Message) -> Iterator[str]:
    """A product with its version."""
    yield from _BANNER.findall(message.text)


def debug_message(message: Message) -> Iterator[str]:
    """What a framework or an interpreter says of a mistake."""
    yield from _DEBUG.findall(message.text)
    if message.status == 500:
        yield "status 500"


def script(message: Message) -> Iterator[str]:
    """Any script but the service's own, so none can be old, another's or dangerous; frames and objects of others."""
    found = message.elements()
    for tag, attributes in found.tags:
        if tag in _LOADING and not re.fullmatch(_OWN[tag], attributes.get(_LOADING[tag], "")):
            yield f"<{tag}>"
        if tag in {"embed", "applet"} or (tag == "iframe" and "sandbox" not in attributes):
            yield f"<{tag}>"
    yield from (f"{tag} {name}" for tag, all_of in found.tags for name in all_of if name.startswith("on"))
    if "javascript" in message.kind and not re.fullmatch(_OWN["script"], message.url.partition("?")[0]):
        yield message.kind
    if "javascript" in message.kind:
        yield from _DANGEROUS.findall(message.text)


def form(message: Message) -> Iterator[str]:
    """A form that leads to another host, so between HTTP and HTTPS, or one that changes something without a token."""
    token = any(
        each.get("name") == "csrf_token" and each.get("type") == "hidden" and each.get("value")
        for each in message.elements().named("input")
    )
    for each in message.elements().named("form"):
        if not re.fullmatch(r"/(?!/).*", each.get("action", "")) or not token:
            yield f"<form action={each.get('action')!r}>"


def comment(message: Message) -> Iterator[str]:
    """A comment with a word that is for developers."""
    yield from (each for each in message.elements().comments if _COMMENT.search(each))


def reflected(message: Message) -> Iterator[str]:
    """A page that has what the query says."""
    if message.is_page:
        values = [value for value in message.given.values() if len(value) > _NAMELESS]
        yield from (f"{value!r} of the query" for value in values if value in message.text)


def view_state(message: Message) -> Iterator[str]:
    """A server's state, kept by the page."""
    yield from re.findall(r"__VIEWSTATE|javax\.faces\.ViewState", message.text)


def listing(message: Message) -> Iterator[str]:
    """A list of files."""
    if message.is_page and re.search(r"(?:Index of /|Directory (?:of|listing)|Parent Directory)", message.text):
        yield message.elements().title


def loaded_by_http(message: Message) -> Iterator[str]:
    """Something that a page loads without TLS."""
    yield from (each for each in _loaded(message) if each.lower().startswith("http:"))


def loaded_from_elsewhere(message: Message) -> Iterator[str]:
    """Something that a page loads from another host, and does not know."""
    yield from (each for each in _loaded(message) if urlsplit(each).netloc)


def _loaded(message: Message) -> Iterator[str]:
    for tag, attributes in message.elements().tags:
        if tag == "link" or (tag != "a" and "src" in attributes):
            yield attributes.get("src") or attributes.get("href", "")
    if message.is_page:
        yield from re.findall(r"(?:url\(|@import )['\"]?(https?:[^'\")]+)", message.text)


def card_number(message: Message) -> Iterator[str]:
    """A number of a payment card."""
    yield from (each for each in _CARD.findall(message.text) if luhn(each))


def timestamp(message: Message) -> Iterator[str]:
    """Seconds since 1970, of these years."""
    this_year = datetime.now(UTC).year
    for found in _SECONDS.findall(message.text):
        if abs(datetime.fromtimestamp(int(found), UTC).year - this_year) <= _RECENT_YEARS:
            yield found


def hashed(message: Message) -> Iterator[str]:
    """What looks like a hash, but for the request's id, which is random and of one's own."""
    yield from (each for each in _HASH.findall(message.text) if each != message.header("x-request-id"))


def source_code(message: Message) -> Iterator[str]:
    """A program's text."""
    yield from _SOURCE.findall(message.text)


def opener(message: Message) -> Iterator[str]:
    """A link into a new window, which can reach this one."""
    for each in message.elements().named("a", "area"):
        if each.get("target") == "_blank" and not {"noopener", "noreferrer"} & set(each.get("rel", "").split()):
            yield each.get("href", "")


def serialized(message: Message) -> Iterator[str]:
    """An object of Java's."""
    yield from _SERIALIZED.findall(message.text)


def charset(message: Message) -> Iterator[str]:
    """Headers and a page that name different character sets, or none."""
    if not message.is_page:
        return
    said = re.search(r"charset=([\w-]+)", message.header("content-type"))
    inside = [each["charset"] for each in message.elements().named("meta") if "charset" in each]
    if said is None or any(each.lower() != said[1].lower() for each in inside):
        yield f"{message.header('content-type')}, and {inside}"


def wsdl(message: Message) -> Iterator[str]:
    """A description of a SOAP service."""
    yield from re.findall(r"<wsdl:definitions|schemas\.xmlsoap\.org/wsdl", message.text)
