"""Makes and hashes API keys, and checks the names of their clients."""

import hashlib
import re
import secrets

PREFIX = "bbws_"
"""Starts every key: scanners for leaked secrets, and masks of logs, recognise a key by it."""
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def new_key() -> str:
    """Makes a key that nobody can guess."""
    return PREFIX + secrets.token_urlsafe(32)


def hash_of(key: str) -> str:
    """Hashes a key for keeping: its SHA-256 in hex."""
    return hashlib.sha256(key.encode()).hexdigest()


def is_client(name: str) -> bool:
    """Tells whether a client may have this name."""
    return _NAME.fullmatch(name) is not None
