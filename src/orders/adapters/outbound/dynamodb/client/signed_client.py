"""The clients of DynamoDB and EventBridge that adapters use on the hot path (ADR 0056).

It signs with the SDK's credentials, decides on retries and reads errors by the SDK's own code, and raises its
exceptions. What it leaves out is what costs: models of shapes, events, and the layers of a general HTTP client.
"""

import asyncio
import os
import random
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Any, Protocol, TypeVar
from urllib.parse import SplitResult, urlsplit

import msgspec
from botocore.exceptions import BotoCoreError, HTTPClientError, NoCredentialsError
from botocore.httpsession import get_cert_path
from botocore.retries.standard import DEFAULT_MAX_ATTEMPTS
from botocore.utils import get_environ_proxies

from orders.adapters.outbound.dynamodb.client.answers import content_of, failure_of, is_whole
from orders.adapters.outbound.dynamodb.client.connection import Answer
from orders.adapters.outbound.dynamodb.client.pool import ConnectionPool, Patience
from orders.adapters.outbound.dynamodb.client.retrying import Attempts, StandardRetries
from orders.adapters.outbound.dynamodb.client.signing import Identity, RequestSigner
from orders.adapters.outbound.dynamodb.client.table_client import TableClient

_GOOD = 300
_PORTS = {"http": 80, "https": 443}
_encode = msgspec.json.Encoder().encode


class Credentials(Protocol):
    """Credentials that refresh themselves: those of an aiobotocore session."""

    async def get_frozen_credentials(self) -> Identity:
        """Returns those that are valid now."""


class SignedCalls:
    """Makes calls with the arguments, answers and errors of aiobotocore's client.

    What its subclasses don't offer, such as ``describe_table``, ``exceptions`` or ``meta``, is that client's.
    """

    def __init__(
        self,
        sdk: Any,
        credentials: Credentials | None,
        pool: ConnectionPool,
        signer: RequestSigner,
        *,
        chance: Callable[[], float] = random.random,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """``chance`` returns numbers from 0 to 1, for the jitter; ``pause`` sleeps that many seconds."""
        self._sdk = sdk
        self._credentials = credentials
        self._pool = pool
        self._signer = signer
        self._pause = pause
        self._model = sdk.meta.service_model
        self._prefix = self._model.metadata["targetPrefix"]
        attempts = (sdk.meta.config.retries or {}).get("total_max_attempts", DEFAULT_MAX_ATTEMPTS)
        self._retries = StandardRetries(attempts, chance)
        self._head = (
            f"POST {signer.path} HTTP/1.1\r\nHost: {signer.host}\r\nUser-Agent: {sdk.meta.config.user_agent}\r\n"
            f"Content-Type: {signer.content_type}\r\n"
        )

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sdk, name)

    async def _make_api_call(self, operation: str, arguments: Mapping[str, Any]) -> Any:
        # Instrumentations wrap the method of this name, as they do with botocore's clients.
        body = _encode(arguments)
        attempts: Attempts | None = None
        while True:
            request = await self._signed(operation, body)
            try:
                answer = await self._pool.exchange(request)
                content = _good_content(answer)
            except BotoCoreError as error:
                attempts = attempts or Attempts(self._model.operation_model(operation))
                pause = self._retries.pause(attempts, error=error)
                if pause is None:
                    raise
            else:
                if content is not None:
                    self._retries.succeeded(attempts)
                    if attempts is not None:
                        content["ResponseMetadata"]["RetryAttempts"] = attempts.made - 1
                    return content
                attempts = attempts or Attempts(self._model.operation_model(operation))
                pause = self._refused(attempts, answer)
            await self._pause(pause)

    async def _signed(self, operation: str, body: bytes) -> bytes:
        if self._credentials is None:
            raise NoCredentialsError
        identity = await self._credentials.get_frozen_credentials()
        target = f"{self._prefix}.{operation}"
        signature = self._signer.headers(identity, target, body)
        return f"{self._head}X-Amz-Target: {target}\r\n{signature}Content-Length: {len(body)}\r\n\r\n".encode() + body

    def _refused(self, attempts: Attempts, answer: Answer) -> float:
        """Returns the seconds until the next attempt. Raises: ClientError: there is none."""
        failure = failure_of(answer, attempts.operation)
        pause = self._retries.pause(attempts, answer=answer, failure=failure)
        if pause is not None:
            return pause
        told = failure.setdefault("ResponseMetadata", {})
        told["RetryAttempts"] = attempts.made - 1
        if attempts.last:
            told["MaxAttemptsReached"] = True
        raise self._sdk.exceptions.from_code(failure.get("Error", {}).get("Code"))(failure, attempts.operation.name)


class SignedClient(SignedCalls, TableClient):
    """The operations of DynamoDB on items."""

    async def get_item(self, **arguments: Any) -> Any:
        """Reads an item."""
        return await self._make_api_call("GetItem", arguments)

    async def put_item(self, **arguments: Any) -> Any:
        """Writes an item."""
        return await self._make_api_call("PutItem", arguments)

    async def update_item(self, **arguments: Any) -> Any:
        """Changes an item."""
        return await self._make_api_call("UpdateItem", arguments)

    async def delete_item(self, **arguments: Any) -> Any:
        """Removes an item."""
        return await self._make_api_call("DeleteItem", arguments)

    async def query(self, **arguments: Any) -> Any:
        """Reads items with one partition key."""
        return await self._make_api_call("Query", arguments)

    async def scan(self, **arguments: Any) -> Any:
        """Reads items of any key."""
        return await self._make_api_call("Scan", arguments)

    async def batch_execute_statement(self, **arguments: Any) -> Any:
        """Carries out statements, each on an item of its own."""
        return await self._make_api_call("BatchExecuteStatement", arguments)


class SignedEvents(SignedCalls):
    """The operation of EventBridge that publishes."""

    async def put_events(self, **arguments: Any) -> Any:
        """Puts events on a bus."""
        entries = [_with_epoch(entry) for entry in arguments["Entries"]]
        return await self._make_api_call("PutEvents", {**arguments, "Entries": entries})


def _good_content(answer: Answer) -> dict[str, Any] | None:
    """Returns the content of a good answer; ``None`` if it is an error of the service.

    Raises: HTTPClientError: it came damaged, and nobody knows what it says.
    """
    if not is_whole(answer):
        raise HTTPClientError(error="an answer doesn't have its checksum")
    if answer.status >= _GOOD:
        return None
    try:
        return content_of(answer)
    except msgspec.DecodeError as error:
        raise HTTPClientError(error="an answer is no JSON object") from error


def _with_epoch(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns the entry with its time in whole seconds since 1970, as JSON of AWS has it."""
    at = entry.get("Time")
    return {**entry, "Time": int(at.timestamp())} if isinstance(at, datetime) else entry


_Client = TypeVar("_Client", bound=SignedCalls)


def signed_client(sdk: Any, credentials: Credentials | None) -> AbstractAsyncContextManager[SignedClient]:
    """Opens a client of DynamoDB beside an open one of aiobotocore, with its endpoint, time-outs, retries and number of
    connections; closes its own on leaving.
    """
    return _opened(sdk, credentials, SignedClient)


def signed_events(sdk: Any, credentials: Credentials | None) -> AbstractAsyncContextManager[SignedEvents]:
    """Opens a client of EventBridge in the same way."""
    return _opened(sdk, credentials, SignedEvents)


@asynccontextmanager
async def _opened(sdk: Any, credentials: Credentials | None, kind: type[_Client]) -> AsyncIterator[_Client]:
    config, url = sdk.meta.config, urlsplit(sdk.meta.endpoint_url)
    pool = ConnectionPool(
        url.geturl(),
        url.hostname or "",
        url.port or _PORTS[url.scheme],
        Patience(config.connect_timeout, config.read_timeout, config.max_pool_connections),
        tls=trusted_authorities if url.scheme == "https" else None,
    )
    model = sdk.meta.service_model
    signer = RequestSigner(
        sdk.meta.region_name,
        _host(url),
        f"{url.path.rstrip('/')}/",
        service=model.signing_name,
        content_type=f"application/x-amz-json-{model.metadata['jsonVersion']}",
    )
    try:
        yield kind(sdk, credentials, pool, signer)
    finally:
        await pool.close()


def goes_through_proxy(url: str) -> bool:
    """Tells whether the environment names a proxy for an address: only the SDK's client goes through one."""
    return urlsplit(url).scheme in get_environ_proxies(url)


def _host(url: SplitResult) -> str:
    """Returns the header ``Host``."""
    name = url.hostname or ""
    name = f"[{name}]" if ":" in name else name
    return name if url.port in {None, _PORTS[url.scheme]} else f"{name}:{url.port}"


def trusted_authorities() -> ssl.SSLContext:
    """Returns a context that trusts the authorities that botocore trusts."""
    named = os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE")
    return ssl.create_default_context(cafile=named or get_cert_path(True))
