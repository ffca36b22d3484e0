"""Texts that are sent to break whoever reads them."""


def nested(levels: int, *, inside: str = "[]") -> str:
    """A JSON object with an array of arrays."""
    return '{"a":' + "[" * (levels - 1) + inside + "]" * (levels - 1) + "}"


TOO_DEEP = (nested(100), nested(900), nested(2_000), nested(100_000), '{"detail":{"data":' + nested(960) + "}}")
"""What only our own limit refuses, what reading takes and walking through does not, and what reading refuses."""
