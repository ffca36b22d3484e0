"""Operations that are going to end say so on every response and in the document ([API-9], RFC 9745, RFC 8594)."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import httpx
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from orders.adapters.inbound.http.openapi.deprecation import DEPRECATED, Deprecation, OperationFinder
from orders.adapters.inbound.http.openapi.document import ENDPOINTS, build_document
from orders.adapters.inbound.http.reference.site import ReferenceSite
from tests.support.http_api import ORDERS, SMOKE, Api, an_api, expect
from tests.support.openapi_contract import contract, contract_of

SINCE = datetime(2026, 10, 1, tzinfo=UTC)
SUNSET = datetime(2027, 4, 1, 2, tzinfo=timezone(timedelta(hours=2)))
ENDING = {
    "cancelOrder": Deprecation(SINCE, "Set the status to `cancelled` instead.", SUNSET),
    "listOrders": Deprecation(SINCE, "Nothing takes its place."),
}
LINKS = [
    '</v1.0/docs/operations/cancelOrder>; rel="deprecation"; type="text/html"',
    '</v1.0/docs/operations/cancelOrder>; rel="sunset"; type="text/html"',
]


@pytest.fixture
async def ending(tmp_path: Path) -> AsyncIterator[Api]:
    async with an_api(tmp_path, deprecated=ENDING) as running:
        yield running


def said(answer: httpx.Response) -> tuple[str | None, str | None, list[str]]:
    headers = answer.headers
    return headers.get("deprecation"), headers.get("sunset"), headers.get_list("link")


async def test_every_response_says_so_whatever_the_outcome(ending: Api) -> None:
    path = f"{ORDERS}/{(await ending.placed())['order_id']}/cancel"
    expected = ("@1790812800", "Thu, 01 Apr 2027 00:00:00 GMT", LINKS)
    refused = await ending.client.post(path)
    expect(refused, 401, "unauthenticated")
    malformed = await ending.call("POST", path, "{")
    expect(malformed, 400, "malformed-request")
    missing = await ending.call("POST", f"{ORDERS}/nonsense/cancel")
    expect(missing, 404, "not-found")
    done = await ending.call("POST", path + "/")
    assert done.status_code == 200
    ending.service.table.reachable = False
    unavailable = await ending.call("POST", path)
    expect(unavailable, 503, "unavailable")
    ending.service.table.reachable = True
    assert [said(each) for each in (refused, malformed, missing, done, unavailable)] == [expected] * 5


async def test_links_to_the_next_page_stay(ending: Api) -> None:
    for _ in range(2):
        await ending.placed()
    deprecation, sunset, links = said(await ending.call("GET", f"{ORDERS}?limit=1"))
    assert (deprecation, sunset) == ("@1790812800", None)
    assert ['rel="next"' in link for link in links] == [True, False]
    assert links[1] == '</v1.0/docs/operations/listOrders>; rel="deprecation"; type="text/html"'


async def test_other_operations_of_the_path_say_nothing(ending: Api) -> None:
    answer = await ending.call("POST", ORDERS, SMOKE)
    assert said(answer) == (None, None, [])
    assert said(await ending.call("GET", answer.headers["location"])) == (None, None, [])
    assert said(await ending.client.get("/v1.0/nothing")) == (None, None, [])


async def test_the_document_and_the_page_say_so(ending: Api) -> None:
    document = (await ending.client.get("/v1.0/openapi.json")).json()
    cancel = document["paths"][f"{ORDERS}/{{order_id}}/cancel"]["post"]
    assert cancel["deprecated"] is True
    assert cancel["description"].startswith(
        "**Deprecated** since 1 October 2026. It stops to answer on 1 April 2027. Set the status"
    )
    for status in ("200", "401", "409", "503"):
        assert {"Deprecation", "Sunset", "Link"} <= cancel["responses"][status]["headers"].keys()
    assert "deprecated" not in document["paths"][ORDERS]["post"]
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
    html = (await ending.client.get("/v1.0/docs")).text
    assert html.count('<span class="deprecated">') == 2
    page = (await ending.client.get("/v1.0/docs/operations/cancelOrder")).text
    assert '<span class="deprecated">deprecated</span>' in page
    assert "<strong>Deprecated</strong> since 1 October 2026." in page


def test_nothing_is_deprecated_now() -> None:
    assert DEPRECATED == {}
    assert contract_of(DEPRECATED) is contract()
    assert b'class="deprecated"' not in ReferenceSite(build_document()).index()


def test_nothing_ends_before_it_is_deprecated() -> None:
    with pytest.raises(ValueError, match="before the deprecation itself"):
        Deprecation(SUNSET, "", SINCE)


def test_only_operations_that_there_are_can_be_deprecated() -> None:
    with pytest.raises(ValueError, match="there is no operation lsitOrders"):
        build_document({"lsitOrders": Deprecation(SINCE, "")})


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.operation.operation_id)
def test_requests_are_told_apart_by_method_and_path(endpoint: object) -> None:
    finder = OperationFinder(ENDPOINTS)
    (each,) = (known for known in ENDPOINTS if known is endpoint)
    path = each.path.format(order_id="ord_1", parcel_id="par_1", name="not-found")
    assert finder.find(each.method.upper(), path) is each
    assert finder.find(each.method.upper(), path + "/") is each
    assert finder.find("TRACE", path) is None
    assert (finder.find("HEAD", path) is each) == (each.method == "get")
