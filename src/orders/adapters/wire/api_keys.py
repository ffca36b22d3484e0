"""The form of API keys: how one is made, what is kept of it, what may name its client."""

import hashlib
import re
import secrets

PREFIX = "bbws_"
"""Every key begins so: scanners for leaked secrets, and masks of logs, know one when they see it."""
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def new_key() -> str:
    """Makes a key that nobody can guess."""
    return PREFIX + secrets.token_urlsafe(32)


def hash_of(key: str) -> str:
    """Hashes a key for keeping: its SHA-256 in hex."""
    return hashlib.sha256(key.encode()).hexdigest()


def is_client(name: str) -> bool:
    """Tells whether the name can name a client."""
    return _NAME.fullmatch(name) is not None
