"""The check of responses against the document detects differences; all other HTTP tests rely on it."""

from copy import deepcopy
from typing import Any

import httpx
import pytest

from tests.support.http_api import ORDERS, SMOKE, Api
from tests.support.openapi_contract import PUBLISHED, Contract, NotAsDocumented, contract


async def placed(api: Api) -> httpx.Response:
    answer = await api.call("POST", ORDERS, SMOKE)
    assert answer.status_code == 201
    return answer


def changed(answer: httpx.Response, **changes: Any) -> httpx.Response:
    wire = {"content-length", "content-encoding"}
    headers = {name: value for name, value in answer.headers.items() if name not in wire}
    headers = {name: value for name, value in (headers | changes.pop("headers", {})).items() if value is not None}
    given: dict[str, Any] = {"content": answer.content} if "json" not in changes else {}
    return httpx.Response(
        changes.pop("status_code", answer.status_code), headers=headers, request=answer.request, **given, **changes
    )


async def test_an_answer_as_it_is_passes(api: Api) -> None:
    await contract().check(changed(await placed(api)))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"status_code": 200}, "which createOrder does not document"),
        ({"headers": {"location": None}}, "without the header Location"),
        ({"headers": {"etag": "1"}}, "with ETag: 1"),
        ({"headers": {"x-powered-by": "cats"}}, "x-powered-by, which is not documented"),
        ({"headers": {"content-type": "text/plain"}}, "as text/plain"),
    ],
)
async def test_other_codes_headers_and_media_types_are_noticed(api: Api, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(NotAsDocumented, match=says):
        await contract().check(changed(await placed(api), **changes))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"total": "59.98"}, r"\$.total"),
        ({"internal": 1}, "internal"),
        ({"_links": {"internal": {"href": "/"}}}, "internal"),
        ({"created_at": "2026-03-01"}, "created_at"),
        ({"items": [{"line_id": "line_1"}]}, r"items\[0\]"),
    ],
)
async def test_other_bodies_are_noticed(api: Api, change: dict[str, Any], says: str) -> None:
    answer = await placed(api)
    with pytest.raises(NotAsDocumented, match=says):
        await contract().check(changed(answer, json=answer.json() | change))


async def test_undocumented_fields_are_noticed_deep_inside_other_answers(api: Api) -> None:
    order = await placed(api)
    answer = await api.call("GET", f"{ORDERS}/{order.json()['order_id']}/events", role="staff")
    page = answer.json()
    await contract().check(changed(answer, json=page))
    page["items"][0]["data"]["lines"][0]["internal"] = 1
    # What callers are promised bears it; what we hold ourselves to does not.
    published = contract().validator("components", "schemas", "EventPage", document=PUBLISHED)
    published.validate(page)
    with pytest.raises(NotAsDocumented):
        await contract().check(changed(answer, json=page))


@pytest.mark.parametrize(
    "change",
    [{"type": "https://api.bbws.io/problems/forbidden"}, {"status": 403}, {"title": "No"}, {"internal": 1}],
    ids=str,
)
async def test_a_problem_of_another_kind_is_noticed(api: Api, change: dict[str, Any]) -> None:
    answer = await api.call("GET", f"{ORDERS}/ord_{'0' * 26}")
    assert answer.status_code == 404
    await contract().check(changed(answer, json=answer.json()))
    with pytest.raises(NotAsDocumented):
        await contract().check(changed(answer, json=answer.json() | change))


async def test_a_path_that_is_not_documented_is_noticed() -> None:
    request = httpx.Request("GET", "http://testserver.local/v1.0/secrets")
    with pytest.raises(NotAsDocumented, match="is not documented"):
        await contract().check(httpx.Response(200, json={}, request=request))


async def test_the_hook_is_in_every_clients_way(api: Api) -> None:
    narrowed = deepcopy(contract().document)
    del narrowed["paths"][ORDERS]["post"]["responses"]["201"]
    api.client.event_hooks = {"response": [Contract(narrowed).check]}
    with pytest.raises(NotAsDocumented, match="answered 201"):
        await api.call("POST", ORDERS, SMOKE)
