"""Hostile and unlucky input: told what is wrong with it, at no more cost than its length ([SEC-6])."""

import contextlib
import json
import re
import unicodedata
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from orders.adapters.wire import json_body
from orders.adapters.wire.drafts import read_amounts
from orders.adapters.wire.json_body import MAX_MEMBERS, MalformedJson
from orders.adapters.wire.parsing import MAX_FAULTS, InvalidBody, parse_body
from orders.adapters.wire.pointers import pointer_of
from orders.adapters.wire.requests import CreateOrderBody, FulfilBody
from orders.adapters.wire.text import MAX_MARKS, ONE_LINE_PATTERN, lines, normal, one_line
from orders.domain.placing import amount_faults
from tests.support.cpu_time import seconds_of
from tests.support.http_api import ORDERS, SMOKE, Api, expect

LINES = ",".join(
    '{"product_id":"prod_' + str(at) + '","quantity":2,"price":29.99,"tax_rate":0.15,"name":"Coffee mug, blue"}'
    for at in range(500)
)


def _order(lines: str, **more: str) -> bytes:
    rest = "".join(f',"{name}":{value}' for name, value in more.items())
    return f'{{"customer_id":"c","total":1,"items":[{lines}]{rest}}}'.encode()


def _lines_of(name: str) -> str:
    text = json.dumps(name, ensure_ascii=False)
    return ",".join(f'{{"product_id":"p","quantity":1,"price":1,"name":{text}}}' for _ in range(500))


@pytest.mark.parametrize(
    "hostile",
    [
        b"{" + b",".join(b'"k%05d":1' % at for at in range(MAX_MEMBERS)) + b"}",
        _order("{}", metadata="{" + ",".join(f'"k {at}":1' for at in range(19_000)) + "}"),
        _order(",".join("{" + ",".join(f'"k{at}":1' for at in range(49)) + "}" for _ in range(400))),
        _order("{}", **{"k" * 250_000: "1"}),
        _order("{}", notes='"' + "\u0315\u0300" * 60_000 + '"'),
        _order(_lines_of("\u0315\u0300" * 80)),
        _order(_lines_of("4 " * 100)),
        _order(_lines_of("\ufdfa" * 60 + "123456")),
        _order(_lines_of("x"), discount="9" * 4000, shipping="1E999999"),
        b"[" + b",".join([b"9" * 4000] * 60) + b"]",
        b"[" + b",".join([b"1E999999"] * 25_000) + b"]",
        b"[" * 130_000 + b"]" * 130_000,
        b'{"a":{"b":1,"b":2},' + b",".join(b'"k%05d":1' % at for at in range(19_000)) + b"}",
    ],
    ids=[
        "unknown fields", "metadata", "unknown fields of lines", "a huge name", "marks", "marks in lines", "digits",
        "ligatures", "numbers", "long integers", "exponents", "depth", "one name twice",
    ],
)  # fmt: skip
def test_no_body_costs_out_of_proportion(hostile: bytes) -> None:
    def read(body: bytes) -> None:
        with contextlib.suppress(InvalidBody, MalformedJson):
            parse_body(CreateOrderBody, body, "application/json")

    honest = _order(LINES)
    # Five times as long at the most; the worst of these cost hundreds of times as much before they were bounded.
    assert len(hostile) < 320_000
    assert seconds_of(lambda: read(hostile)) < 40 * seconds_of(lambda: read(honest))


def faults(body: Any, model: Any = CreateOrderBody) -> dict[str, tuple[str, str]]:
    raw = body if isinstance(body, bytes) else json_body.encode(body)
    with pytest.raises(InvalidBody) as caught:
        parse_body(model, raw, "application/json")
    return {pointer_of(fault.path): (fault.code, fault.message) for fault in caught.value.faults}


def test_answers_stay_small_whatever_is_wrong() -> None:
    found = faults(b"{" + b",".join(b'"k%05d":1' % at for at in range(5000)) + b"}")
    assert len(found) == MAX_FAULTS
    assert faults({"k" * 5000: 1})[""] == ("unknown_field", "there is no field a text of 5000 characters")


REFUSED = [
    ("\x00", "control_character"), ("\x1b", "control_character"), ("\x7f", "control_character"),
    ("\x85", "control_character"), ("\u202e", "hidden_character"), ("\u2066", "hidden_character"),
    ("\ufeff", "hidden_character"), ("\ufffe", "hidden_character"), ("\ufdd0", "hidden_character"),
    ("\ufff9", "hidden_character"), ("\U000e0041", "hidden_character"),
]  # fmt: skip
PLACES: list[tuple[str, dict[str, Any]]] = [
    ("/notes", {"notes": "a{}b"}),
    ("/customer/name", {"customer": {"name": "a{}b"}}),
    ("/customer/phone", {"customer": {"phone": "a{}b"}}),
    ("/billing_address/line1", {"billing_address": {"line1": "a{}b"}}),
    ("/shipping_address/postal_code", {"shipping_address": {"postal_code": "a{}b"}}),
    ("/payment/method", {"payment": {"method": "a{}b"}}),
    ("/metadata/key", {"metadata": {"key": "a{}b"}}),
    ("/items/0/name", {"items": [{"product_id": "p", "quantity": 1, "price": 1, "name": "a{}b"}]}),
    ("/items/0/sku", {"items": [{"product_id": "p", "quantity": 1, "price": 1, "sku": "a{}b"}]}),
]


def _filled(value: Any, character: str) -> Any:
    return json.loads(json.dumps(value).replace("{}", json.dumps(character)[1:-1]))


@pytest.mark.parametrize(("pointer", "change"), PLACES)
def test_characters_that_nobody_sees_are_refused_in_every_text(pointer: str, change: dict[str, Any]) -> None:
    body = {"customer_id": "c", "items": [{"product_id": "p", "quantity": 1, "price": 1}], "total": 1}
    for character, code in REFUSED:
        found = faults(body | _filled(change, character))
        assert found[pointer][0] == code, f"U+{ord(character):04X}"
    if pointer != "/notes":
        for character in "\t\n\r\u2028\u2029":
            assert faults(body | _filled(change, character))[pointer][0] == "line_break"


def test_names_of_members_and_keys_take_letters_and_digits_only() -> None:
    body = {"customer_id": "c\n", "campaign_code": "a\u202eb", "metadata": {"a\nb": "x", "e\u0301": "x"}, "total": 1,
            "items": [{"product_id": "p\u200b", "quantity": 1, "price": 1}]}  # fmt: skip
    codes = {pointer: code for pointer, (code, _) in faults(body).items()}
    assert codes == dict.fromkeys(
        ["/customer_id", "/campaign_code", "/metadata", "/metadata/e\u0301", "/items/0/product_id"], "pattern"
    )


@pytest.mark.parametrize(
    "text",
    [
        "\u0915\u094d\u200d\u0937", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\U0001f468\u200d\U0001f373",
        "\u200f12 \u05e8\u05d7\u05d5\u05d1", "\u2764\ufe0f", "Stra\u00dfe", "e" + "\u0301" * MAX_MARKS,
        "zwi\u00adschen", "Z\u0361a\u0301\u0328", "\U00020bb7\u91ce\u5bb6",
    ],
)  # fmt: skip
def test_what_scripts_and_emoji_need_is_taken(text: str) -> None:
    assert one_line(normal(text)) == unicodedata.normalize("NFC", text)
    assert re.search(ONE_LINE_PATTERN, normal(text))


@pytest.mark.parametrize(
    "text", ["\u200b", "\u2060\u200d", "\u3164", "\u00a0\u2003", "\u200e \u200f", "\u2800", "\ufe0f"]
)
def test_what_shows_nothing_is_blank(text: str) -> None:
    assert faults({"carrier": text, "tracking_number": "T"}, FulfilBody)["/carrier"][0] == "blank"
    assert not re.search(ONE_LINE_PATTERN, text)


@pytest.mark.parametrize("text", ["\u2065", "\U0001bca0", "\u180e\ufff0", "\U000e0100", "\ufe0f\u200d"])
@pytest.mark.parametrize("field", ["carrier", "tracking_number"])
def test_an_identifier_of_nothing_that_shows_is_blank(field: str, text: str) -> None:
    body = {"carrier": "DHL", "tracking_number": "T"} | {field: text}
    assert faults(body, FulfilBody) == {f"/{field}": ("blank", "the text is blank; leave the field out instead")}


def test_identifiers_stay_as_given_and_free_texts_lose_what_nobody_sees() -> None:
    parcel = {"carrier": "D\u200bHL", "tracking_number": "JD\u20110146\u200b"}
    taken = parse_body(FulfilBody, json_body.encode(parcel), "application/json")
    assert (taken.carrier, taken.tracking_number) == (parcel["carrier"], parcel["tracking_number"])
    order = {"customer_id": "c", "items": [{"product_id": "p", "quantity": 1, "price": 1, "name": "M\u2060ug"}],
             "total": 1, "notes": "ring\u200b\ntwice", "customer": {"name": "\u3164Thandi", "phone": "\u200e+27"},
             "metadata": {"k": "v\ufe0f"}, "billing_address": {"city": "Cape\u200b Town"}}  # fmt: skip
    body = parse_body(CreateOrderBody, json_body.encode(order), "application/json")
    assert body.customer is not None
    assert body.billing_address is not None
    assert (body.notes, body.customer.name, body.customer.phone) == ("ring\ntwice", "Thandi", "+27")
    assert (body.items[0].name, body.metadata, body.billing_address.city) == ("Mug", {"k": "v"}, "Cape Town")
    assert faults(order | {"customer": {"name": "\u3164\u200b"}})["/customer/name"][0] == "blank"


_text = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=[chr(at) for at in range(0xE0000, 0xE0080)]), max_size=9
)


@given(_text)
def test_the_schema_says_what_is_taken(text: str) -> None:
    try:
        taken = bool(one_line(text))
    except PydanticCustomError:
        taken = False
    assert taken is bool(re.search(ONE_LINE_PATTERN.replace("$", r"\Z"), text))  # in ECMA 262 both are one


def test_lengths_are_those_of_the_normal_form() -> None:
    decomposed = "e\u0301" * 200
    body = {"carrier": "DHL", "tracking_number": "T"}
    raw = json_body.encode(body | {"carrier": decomposed[:200]})
    assert parse_body(FulfilBody, raw, "application/json").carrier == "\u00e9" * 100
    # Of what NFC makes longer (composition exclusions) the longer form counts.
    assert faults(body | {"carrier": "\u0958" * 100}, FulfilBody)["/carrier"] == (
        "string_too_long", "this has at most 100 characters",
    )  # fmt: skip
    assert faults({"carrier": "x" + "\u0301" * (MAX_MARKS + 1), "tracking_number": "T"}, FulfilBody)["/carrier"] == (
        "combining_marks", "there are too many combining marks in a row",
    )  # fmt: skip
    assert lines("a\r\nb\tc\u2028d") == "a\r\nb\tc\u2028d"


EVERYTHING_WRONG = {
    "customer_id": "a b", "currency": "usd", "campaign_code": "", "locale": "english", "notes": "x" * 2001,
    "customer": {"name": "", "email": "thandi", "phone": "1" * 41},
    "billing_address": {"country": "South Africa", "postal_code": "1" * 21},
    "payment": {"token": "tok 1", "last4": "42", "brand": 5},
    "metadata": {"a b": "x"} | {f"k{at}": "v" for at in range(25)},
    "items": [{"product_id": "/", "quantity": 2_000_000, "price": 1, "name": []}, 5],
    "total": "1",
}  # fmt: skip


def test_every_message_is_a_sentence_for_people() -> None:
    found = faults(EVERYTHING_WRONG) | faults(
        {"carrier": "DHL", "tracking_number": "T", "tracking_url": "x"}, FulfilBody
    )
    assert found["/currency"][1] == "this must be three capital letters such as ZAR"
    assert found["/billing_address/country"][1] == "this must be two capital letters such as ZA"
    assert found["/customer/email"][1] == "this must be an e-mail address: a name, @ and a domain"
    assert found["/locale"][1] == "this must be a language tag such as en-ZA"
    assert found["/payment/last4"][1] == "this must be the last four digits"
    assert found["/payment/token"][1] == "this must be 1 to 255 visible ASCII characters"
    assert found["/tracking_url"][1].startswith("this must be an address such as https://")
    assert found["/notes"][1] == "this has at most 2000 characters"
    assert found["/customer/name"][1] == "this must not be empty"
    assert found["/items/0/quantity"][1] == "this must be 1000000 or less"
    assert found["/metadata"][1] == "there are at most 20 of these"
    for pointer, (code, message) in found.items():
        assert re.fullmatch(r"(this|there) [a-z][^\^\\\[\]{}|$]*[^.]", message), f"{pointer} {code}: {message}"


async def test_misspelt_fields_are_known_at_every_depth_and_in_every_operation(api: Api) -> None:
    async def hints(method: str, path: str, body: Any) -> dict[str, str]:
        found = expect(await api.call(method, path, body, role="staff"), 422, "invalid-content")
        return {
            fault["pointer"]: fault["message"].partition("did you mean ")[2].strip("'?")
            for fault in found["errors"]
            if fault["code"] == "unknown_field"
        }

    order = await api.placed()
    path = f"{ORDERS}/{order['order_id']}"
    create = json.loads(SMOKE) | {"custmer": {}, "customer": {"emial": "x"}, "billing_address": {"postcode": "1"}}
    create["items"][0]["taxrate"] = 0
    assert await hints("POST", ORDERS, create) == {
        "/custmer": "customer", "/customer/emial": "email", "/billing_address/postcode": "postal_code",
        "/items/0/taxrate": "tax_rate",
    }  # fmt: skip
    whole = order | {"curency": "USD", "nots": "x", "shipping_adress": {}, "zzz": 1}
    whole["items"] = [order["items"][0] | {"lineid": "line_1"}]
    updates = {
        "/curency": "currency", "/nots": "notes", "/shipping_adress": "shipping_address", "/zzz": "",
        "/items/0/lineid": "line_id",
    }  # fmt: skip
    assert await hints("PUT", path, whole) == updates
    patch = {name: whole[name] for name in ("curency", "nots", "shipping_adress", "zzz", "items")}
    assert await hints("PATCH", path, patch | {"total": 59.98}) == updates
    assert await hints("PATCH", path, {"shipping_address": {"citty": "x"}}) == {"/shipping_address/citty": "city"}
    assert await hints("PATCH", path, {"nots": None}) == {"/nots": "notes"}
    removed = {"shipping_address": {"citty": None, "line2": None}, "nots": 1}
    assert await hints("PATCH", path, removed) == {"/nots": "notes", "/shipping_address/citty": "city"}
    parcel = {"carier": "DHL", "tracking_number": "T", "lines": [{"line": "line_1", "quantity": 1}]}
    assert await hints("POST", path + "/fulfill", parcel) == {"/carier": "carrier", "/lines/0/line": "line_id"}
    assert await hints("POST", path + "/cancel", {"raeson": "x"}) == {"/raeson": "reason"}


async def test_what_only_the_service_sets_is_said_to_be_so(api: Api) -> None:
    async def told(path: str, body: Any) -> dict[str, str]:
        found = expect(await api.call("POST", path, body, role="staff"), 422, "invalid-content")
        assert {fault["code"] for fault in found["errors"]} == {"unknown_field"}
        return {fault["pointer"]: fault["message"] for fault in found["errors"]}

    create = json.loads(SMOKE)
    order = await api.placed()
    own = order.keys() - create.keys() - {"shipping", "discount"}
    lines_own = order["items"][0].keys() - create["items"][0].keys() - {"discount", "tax_rate"}
    body = {name: order[name] for name in own} | create
    body["items"] = [create["items"][0] | {name: order["items"][0][name] for name in lines_own}]
    pointers = {f"/{name}" for name in own} | {f"/items/0/{name}" for name in lines_own}
    assert len(pointers) > 15
    assert await told(ORDERS, body) == dict.fromkeys(pointers, "this is set by the service; leave it out")
    set_by_service = "is set by the service: leave it out"
    misspelt = create | {"ordr_id": "x", "billing_address": {"state": "KZN"}}
    assert await told(ORDERS, misspelt) == {
        "/ordr_id": f"there is no field 'ordr_id'; 'order_id', if you mean that, {set_by_service}",
        "/billing_address/state": "there is no field 'state'",
    }
    parcel = {"carrier": "DHL", "tracking_number": "T", "parcel_id": "par_1"}
    assert await told(f"{ORDERS}/{order['order_id']}/fulfill", parcel) == {
        "/parcel_id": "this is set by the service; leave it out"
    }


async def test_faults_of_structure_and_of_money_come_together(api: Api) -> None:
    async def pointers(method: str, path: str, body: Any) -> dict[str, str]:
        found = expect(await api.call(method, path, body), 422, "invalid-content")
        return {fault["pointer"]: fault["code"] for fault in found["errors"]}

    create = json.loads(SMOKE) | {"total": 60, "nots": "x"}
    assert await pointers("POST", ORDERS, create) == {"/nots": "unknown_field", "/total": "total_mismatch"}
    # The shop's own currency, where the body names none.
    del create["currency"]
    assert await pointers("POST", ORDERS, create | {"total": 59.981}) == {
        "/nots": "unknown_field", "/total": "invalid_amount",
    }  # fmt: skip
    order = await api.placed()
    path = f"{ORDERS}/{order['order_id']}"
    items = [
        order["items"][0] | {"price": 0.001, "open_quantity": 9},
        {"product_id": "a b", "quantity": 1, "price": -1},
    ]
    assert await pointers("PUT", path, order | {"items": items, "currency": "ZAR", "total": 1.5}) == {
        "/currency": "not_editable", "/items/0/open_quantity": "not_editable", "/items/1/product_id": "pattern",
        "/items/0/price": "invalid_amount", "/items/1/price": "negative_amount",
    }  # fmt: skip
    assert await pointers("PATCH", path, {"items": order["items"], "total": 1, "nots": 1}) == {
        "/nots": "unknown_field", "/total": "total_mismatch",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "pointers"),
    [
        ({"If-Match": "gibberish"}, ["/headers/If-Match"]),
        ({"If-Match": '"1-00000000", 2-00000000'}, ["/headers/If-Match"]),
        ({"Idempotency-Key": "a b"}, ["/headers/Idempotency-Key"]),
        ({"Idempotency-Key": "k" * 256}, ["/headers/Idempotency-Key"]),
        ({"Idempotency-Key": '"a\x7f"'}, ["/headers/Idempotency-Key"]),
        ({"If-Match": "W/1x", "Idempotency-Key": ""}, ["/headers/If-Match", "/headers/Idempotency-Key"]),
    ],
)
async def test_headers_that_are_wrong_are_named_all_at_once(
    api: Api, headers: dict[str, str], pointers: list[str]
) -> None:
    path = f"{ORDERS}/{(await api.placed())['order_id']}/cancel"
    found = expect(await api.call("POST", path, headers=headers), 400, "malformed-request")
    assert [fault["pointer"] for fault in found["errors"]] == pointers
    assert (await api.call("POST", path, headers={"Prefer": "x;y=z, wait=abc"})).status_code == 200


async def test_parameters_are_refused_where_there_are_none(api: Api) -> None:
    order = await api.placed()
    path = f"{ORDERS}/{order['order_id']}"
    await api.call("POST", path + "/cancel")
    for method, part, body in (
        ("GET", "/status", None), ("GET", "/track", None), ("GET", "/document", None), ("PATCH", "", {"notes": "x"}),
        ("PUT", "", order), ("POST", "/cancel", {}), ("DELETE", "", None),
    ):  # fmt: skip
        answer = await api.call(method, f"{path}{part}?dry_run=true", body, role="admin")
        (fault,) = expect(answer, 400, "malformed-request")["errors"]
        assert (fault["pointer"], fault["code"]) == ("/query/dry_run", "unknown_parameter")
    expect(await api.call("POST", f"{ORDERS}?dry_run=true", SMOKE), 400, "malformed-request")


async def test_nothing_that_is_sent_makes_a_line_of_its_own_in_a_log(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    sent = {"Idempotency-Key": "a\tb", "traceparent": "00-x\t-y", "X-Request-Id": "a\tb", "Prefer": "a\tb"}
    await api.call("POST", ORDERS, '{"nots":"a\\nb","a\\nb":1}', headers=sent)
    await api.call("GET", f"{ORDERS}/a%E2%80%A8b", headers=sent)
    api.service.table.reachable = False
    await api.call("POST", ORDERS, SMOKE, headers=sent | {"Idempotency-Key": "fine"})
    api.service.table.reachable = True
    assert "refused for now" in caplog.text
    ours = [record for record in caplog.records if record.name.startswith("orders")]
    assert [record for record in ours if len(record.getMessage().splitlines()) != 1] == []


def test_numbers_beyond_all_bounds_are_judged_at_no_cost() -> None:
    monstrous = {"items": [{"quantity": 1, "price": Decimal("1E999999")}], "total": Decimal("1E-999999"), "shipping": 0}
    found = {pointer_of(fault.path): fault.code for fault in amount_faults(read_amounts(monstrous), "USD")}
    assert found == {"/items/0/price": "invalid_amount", "/total": "invalid_amount"}
