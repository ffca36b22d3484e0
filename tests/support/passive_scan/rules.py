"""The passive rules of ZAP's baseline (2.17: release and beta), each as a check of one message, or why there is none.

Numbers and names are ZAP's (https://www.zaproxy.org/docs/alerts/); what each reports is written anew from its page.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum

from tests.support.passive_scan import contents, headers
from tests.support.passive_scan.message import Message

Check = Callable[[Message], Iterator[str]]


class Risk(IntEnum):
    """What ZAP says of a finding at worst."""

    INFORMATIONAL = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule.

    Attributes:
        check: yields what is wrong with a message; ``None`` where ``why`` says that the rule says nothing of a service.
        exact: ZAP looks at the same, such as a header; otherwise for words or numbers by patterns of its own.
    """

    name: str
    risk: Risk
    check: Check | None
    exact: bool = True
    why: str = ""


INFO, LOW, MEDIUM, HIGH = Risk
_NAMES_ONLY = "it reports no weakness: it tells ZAP which requests sign in, for scans of its own"

RULES: Mapping[int, Rule] = {
    2: Rule("Private IP Disclosure", LOW, contents.private_address, exact=False),
    3: Rule("Session ID in URL Rewrite", MEDIUM, contents.session_in_address),
    10003: Rule("Vulnerable JS Library (Powered by Retire.js)", MEDIUM, contents.script),
    10009: Rule("In Page Banner Information Leak", LOW, contents.banner, exact=False),
    10010: Rule("Cookie No HttpOnly Flag", LOW, headers.cookie),
    10011: Rule("Cookie Without Secure Flag", LOW, headers.cookie),
    10015: Rule("Re-examine Cache-control Directives", INFO, headers.kept),
    10017: Rule("Cross-Domain JavaScript Source File Inclusion", LOW, contents.script),
    10019: Rule("Content-Type Header Missing", INFO, headers.content_type),
    10020: Rule("Anti-clickjacking Header", MEDIUM, headers.framed),
    10021: Rule("X-Content-Type-Options Header Missing", LOW, headers.sniffed),
    10023: Rule("Information Disclosure - Debug Error Messages", LOW, contents.debug_message, exact=False),
    10024: Rule("Information Disclosure - Sensitive Information in URL", INFO, contents.secret_in_address),
    10025: Rule("Information Disclosure - Sensitive Information in HTTP Referrer Header", INFO, headers.referrer),
    10026: Rule("HTTP Parameter Override", MEDIUM, contents.form),
    10027: Rule("Information Disclosure - Suspicious Comments", INFO, contents.comment, exact=False),
    10028: Rule("Open Redirect", HIGH, headers.led_elsewhere),
    10029: Rule("Cookie Poisoning", INFO, headers.cookie),
    10030: Rule("User Controllable Charset", INFO, contents.reflected),
    10031: Rule("User Controllable HTML Element Attribute (Potential XSS)", INFO, contents.reflected),
    10032: Rule("Viewstate", HIGH, contents.view_state),
    10033: Rule("Directory Browsing", MEDIUM, contents.listing, exact=False),
    10034: Rule("Heartbleed OpenSSL Vulnerability (Indicative)", HIGH, headers.server),
    10035: Rule("Strict-Transport-Security Header", LOW, headers.transport),
    10036: Rule("HTTP Server Response Header", LOW, headers.server),
    10037: Rule('Server Leaks Information via "X-Powered-By" HTTP Response Header Field(s)', LOW, headers.product),
    10038: Rule("Content Security Policy (CSP) Header Not Set", MEDIUM, headers.policy_there),
    10039: Rule("X-Backend-Server Header Information Leak", LOW, headers.product),
    10040: Rule("Secure Pages Include Mixed Content", MEDIUM, contents.loaded_by_http),
    10041: Rule("HTTP to HTTPS Insecure Transition in Form Post", MEDIUM, contents.form),
    10042: Rule("HTTPS to HTTP Insecure Transition in Form Post", MEDIUM, contents.form),
    10043: Rule("User Controllable JavaScript Event (XSS)", INFO, contents.reflected),
    10044: Rule("Big Redirect Detected (Potential Sensitive Information Leak)", LOW, headers.big_redirect),
    10049: Rule("Content Cacheability", INFO, headers.kept),
    10050: Rule("Retrieved from Cache", INFO, headers.from_cache),
    10052: Rule("X-ChromeLogger-Data (XCOLD) Header Information Leak", MEDIUM, headers.product),
    10054: Rule("Cookie without SameSite Attribute", LOW, headers.cookie),
    10055: Rule("CSP", MEDIUM, headers.policy),
    10056: Rule("X-Debug-Token Information Leak", LOW, headers.product),
    10057: Rule(
        "Username Hash Found", INFO, None, why="it looks for hashes of names that ZAP was told: it was told none"
    ),
    10061: Rule("X-AspNet-Version Response Header", LOW, headers.product),
    10062: Rule("PII Disclosure", HIGH, contents.card_number, exact=False),
    10063: Rule("Permissions Policy Header Not Set", LOW, headers.permissions),
    10096: Rule("Timestamp Disclosure", LOW, contents.timestamp, exact=False),
    10097: Rule("Hash Disclosure", LOW, contents.hashed, exact=False),
    10098: Rule("Cross-Domain Misconfiguration", MEDIUM, headers.any_origin),
    10099: Rule("Source Code Disclosure", MEDIUM, contents.source_code, exact=False),
    10105: Rule("Weak Authentication Method", MEDIUM, headers.weak_scheme),
    10108: Rule("Reverse Tabnabbing", MEDIUM, contents.opener),
    10109: Rule("Modern Web Application", INFO, contents.script),
    10110: Rule("Dangerous JS Functions", LOW, contents.script),
    10111: Rule("Authentication Request Identified", INFO, None, why=_NAMES_ONLY),
    10112: Rule("Session Management Response Identified", INFO, None, why=_NAMES_ONLY),
    10113: Rule("Verification Request Identified", INFO, None, why=_NAMES_ONLY),
    10115: Rule("Script Served From Malicious Domain (polyfill)", HIGH, contents.script),
    10116: Rule("ZAP is Out of Date", LOW, None, why="it is about ZAP, whose image the Makefile pins"),
    10202: Rule("Absence of Anti-CSRF Tokens", MEDIUM, contents.form),
    50001: Rule("Script Passive Scan Rules", INFO, None, why="it runs scripts that ZAP was given: it was given none"),
    50003: Rule("Stats Passive Scan Rule", INFO, None, why="it counts, for ZAP's statistics"),
    90001: Rule("Insecure JSF ViewState", MEDIUM, contents.view_state),
    90002: Rule("Java Serialization Object", MEDIUM, contents.serialized),
    90003: Rule("Sub Resource Integrity Attribute Missing", MEDIUM, contents.loaded_from_elsewhere),
    90004: Rule("Insufficient Site Isolation Against Spectre Vulnerability", LOW, headers.isolated),
    90011: Rule("Charset Mismatch", INFO, contents.charset),
    90022: Rule("Application Error Disclosure", MEDIUM, contents.debug_message, exact=False),
    90030: Rule("WSDL File Detection", INFO, contents.wsdl),
    90033: Rule("Loosely Scoped Cookie", INFO, headers.cookie),
}


@dataclass(frozen=True, slots=True)
class Argued:
    """Findings that stay, and why."""

    rules: tuple[int, ...]
    of: Callable[[Message], bool]
    why: str


def _is_public(message: Message) -> bool:
    path = message.url.partition("?")[0]
    return path == "/v1.0/openapi.json" or path.startswith(("/v1.0/docs", "/problems/"))


def _is_mail(message: Message) -> bool:
    parts = message.url.split("/")
    return message.url.startswith("/local/mails/") and len(parts) == 5 and parts[4] == "html"


def _is_filtered(message: Message) -> bool:
    return message.url.startswith("/local/") and set(message.given) <= {"shop", "status", "mark", "behind", "after"}


ARGUED: tuple[Argued, ...] = (
    Argued(
        (10015, 10049), _is_public, "the reference is public, changes with a release only, and is kept for 5 minutes"
    ),
    Argued(
        (10096,),
        lambda message: message.url.partition("?")[0] == "/v1.0/openapi.json",
        "examples of Deprecation (RFC 9745), a header that is a time in seconds",
    ),
    Argued(
        (10097,),
        lambda message: message.url.endswith("/events"),
        "the checksum of a document, which its event tells so that receivers can compare it",
    ),
    Argued(
        (10055,),
        _is_mail,
        "a mail's styles are attributes, which is what mail programs understand; shown on a developer's machine only",
    ),
    Argued(
        (10030, 10031, 10043),
        _is_filtered,
        "a list of one shop, status or mark says which; they are escaped, and what is none of them is refused",
    ),
)


def findings(number: int, message: Message) -> list[str]:
    """Returns what a rule finds in a message and nobody has argued."""
    check = RULES[number].check
    if check is None or any(number in each.rules and each.of(message) for each in ARGUED):
        return []
    return [f"{message.method} {message.url} ({message.status}): {each}" for each in check(message)]
