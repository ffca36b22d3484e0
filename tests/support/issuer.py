"""A token issuer on this machine: signs what a test wants, serves its keys, and counts how often it is asked."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, TypeAlias

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, rsa

PrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
CLIENT = "portal-web"
PATH = "/.well-known/jwks.json"


@cache
def rsa_key(bits: int = 2048, number: int = 1) -> rsa.RSAPrivateKey:
    """One of several RSA keys; each is made once in a run."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def ec_key(curve: ec.EllipticCurve | None = None) -> ec.EllipticCurvePrivateKey:
    """A new key on P-256 or another curve."""
    return ec.generate_private_key(curve or ec.SECP256R1())


def jwk(key: PrivateKey, key_id: str | None, **more: Any) -> dict[str, Any]:
    """The public half of a key as RFC 7517 has it; ``None`` leaves a member out."""
    if isinstance(key, rsa.RSAPrivateKey):
        found: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    else:
        found = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    found.pop("key_ops", None)
    members = found | {"kid": key_id, "use": "sig"} | more
    return {name: value for name, value in members.items() if value is not None}


def algorithm_of(key: PrivateKey) -> str:
    """Returns the key's signature algorithm."""
    return "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"


@dataclass
class Issuer:
    """A token issuer: its keys, its responses, and the requests to it.

    Attributes:
        keys: by ``kid``.
        answer: sent instead of the key set.
        requests: number of requests for its keys.
        gate: while closed, requests wait.
    """

    url: str
    keys: dict[str, PrivateKey] = field(default_factory=lambda: {"ec-1": ec_key(), "rsa-1": rsa_key()})
    answer: Callable[[web.Request], Any] | None = None
    requests: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        self.gate.set()

    @property
    def jwks_url(self) -> str:
        """The key set's address."""
        return self.url + PATH

    def key_set(self) -> dict[str, Any]:
        """Returns the published key set."""
        return {"keys": [jwk(key, key_id) for key_id, key in self.keys.items()]}

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer a question for the keys."""
        self.requests += 1
        await self.gate.wait()
        if self.answer is None:
            return web.json_response(self.key_set())
        answer = self.answer(request)
        return answer if isinstance(answer, web.StreamResponse) else web.Response(body=answer)

    def claims(self, **changes: Any) -> dict[str, Any]:
        """A customer's access token as Cognito's trigger shapes it; ``None`` leaves a claim out."""
        usual = {
            "iss": self.url,
            "sub": "user-1",
            "client_id": CLIENT,
            "token_use": "access",
            "iat": int(self.now.timestamp()),
            "exp": int((self.now + timedelta(hours=1)).timestamp()),
            "custom:tenant_id": "demo",
            "custom:customer_id": "cust_test_001",
            "cognito:groups": ["customer"],
        }
        return {name: value for name, value in (usual | changes).items() if value is not None}

    def token(
        self,
        key_id: str | None = "ec-1",
        *,
        key: PrivateKey | None = None,
        headers: dict[str, Any] | None = None,
        **changes: Any,
    ) -> str:
        """A signed token; ``key`` is another one than that of the id."""
        signer = key or self.keys[str(key_id)]
        named = ({} if key_id is None else {"kid": key_id}) | (headers or {})
        return jwt.encode(self.claims(**changes), signer, algorithm=algorithm_of(signer), headers=named)

    def at(self, **time: float) -> int:
        """A time this long after now, as tokens have it."""
        return int((self.now + timedelta(**time)).timestamp())


@asynccontextmanager
async def running_issuer() -> AsyncIterator[Issuer]:
    """An issuer on a port of its own."""
    issuer = Issuer("")
    app = web.Application()
    app.router.add_get(PATH, issuer.serve)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        issuer.url = f"http://{host}:{port}"
        yield issuer
    finally:
        await runner.cleanup()


def as_json(value: Any) -> bytes:
    """The value's JSON."""
    return json.dumps(value).encode()


@contextmanager
def issuer_in_thread() -> Iterator[Issuer]:
    """A running issuer for tests that wait without an event loop of their own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    running = running_issuer()
    try:
        yield asyncio.run_coroutine_threadsafe(running.__aenter__(), loop).result(10)
    finally:
        asyncio.run_coroutine_threadsafe(running.__aexit__(None, None, None), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
