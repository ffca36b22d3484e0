"""The service to be called: over in-memory adapters, on a port of its own, its workers played by one task."""

import asyncio
import contextlib
import socket
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvloop
from litestar import Litestar

from orders.adapters.inbound.http.app import create_app
from orders.adapters.inbound.http.security.claims import TokenRules
from orders.adapters.outbound.local.dev_issuer import AUDIENCE, ISSUER, DevIssuer
from orders.application.policy.caller import worker
from orders.bootstrap.server.http_protocol import BoundedHttp
from orders.bootstrap.server.uvicorn_server import Server, server
from tests.support.service import Service

ROUND_SECONDS = 0.05


class Running:
    """A service that is up at ``base``; ``token`` makes a caller for it."""

    def __init__(self, base: str, issuer: DevIssuer, service: Service) -> None:
        self.base = base
        self._issuer = issuer
        self._service = service

    def token(self, tenant: str, *roles: str) -> str:
        """A token that outlives any run."""
        now = datetime.now(UTC)
        return self._issuer.token(
            tenant_id=tenant, customer_id="cust_test_001", roles=list(roles), now=now, valid_for=timedelta(hours=1)
        )

    def events(self) -> Counter[str]:
        """Counts the events by type: the changes made to orders."""
        return Counter(str(event.type) for event in self._service.publisher.published)


@contextlib.contextmanager
def running(key_directory: Path) -> Iterator[Running]:
    """A service of its own until the block ends."""
    service, issuer = Service(), DevIssuer(key_directory)
    served = service.served(issuer, TokenRules(ISSUER, frozenset({AUDIENCE})))

    @contextlib.asynccontextmanager
    async def workers(_app: Litestar) -> AsyncIterator[None]:
        task = asyncio.create_task(_work(service))
        yield
        task.cancel()

    listener = socket.create_server(("127.0.0.1", 0))
    process: Server = server(create_app(served, lifespan=[workers]), BoundedHttp)
    thread = threading.Thread(target=lambda: uvloop.run(process.serve(sockets=[listener])))
    thread.start()
    try:
        yield Running(f"http://127.0.0.1:{listener.getsockname()[1]}", issuer, service)
    finally:
        process.should_exit = True
        thread.join()


async def _work(service: Service) -> None:
    """Place what is accepted and render what is placed, from time to time, as the workers do."""
    placed = rendered = 0
    while True:
        for tenant_id, order_id, *_ in service.commands.asked[placed:]:
            placed += 1
            await service.place_accepted.execute(tenant_id, order_id)
        for event in service.publisher.published[rendered:]:
            rendered += 1
            if event.type in {"created", "updated"}:
                await service.render_document.execute(worker(event.tenant_id, "pdf-creator"), event.order_id)
        await asyncio.sleep(ROUND_SECONDS)
