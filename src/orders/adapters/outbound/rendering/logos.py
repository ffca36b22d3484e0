"""Selects the logos that documents and mails can show."""

import base64
import binascii
import re

_DATA_URI = re.compile(r"data:image/(png|jpeg|svg\+xml);base64,([A-Za-z0-9+/\s]+={0,2})\s*")
_MAX_DOCUMENT_BYTES = 1_000_000
_MAX_MAIL_BYTES = 32_000
"""Large mail providers cut off mails of more than about 100 kB; the order itself must fit as well."""

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_CMYK_COMPONENTS = 4


def document_logo(uri: str | None) -> str:
    """Returns the logo as a ``data:`` URI suitable for PDF/A, or ``""``: the shop's name is shown instead."""
    kind, content = _decoded(uri)
    if not content or len(content) > _MAX_DOCUMENT_BYTES:
        return ""
    # CMYK is not allowed beside the document's sRGB output intent.
    if kind == "jpeg" and _jpeg_components(content) == _CMYK_COMPONENTS:
        return ""
    return _data_uri(kind, content)


def mail_logo(uri: str | None) -> str:
    """Returns the logo as a ``data:`` URI that mail programs may show, or ``""``. No major one shows SVG."""
    kind, content = _decoded(uri)
    if kind == "svg+xml" or len(content) > _MAX_MAIL_BYTES:
        return ""
    return _data_uri(kind, content) if content else ""


def _decoded(uri: str | None) -> tuple[str, bytes]:
    match = _DATA_URI.fullmatch(uri or "")
    if match is None:
        return "", b""
    kind = match[1]
    try:
        content = base64.b64decode(re.sub(r"\s", "", match[2]), validate=True)
    except (binascii.Error, ValueError):
        return "", b""
    signatures = {"png": _PNG, "jpeg": _JPEG, "svg+xml": b""}
    return (kind, content) if content.startswith(signatures[kind]) else ("", b"")


def _data_uri(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _jpeg_components(content: bytes) -> int:
    """Returns the number of colour components from the start-of-frame segment; 0 if there is none."""
    position = 2
    while position + 9 < len(content) and content[position] == 0xFF:
        marker = content[position + 1]
        # C0 to CF start a frame, but for the tables DHT (C4), JPG (C8) and DAC (CC).
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            return content[position + 9]
        position += 2 + int.from_bytes(content[position + 2 : position + 4])
    return 0
