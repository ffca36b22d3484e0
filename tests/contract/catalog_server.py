"""A product and a campaigns service on this machine, as docs/integrations describes them, over in-memory adapters."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
from aiohttp import web

from orders.adapters.outbound.memory.campaigns import MemoryCampaigns
from orders.adapters.outbound.memory.products import MemoryProductCatalogue
from orders.domain.parts import Line
from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.money import Money, reckon
from orders.domain.pricing.offer_checks import CampaignGranted
from orders.ports.campaigns import CampaignEnquiry
from orders.ports.products import ProductEnquiry

SCHEMAS = Path(__file__).parents[2] / "docs/integrations"

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def check(name: str, value: Any) -> None:
    """Return when the value is as the published schema of that name says."""
    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(value)


@dataclass
class CatalogServer:
    """Both services; ``seen`` holds the headers of every request, names in lower case."""

    products: MemoryProductCatalogue = field(default_factory=MemoryProductCatalogue)
    campaigns: MemoryCampaigns = field(default_factory=MemoryCampaigns)
    seen: list[Mapping[str, str]] = field(default_factory=list)
    url: str = ""

    async def offers(self, request: web.Request) -> web.Response:
        """``POST /products/offers``."""
        question = await self._question(request, "product-offers.request.v1")
        currency = Currency.of(question["currency"])
        units = {item["product_id"]: item["quantity"] for item in question["items"]}
        offers = await self.products.offers(ProductEnquiry(question["tenant_id"], currency, units))
        items = [
            {
                "product_id": offer.product_id,
                "price": offer.price and offer.price.to_decimal(),
                "sellable": offer.sellable,
                "available": offer.available,
            }
            for offer in offers.values()
        ]
        return _answer("product-offers.response.v1", {"items": items})

    async def evaluate(self, request: web.Request) -> web.Response:
        """``POST /campaigns/evaluate``."""
        question = await self._question(request, "campaign-evaluation.request.v1")
        currency = Currency.of(question["currency"])

        def money(amount: Any) -> Money:
            return Money.parse(Decimal(amount), currency)

        lines = tuple(
            Line(f"line_{number}", each["product_id"], each["quantity"], money(each["price"]), money(each["discount"]))
            for number, each in enumerate(question["items"], start=1)
        )
        verdict = await self.campaigns.judge(
            CampaignEnquiry(
                tenant_id=question["tenant_id"],
                order_id=question["order_id"],
                customer_id=question["customer_id"],
                code=question["campaign_code"],
                lines=lines,
                totals=reckon(lines, shipping=money(question["shipping"]), discount=money(question["discount"])),
                placed_at=question["placed_at"] and datetime.fromisoformat(question["placed_at"]),
            )
        )
        if isinstance(verdict, CampaignGranted):
            return _answer(
                "campaign-evaluation.response.v1", {"valid": True, "discount": verdict.discount.to_decimal()}
            )
        refused = {"valid": False, "reason": str(verdict.reason), "message": verdict.detail}
        return _answer("campaign-evaluation.response.v1", refused)

    async def _question(self, request: web.Request, schema: str) -> Any:
        self.seen.append({name.lower(): value for name, value in request.headers.items()})
        question = _DECODER.decode(await request.read())
        check(schema, question)
        return question


def _answer(schema: str, value: Any) -> web.Response:
    check(schema, value)
    return web.Response(body=_ENCODER.encode(value), content_type="application/json")


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    """The application on a port of its own; gives its address."""
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def catalog_server() -> AsyncIterator[CatalogServer]:
    """Both services, running."""
    server = CatalogServer()
    app = web.Application()
    app.router.add_post("/api/products/offers", server.offers)
    app.router.add_post("/api/campaigns/evaluate", server.evaluate)
    async with serving(app) as url:
        server.url = f"{url}/api"
        yield server
