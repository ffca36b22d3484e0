"""Media types of bodies, and errors for unreadable ones ([API-3])."""

import gzip
from typing import Any

import pytest

from orders.adapters.wire import json_body
from orders.adapters.wire.json_body import MalformedJson
from orders.adapters.wire.parsing import MAX_FAULTS
from tests.support.http_api import ORDERS, SMOKE, Api, expect

PATCHES = "application/merge-patch+json, application/json"


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json", "Application/JSON", "application/json; charset=utf-8", 'application/json;charset="UTF-8"',
        "application/json; charset=utf8", "application/json;",
    ],
)  # fmt: skip
async def test_json_in_utf_8_is_taken(api: Api, content_type: str) -> None:
    answer = await api.call("POST", ORDERS, SMOKE, headers={"Content-Type": content_type})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("content_type", "says"),
    [
        ("application/json; charset=iso-8859-1", "in the charset iso-8859-1; JSON is sent as UTF-8"),
        ("application/json; charset=utf-16", "in the charset utf-16"),
        ("application/vnd.x+json", "declared as application/vnd.x+json; send Content-Type: application/json"),
        ("application/merge-patch+json", "send Content-Type: application/json"),
        ("application/problem+json", "send Content-Type: application/json"),
        ("text/plain", "declared as text/plain"),
        ("application/json, text/plain", "send Content-Type: application/json"),
        ("", "declared as nothing"),
    ],
)
async def test_other_media_types_are_refused(api: Api, content_type: str, says: str) -> None:
    order = await api.placed()
    path = f"{ORDERS}/{order['order_id']}"
    for method, to, body in (
        ("POST", ORDERS, SMOKE), ("PUT", path, order), ("POST", path + "/cancel", {"reason": "x"}),
    ):  # fmt: skip
        answer = await api.call(method, to, body, headers={"Content-Type": content_type})
        found = expect(answer, 415, "unsupported-media-type")
        assert says in found["detail"]
        assert "accept-patch" not in answer.headers


async def test_patches_are_merge_patches_and_nothing_else(api: Api) -> None:
    path = f"{ORDERS}/{(await api.placed())['order_id']}"
    for refused in ("application/json-patch+json", "application/vnd.x+json", "application/json; charset=latin1"):
        answer = await api.call("PATCH", path, {"notes": "x"}, headers={"Content-Type": refused})
        expect(answer, 415, "unsupported-media-type")
        assert answer.headers["accept-patch"] == PATCHES
    for taken in ("application/merge-patch+json", "application/merge-patch+json; charset=utf-8", "application/json"):
        answer = await api.call("PATCH", path, {"notes": taken}, headers={"Content-Type": taken})
        assert (answer.status_code, answer.json()["notes"]) == (200, taken)


async def test_content_codings_are_refused_by_name(api: Api) -> None:
    for coding, body in (("gzip", gzip.compress(SMOKE.encode())), ("gzip", SMOKE), ("br, identity", SMOKE)):
        answer = await api.call("POST", ORDERS, body, headers={"Content-Encoding": coding})
        assert f"Content-Encoding {coding}" in expect(answer, 415, "unsupported-media-type")["detail"]
        assert answer.headers["accept-encoding"] == "identity"
    answer = await api.call("POST", ORDERS, SMOKE, headers={"Content-Encoding": "Identity"})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"notes":"caf\xe9"}', "the body is not UTF-8 at byte 13"),
        (b'\xe9{"notes":1}', "the body is not UTF-8 at byte 0"),
        (b'{"caf\xc3\xa9":"x","\xe9":1}', "the body is not UTF-8 at byte 14"),
        (b'{"notes":"\xed\xa0\x80"}', "the body is not UTF-8 at byte 10"),
        (b'"\\ud800"', "a lone surrogate at byte 1;"),
        (b'{"a":"\\\\ud83d","notes":"\\ud83d abc \\ude00 and more"}', "a lone surrogate at byte 24;"),
        (b'{"notes":"\\ude00 and so on"}', "a lone surrogate at byte 10;"),
        (b'{"notes":"\\ud83d\\ude00 \\uD83D\\ud83d\\ude00"}', "a lone surrogate at byte 23;"),
        (b'{"notes":"\\ud83d\\u0041 and so on"}', "a lone surrogate at byte 10;"),
        (b'{"notes":"\\ud83d\\ude00', "Input data was truncated"),
        (b'{"notes":}', "invalid character (byte 9)"),
    ],
)
def test_what_can_not_be_read_is_named_with_its_place(body: bytes, says: str) -> None:
    with pytest.raises(MalformedJson) as caught:
        json_body.decode(body)
    assert says in str(caught.value)
    assert "codec" not in str(caught.value)


def test_characters_beyond_the_first_plane_are_read() -> None:
    assert json_body.decode(b'"\\ud83d\\ude00 \\\\ud800"') == "\U0001f600 \\ud800"


@pytest.mark.parametrize("body", [b"", b" \n"])
async def test_an_empty_body_is_said_to_be_empty(api: Api, body: bytes) -> None:
    path = f"{ORDERS}/{(await api.placed())['order_id']}"
    for method, to, role in (
        ("POST", ORDERS, "customer"), ("PUT", path, "customer"), ("PATCH", path, "customer"),
        ("PUT", path + "/status", "staff"), ("POST", path + "/fulfill", "staff"),
    ):  # fmt: skip
        found = expect(await api.call(method, to, body, role=role), 400, "malformed-request")
        assert found["detail"].startswith("the body is empty; send a JSON object")
    assert (await api.call("POST", path + "/cancel", body)).status_code == 200


async def test_how_many_faults_there_are_is_said_when_not_all_are_listed(api: Api) -> None:
    unknown = {f"field_{n}": n for n in range(300)}
    found = expect(await api.call("POST", ORDERS, unknown), 422, "invalid-content")
    assert len(found["errors"]) == MAX_FAULTS
    assert found["detail"] == (
        f"303 things are wrong with the body; see errors, which lists the first {MAX_FAULTS} of them"
    )
    path = f"{ORDERS}/{(await api.placed())['order_id']}"
    found = expect(await api.call("PATCH", path, {"notes": 1} | unknown), 422, "invalid-content")
    assert found["detail"].startswith("301 things are wrong with the body;")
    query = "&".join(f"x{n}=1" for n in range(250))
    found = expect(await api.call("GET", f"{ORDERS}?limit=0&{query}"), 400, "malformed-request")
    assert found["detail"].startswith("251 things are wrong with the parameters;")
    assert len(found["errors"]) == MAX_FAULTS
    few = expect(await api.call("POST", ORDERS, {"total": 1}), 422, "invalid-content")
    assert few["detail"] == "2 things are wrong with the body; see errors"


@pytest.mark.parametrize("status", ["processing", "completed"])
async def test_a_reason_is_taken_only_where_it_is_kept(api: Api, status: str) -> None:
    path = f"{ORDERS}/{(await api.placed())['order_id']}/status"
    answer = await api.call("PUT", path, {"status": status, "reason": "x"}, role="staff")
    (fault,) = expect(answer, 422, "invalid-content")["errors"]
    assert (fault["pointer"], fault["code"]) == ("/reason", "reason_not_taken")
    assert fault["message"] == f"{status} takes no reason; rejected and cancelled do"
    assert (await api.call("PUT", path, {"status": "processing", "reason": None}, role="staff")).status_code == 200


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 403), ({"total": "x"}, 403), ({"nots": 1}, 403), ({"items": []}, 403), ({"customer_id": "a b"}, 403),
        ({"customer_id": ""}, 403), ({"customer_id": 5}, 422), ({"customer_id": None}, 422),
        ({"customer_id": "cust_test_001", "total": "x"}, 422),
    ],
)  # fmt: skip
async def test_whose_order_it_is_comes_before_what_is_wrong_with_it(
    api: Api, change: dict[str, Any], status: int
) -> None:
    body = {
        "customer_id": "somebody_else", "items": [{"product_id": "p", "quantity": 1, "price": 1}], "total": 1,
    } | change  # fmt: skip
    for headers in ({}, {"Prefer": "respond-async"}):
        kind = "forbidden" if status == 403 else "invalid-content"
        expect(await api.call("POST", ORDERS, body, headers=headers), status, kind)
    if status == 403 and change.get("customer_id", "x") == "x":
        by_staff = await api.call("POST", ORDERS, body, role="staff")
        assert by_staff.status_code == (422 if change else 201)


async def test_roles_come_before_reasons(api: Api) -> None:
    path = f"{ORDERS}/{(await api.placed())['order_id']}/status"
    for body in ({"status": "rejected"}, {"status": "processing", "reason": "x"}):
        expect(await api.call("PUT", path, body), 403, "forbidden")
