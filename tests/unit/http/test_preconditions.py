"""If-Match and If-None-Match: lists, others' ETags, and what is none (RFC 9110, sections 8.8.3 and 13.1)."""

import re

import pytest

from orders.adapters.inbound.http.openapi.parameters import PARAMETERS
from tests.http_api import ORDERS, Api, expect

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
    patterns = [each["pattern"] for each in PARAMETERS["IfMatch"]["schema"]["anyOf"]]
    for given in MATCHING + FOREIGN:
        assert any(re.search(pattern, given) for pattern in patterns), given
    for given in MALFORMED:
        assert not any(re.search(pattern, given) for pattern in patterns), given
