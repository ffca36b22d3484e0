"""Checks that a body is declared as JSON in UTF-8 without a content coding (RFC 9110, sections 8.3 and 8.4)."""

from collections.abc import Mapping, Sequence

JSON = ("application/json",)
MERGE_PATCH = ("application/merge-patch+json", *JSON)
_UTF_8 = {"utf-8", "utf8"}
MAX_SHOWN = 80
"""The most characters of a header that a message to its sender repeats."""


class UnsupportedMediaType(Exception):
    """A body is declared as a type that the operation does not take.

    Attributes:
        headers: response headers that name the accepted form: RFC 9110, section 15.5.16, and RFC 5789, section 2.2.
    """

    def __init__(self, detail: str, headers: Mapping[str, str]) -> None:
        self.headers = dict(headers)
        super().__init__(detail)


def check_media_type(content_type: str, taken: Sequence[str]) -> None:
    """Checks that the body is declared as one of these types. Raises: UnsupportedMediaType."""
    media_type, *parameters = (part.strip() for part in content_type.split(";"))
    headers = {"Accept-Patch": ", ".join(taken)} if taken is MERGE_PATCH else {}
    if media_type.lower() not in taken:
        given = content_type[:MAX_SHOWN] or "nothing"
        raise UnsupportedMediaType(f"the body is declared as {given}; send Content-Type: {' or '.join(taken)}", headers)
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        charset = value.strip().strip('"')
        if name.strip().lower() == "charset" and charset.lower() not in _UTF_8:
            detail = f"the body is declared to be in the charset {charset[:MAX_SHOWN]}; JSON is sent as UTF-8"
            raise UnsupportedMediaType(detail, headers)


def check_coding(content_encoding: str) -> None:
    """Checks that the body has no content coding. Raises: UnsupportedMediaType."""
    codings = [coding.strip().lower() for coding in content_encoding.split(",")]
    if any(coding not in {"", "identity"} for coding in codings):
        detail = (
            f"the body has the Content-Encoding {content_encoding.strip()[:MAX_SHOWN]}; send it as it is, without one"
        )
        raise UnsupportedMediaType(detail, {"Accept-Encoding": "identity"})
