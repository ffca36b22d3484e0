"""What whoever asks for a release must say: the phrase, and where to read what it is decided on ([OPS-8])."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from deploy.release.model import Refused

PHRASES: Mapping[str, str] = MappingProxyType({"sit": "approve", "prod": "APPROVE-PROD"})
LINKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "sit": ("test results",),
        "prod": ("change request", "test results", "UAT", "rollback plan"),
    }
)
_ADDRESS = re.compile(r"https://[A-Za-z0-9.-]+(?::\d+)?(?:/[^\s\"'<>\\`|]*)?")


def check(environment: str, phrase: str, links: Mapping[str, str]) -> None:
    """Checks a request for a release.

    The phrase is compared letter by letter: no blank is taken away, and capitals count.

    Raises:
        Refused: the phrase is another one, or a link is missing, unknown, or no https address.
    """
    if environment not in PHRASES:
        raise Refused(f"{environment}: phrases are for {', '.join(PHRASES)}")
    if phrase != PHRASES[environment]:
        raise Refused(f"the phrase for {environment} is {PHRASES[environment]}, and nothing else")
    wanted = LINKS[environment]
    unknown = [name for name in links if name not in wanted]
    if unknown:
        raise Refused(f"links are {', '.join(wanted)}, not {', '.join(unknown)}")
    missing = [name for name in wanted if _ADDRESS.fullmatch(links.get(name, "")) is None]
    if missing:
        raise Refused(f"an https address is needed for: {', '.join(missing)}")
    if len({links[name] for name in wanted}) < len(wanted):
        raise Refused("each link leads somewhere else: two of them are the same")


def page(environment: str, digest: str, links: Mapping[str, str]) -> str:
    """Returns what approvers read before they approve, as Markdown."""
    lines = [f"## Release to {environment}", "", f"- image `{digest}`"]
    return "\n".join([*lines, *(f"- {name}: {address}" for name, address in links.items()), ""])
