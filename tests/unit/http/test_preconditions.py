"""If-Match and If-None-Match: lists, others' ETags, and what is none (RFC 9110, sections 8.8.3 and 13.1)."""

import asyncio
import re
from typing import Any

import pytest

from orders.adapters.inbound.http.openapi.parameters import PARAMETERS
from tests.support.http_api import ORDERS, Api, expect

MATCHING = [
    "*", '"1"', '"1-00000000"', 'W/"1-00000000"', '"7-00000000", "1-00000000"', '"abc","1-00000000"',
    ', "1" ,', '"a,b", "1"', '"x", W/"y"\t,"1"', "1",
]  # fmt: skip
FOREIGN = [
    '"abc"', '"1-x"', '""', 'W/"abc"', '"abc", "9-00000000"', '"9-00000000"', '"1-0000000"', '"9999999999"',
]  # fmt: skip
MALFORMED = ["gibberish", '"x-00000000', '"1, 2"', '"a" "1"', '"1", 2', '*, "1"', "1, 2", 'w/"1"', ",", '"a b"', "W/1x"]


@pytest.mark.parametrize("given", MATCHING)
async def test_any_etag_of_a_list_may_match(api: Api, given: str) -> None:
    path = f"{ORDERS}/{(await api.placed())['order_id']}"
    changed = await api.call("PATCH", path, {"notes": "ring twice"}, headers={"If-Match": given})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)


@pytest.mark.parametrize("given", FOREIGN)
async def test_what_is_no_etag_of_this_version_does_not_match(api: Api, given: str) -> None:
    path = f"{ORDERS}/{(await api.placed())['order_id']}"
    for method, part, body in (("PATCH", "", {"notes": "x"}), ("POST", "/cancel", {})):
        expect(await api.call(method, path + part, body, headers={"If-Match": given}), 412, "version-mismatch")
    assert (await api.call("GET", path)).json()["version"] == 1


@pytest.mark.parametrize("given", MALFORMED)
async def test_what_is_no_list_of_etags_is_refused(api: Api, given: str) -> None:
    path = f"{ORDERS}/{(await api.placed())['order_id']}"
    answer = await api.call("PATCH", path, {"notes": "x"}, headers={"If-Match": given})
    (fault,) = expect(answer, 400, "malformed-request")["errors"]
    assert (fault["pointer"], fault["code"]) == ("/headers/If-Match", "invalid_etag")
    assert "separated by commas" in fault["message"]


async def test_lines_of_a_header_are_one_list(api: Api) -> None:
    path = f"{ORDERS}/{(await api.placed())['order_id']}"
    lines = [("If-Match", '"7"'), ("If-Match", '"1"'), ("Authorization", f"Bearer {api.token()}")]
    answer = await api.client.request("POST", path + "/cancel", headers=lines)
    assert answer.status_code == 200
    lines = [("If-None-Match", '"7"'), ("If-None-Match", answer.headers["etag"]), *lines[2:]]
    assert (await api.client.request("GET", path, headers=lines)).status_code == 304


@pytest.mark.parametrize("given", ["*", "{}", "W/{}", '"abc", {}', '"a,b",\t{} ,'])
async def test_who_has_the_current_state_is_not_sent_it(api: Api, given: str) -> None:
    path = f"{ORDERS}/{(await api.placed())['order_id']}"
    tag = (await api.call("GET", path)).headers["etag"]
    answer = await api.call("GET", path, headers={"If-None-Match": given.replace("{}", tag)})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)


@pytest.mark.parametrize("given", ['"abc"', '"9-00000000", "abc"', "gibberish", '"abc', "1", ""])
async def test_who_has_something_else_is_sent_the_whole(api: Api, given: str) -> None:
    path = f"{ORDERS}/{(await api.placed())['order_id']}"
    assert (await api.call("GET", path, headers={"If-None-Match": given})).status_code == 200


def test_the_document_says_what_if_match_takes() -> None:
    pattern = PARAMETERS["IfMatch"]["schema"]["pattern"]
    for given in MATCHING + FOREIGN:
        assert re.search(pattern, given), given
    for given in MALFORMED:
        assert not re.search(pattern, given), given


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_a_body_that_says_its_version_changes_that_version_only(api: Api, method: str) -> None:
    order = await api.placed()
    path = f"{ORDERS}/{order['order_id']}"
    between = (await api.call("PATCH", path, {"notes": "between", "version": 1.0})).json()
    body = order if method == "PUT" else {"version": 1}
    found = expect(await api.call(method, path, body | {"notes": "mine"}), 412, "version-mismatch")
    assert "version 2 now, not 1;" in found["detail"]
    # As with If-Match: before what the status allows, after what is wrong with the body, and both must hold.
    expect(await api.call(method, path, body, headers={"If-Match": '"2-00000000"'}), 412, "version-mismatch")
    expect(await api.call(method, path, body | {"nots": 1}), 422, "invalid-content")
    assert (await api.call("GET", path)).json() == between
    same = between if method == "PUT" else {"version": 2}
    expect(await api.call(method, path, same, headers={"If-Match": '"1-00000000"'}), 412, "version-mismatch")
    assert (await api.call(method, path, same | {"notes": "mine"})).json()["notes"] == "mine"
    await api.call("POST", path + "/cancel")
    expect(await api.call(method, path, same), 412, "version-mismatch")


async def test_the_same_put_again_is_no_conflict_as_long_as_nobody_has_changed_what_it_asks_for(api: Api) -> None:
    order = await api.placed()
    path, mine = f"{ORDERS}/{order['order_id']}", order | {"notes": "mine"}
    first = await api.call("PUT", path, mine)
    again = await api.call("PUT", path, mine)
    assert (again.status_code, again.json()) == (200, first.json())
    expect(await api.call("PUT", path, mine | {"total": 1}), 412, "version-mismatch")
    await api.call("PATCH", path, {"notes": "theirs"})
    expect(await api.call("PUT", path, mine), 412, "version-mismatch")
    await api.call("PATCH", path, {"notes": "mine"})
    await api.call("POST", path + "/cancel")
    expect(await api.call("PUT", path, mine), 412, "version-mismatch")


@pytest.mark.parametrize("version", ["1", 1.5, 0, -1, True, [], 10**9, 10**40])
async def test_what_is_no_version_is_a_fault_of_the_body(api: Api, version: Any) -> None:
    path = f"{ORDERS}/{(await api.placed())['order_id']}"
    answer = await api.call("PATCH", path, {"version": version})
    assert [fault["pointer"] for fault in expect(answer, 422, "invalid-content")["errors"]] == ["/version"]


async def test_of_all_who_send_back_the_same_version_one_changes_it(api: Api) -> None:
    order = await api.placed()
    path = f"{ORDERS}/{order['order_id']}"
    answers = await asyncio.gather(*(api.call("PUT", path, order | {"notes": str(number)}) for number in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200, *[412] * 7]
    (done,) = (answer.json() for answer in answers if answer.status_code == 200)
    assert (await api.call("GET", path)).json() == done


async def test_a_repeated_request_is_answered_again_although_its_version_is_gone(api: Api) -> None:
    order = await api.placed()
    path, key = f"{ORDERS}/{order['order_id']}", {"Idempotency-Key": "k1"}
    first = await api.call("PUT", path, order | {"notes": "mine"}, headers=key)
    await api.call("PATCH", path, {"notes": "between"})
    again = await api.call("PUT", path, order | {"notes": "mine"}, headers=key)
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["idempotent-replayed"] == "true"
