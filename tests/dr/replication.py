"""Whether what one region writes is read in the other: a marked order of the test shop, from its creation to its end.

Everything goes by the API, as a customer and an admin of one test shop. Nothing else is written, in production either,
and what was written is called off and deleted in the end. Nobody is told of it but that shop's own addresses.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from orders.acceptance.client import ORDERS, ApiResponse, Client
from orders.acceptance.smoke import CREATE, HEALTH_PATHS, Tokens
from orders.acceptance.steps import Failed, Patience, expect, must
from orders.acceptance.takes_changes import TakesChanges

MARK = "replication probe"
"""What the order's metadata have as their ``purpose``."""
RECOVERY_POINT = timedelta(minutes=5)
"""What is written is in the other region within this time: [OPS-9]'s and the operating plan's recovery point."""


@dataclass(frozen=True, slots=True)
class Region:
    """One region's own name, which DNS never sends elsewhere."""

    name: str
    client: Client


class Replication:
    """One run: ``steps`` in their order, once; then ``clean_up``, whatever became of them.

    Args:
        waiting: how long a copy may be under way.
    """

    def __init__(self, regions: tuple[Region, Region], tokens: Tokens, waiting: Patience) -> None:
        self._regions = regions
        self._tokens = tokens
        self._waiting = waiting
        self._writer, self._reader = regions
        self._order: dict[str, Any] = {}
        self._open = False

    @property
    def steps(self) -> dict[str, Callable[[], str]]:
        """Every step by its name."""
        return {name: partial(step, self) for name, step in STEPS.items()}

    def health(self) -> str:
        """Both regions are well."""
        for region in self._regions:
            for path in HEALTH_PATHS:
                expect(region.client.call("GET", path), 200, f"GET {path} in {region.name}")
        return f"{self._regions[0].name} and {self._regions[1].name}"

    def one_writer(self) -> str:
        """Exactly one region takes changes; asked by a change that can't be made."""
        takes = [region for region in self._regions if TakesChanges(region.client, self._tokens.customer).ask() is None]
        must(len(takes) == 1, f"one region to take changes, not {[region.name for region in takes]}")
        self._writer = takes[0]
        (self._reader,) = (region for region in self._regions if region is not self._writer)
        return f"{self._writer.name} writes"

    def created(self) -> str:
        """A marked order is read in the other region as it was written."""
        body: dict[str, Any] = json.loads(CREATE) | {"metadata": {"purpose": MARK}}
        answer = self._writer.client.call("POST", ORDERS, token=self._tokens.customer, body=body)
        self._order = expect(answer, 201, f"POST {ORDERS} in {self._writer.name}").json
        self._open = True
        return self._arrives()

    def changed(self) -> str:
        """A change follows it."""
        self._change("POST", "/cancel", 200)
        self._open = False
        return self._arrives()

    def deleted(self) -> str:
        """So does its end."""
        self._change("DELETE", "", 204)
        began = self._waiting.clock()
        gone = lambda: True if self._read(self._reader).status == 404 else None  # noqa: E731 - looked at again and again
        self._waiting.eventually(gone, f"the deletion in {self._reader.name}")
        return f"{self._waiting.clock() - began:.1f} s"

    def clean_up(self) -> None:
        """Calls the order off and deletes it, if a failed step has left it."""
        if self._order:
            if self._open:
                self._change("POST", "/cancel", 200)
            self._change("DELETE", "", 204)
            self._order = {}

    def _arrives(self) -> str:
        """Waits for the copy, compares it with what the writer has, and returns how long it took. Raises: Failed."""
        began = self._waiting.clock()
        wanted = expect(self._read(self._writer), 200, f"GET of the order in {self._writer.name}").json

        def look() -> dict[str, Any] | None:
            answer = self._read(self._reader)
            if answer.status == 404:
                return None
            copy: dict[str, Any] = expect(answer, 200, f"GET of the order in {self._reader.name}").json
            return copy if copy["version"] == wanted["version"] else None

        copy = self._waiting.eventually(look, f"version {wanted['version']} of the order in {self._reader.name}")
        differs = sorted(name for name in {*copy, *wanted} if copy.get(name) != wanted.get(name))
        if differs:
            raise Failed(f"expected the copy to be the order, not another {', '.join(differs)}")
        return f"{self._waiting.clock() - began:.1f} s"

    def _read(self, region: Region) -> ApiResponse:
        path = f"{ORDERS}/{self._order['order_id']}"
        return region.client.call("GET", path, token=self._tokens.customer)

    def _change(self, method: str, what: str, status: int) -> ApiResponse:
        path = f"{ORDERS}/{self._order['order_id']}{what}"
        body: dict[str, Any] | None = {} if method == "POST" else None
        answer = self._writer.client.call(method, path, token=self._tokens.admin, body=body)
        return expect(answer, status, f"{method} {path} in {self._writer.name}")


STEPS: Mapping[str, Callable[[Replication], str]] = {
    "health": Replication.health,
    "one writer": Replication.one_writer,
    "created": Replication.created,
    "changed": Replication.changed,
    "deleted": Replication.deleted,
}
"""Every step by its name, in order."""
