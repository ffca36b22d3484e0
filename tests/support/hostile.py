"""Texts that are sent to break whoever reads them."""


def nested(levels: int, *, inside: str = "[]") -> str:
    """A JSON object with an array of arrays."""
    return '{"a":' + "[" * (levels - 1) + inside + "]" * (levels - 1) + "}"


TOO_DEEP = (nested(100), nested(900), nested(2_000), nested(100_000), '{"detail":{"data":' + nested(960) + "}}")
"""Bodies too deep: for our own limit only, for walking through but not for parsing, and for parsing."""
