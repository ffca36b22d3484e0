"""Formats errors without personal data.

Messages of this service's own errors hold only safe facts and are shown in full. Others' messages guarantee nothing:
pydantic's quote the input, Python's the value (``invalid literal for int(): 'Thandi'``), AWS's the item or the
recipient. Of those the kind is shown, and facts known to be safe; the traceback, whose lines are code, shows the place.
"""

import os
import traceback
from collections.abc import Iterator
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

MAX_CHAIN = 10
"""Maximum number of causes reported per error; a chain can be circular."""

_NAMES_PERMISSIONS = ("AccessDenied", "NotAuthorized", "UnauthorizedOperation", "AuthorizationError")
"""Error codes whose message is reported too: it alone names the principal, the missing permission and the resource."""


def safe_error_text(error: BaseException) -> str:
    """Formats the error in one line: its kind, and those parts of its message that are certainly not personal."""
    kind = type(error).__name__
    facts = _facts(error)
    return f"{kind}: {facts}" if facts else kind


def _facts(error: BaseException) -> str | None:  # noqa: PLR0911 - a table reads best as one
    if type(error).__module__.partition(".")[0] == "orders":
        return str(error)
    if isinstance(error, ClientError):
        return _of_client_error(error)
    if isinstance(error, BotoCoreError):
        return _of_botocore_error(error)
    if isinstance(error, ValidationError):
        # Without places: they hold keys that somebody chose.
        kinds = sorted({each["type"] for each in error.errors(include_url=False, include_input=False)})
        return f"{error.error_count()} faults of {error.title} ({', '.join(kinds)})"
    if isinstance(error, UnicodeError) and hasattr(error, "encoding"):
        return f"{error.encoding} at {getattr(error, 'start', '?')}"
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    if isinstance(error, AttributeError | NameError | ImportError) and error.name:
        # Set by the interpreter, to names in code.
        return repr(error.name)
    if isinstance(error, BaseExceptionGroup):
        return f"{len(error.exceptions)} errors"
    return None


def _of_client_error(error: ClientError) -> str:
    said = error.response.get("Error", {})
    code = str(said.get("Code", "")) or "no code"
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    told_of = f"{code} ({error.operation_name}{f', HTTP {status}' if status else ''})"
    if code.startswith(_NAMES_PERMISSIONS):
        told_of += f": {said.get('Message', '')}"
    return told_of


def _of_botocore_error(error: BotoCoreError) -> str | None:
    endpoint = error.kwargs.get("endpoint_url")
    # Without what was asked for: that can be a signed link.
    return "{0.scheme}://{0.netloc}".format(urlsplit(str(endpoint))) if endpoint else None


def traceback_text(error: BaseException) -> str:
    """Formats a traceback as Python does, of the error and its causes, with ``safe_error_text`` for their messages."""
    return "\n".join(_chain(error))


def _chain(error: BaseException) -> Iterator[str]:
    links: list[tuple[BaseException, str]] = [(error, "")]
    seen = {id(error)}
    while len(links) < MAX_CHAIN:
        last = links[-1][0]
        before = last.__cause__ or (None if last.__suppress_context__ else last.__context__)
        if before is None or id(before) in seen:
            break
        seen.add(id(before))
        joint = "the direct cause of" if last.__cause__ else "being handled at the time of"
        links.append((before, f"which was {joint}"))
    for each, joint in reversed(links):
        yield "Traceback (most recent call last):"
        yield "".join(traceback.format_tb(each.__traceback__)).rstrip("\n")
        yield safe_error_text(each)
        if isinstance(each, BaseExceptionGroup):
            for number, inner in enumerate(each.exceptions[:MAX_CHAIN], 1):
                yield f"error {number} of {len(each.exceptions)}:"
                yield from _chain(inner)
        if joint:
            yield f"{joint}:"
