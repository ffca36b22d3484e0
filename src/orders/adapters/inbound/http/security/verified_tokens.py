"""Remembers which tokens were verified, so that a signature is checked once and not at every request.

A token is known by the SHA-256 of all its characters: whoever changes one has another token. Nothing that could be
sent as a token is kept, and only tokens whose signature and claims were accepted: others can't push them out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from orders.adapters.inbound.http.security.claims import TIMES, expiry_of
from orders.application.policy.caller import Caller

MAX_TOKENS = 10_000
"""The most that are remembered: some 10 MB."""
SWEEP_SECONDS = 60
"""How long an expired token, which is not accepted any more, may still take up memory."""


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """An accepted token, by all that was found out about it.

    Attributes:
        key: the issuer's public key that its signature was checked with.
        times: those of its claims that decide whether it is valid now.
        caller: whom it names, without a trace.
    """

    key_id: str
    key: object
    times: Mapping[str, Any]
    caller: Caller


class VerifiedTokens:
    """The accepted tokens of a process, for as long as they are valid and their keys are the issuer's."""

    def __init__(self, *, most: int = MAX_TOKENS) -> None:
        self._most = most
        self._tokens: dict[bytes, VerifiedToken] = {}
        """By hash; in the order in which they were verified."""
        self._sweep_at = 0.0

    def __len__(self) -> int:
        return len(self._tokens)

    def get(self, digest: bytes) -> VerifiedToken | None:
        """Returns what is known of the token with that hash."""
        return self._tokens.get(digest)

    def add(self, digest: bytes, token: VerifiedToken, now: float) -> None:
        """Remembers an accepted token; forgets expired ones, and the one verified longest ago if there are too many."""
        if now >= self._sweep_at:
            self._sweep_at = now + SWEEP_SECONDS
            self._tokens = {key: each for key, each in self._tokens.items() if now < expiry_of(each.times)}
        self._tokens.pop(digest, None)
        if len(self._tokens) >= self._most:
            del self._tokens[next(iter(self._tokens))]
        self._tokens[digest] = token

    def forget(self, digest: bytes) -> None:
        """Forgets one token."""
        self._tokens.pop(digest, None)

    def forget_all(self) -> None:
        """Forgets every token: the issuer's keys have changed."""
        self._tokens.clear()


def digest_of(token: str) -> bytes:
    """Hashes a whole token."""
    return sha256(token.encode(errors="surrogatepass")).digest()


def kept_times(claims: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns the claims that ``check_times`` reads."""
    return {name: claims[name] for name in TIMES if name in claims}
