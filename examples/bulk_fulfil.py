"""Ships every processing order that a carrier's list names: ``python bulk_fulfil.py parcels.csv [PAGE_SIZE]``.

``ORDERS_URL`` and ``ORDERS_TOKEN``, of the shop's staff, say where and as whom. The list's columns: ``order_number``,
``carrier``, ``tracking_number``. Broken off or run twice it ships nothing twice.
"""

import csv
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx

ATTEMPTS = 6
BUSY = frozenset({429, 503})


def call(client: httpx.Client, method: str, path: str, **request: Any) -> httpx.Response:
    """Calls the service, again when it is busy, after as long as it asks for. Raises: httpx.TransportError."""
    for attempt in range(1, ATTEMPTS):
        pause = 0.2 * 2**attempt
        try:
            answer = client.request(method, path, **request)
        except httpx.TransportError:  # the request may have had its effect: its key makes sending it again harmless
            pass
        else:
            if answer.status_code not in BUSY:
                return answer
            pause = float(answer.headers.get("Retry-After", pause))
        time.sleep(pause)
    return client.request(method, path, **request)


def processing(client: httpx.Client, page_size: int) -> Iterator[dict[str, Any]]:
    """All orders that wait to be shipped, oldest first, one page after the other. Raises: httpx.HTTPStatusError."""
    wanted: dict[str, Any] = {"status": "processing", "sort": "created_at", "limit": page_size}
    while True:
        page = call(client, "GET", "/v1.0/orders", params=wanted).raise_for_status().json()
        yield from page["items"]  # may be none, and more on the next page
        if page["next_cursor"] is None:
            return
        wanted["cursor"] = page["next_cursor"]


def fulfil(client: httpx.Client, order: dict[str, Any], parcel: dict[str, str]) -> httpx.Response:
    """Ships all that is open of an order in one parcel."""
    body = {"carrier": parcel["carrier"], "tracking_number": parcel["tracking_number"]}
    key = uuid5(NAMESPACE_URL, "/".join([order["order_id"], *body.values()]))
    headers = {"Idempotency-Key": str(key), "If-Match": f'"{order["version"]}"'}  # not what changed since it was listed
    return call(client, "POST", f"/v1.0/orders/{order['order_id']}/fulfill", json=body, headers=headers)


def main(parcels: Path, page_size: int) -> int:
    """Ships them, prints what became of each, and returns how many were refused."""
    with parcels.open(encoding="utf-8", newline="") as lines:
        listed = {row["order_number"]: row for row in csv.DictReader(lines)}
    refused = 0
    headers = {"Authorization": f"Bearer {os.environ['ORDERS_TOKEN']}"}
    with httpx.Client(base_url=os.environ["ORDERS_URL"], headers=headers, timeout=35) as client:
        for order in processing(client, page_size):
            if parcel := listed.get(order["order_number"]):
                answer = fulfil(client, order, parcel)
                refused += answer.is_error
                said = answer.json()["detail"] if answer.is_error else answer.json()["status"]
                print(order["order_number"], parcel["tracking_number"], said, flush=True)
    return refused


if __name__ == "__main__":
    sys.exit(min(1, main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100)))
