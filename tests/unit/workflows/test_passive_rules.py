"""Each passive rule finds what it is for, and ZAP is told the same as the tests on the running stack."""

import pytest

from tests.support.passive_scan.message import Message
from tests.support.passive_scan.rules import ARGUED, RULES, Risk, findings
from tests.unit.workflows.reading import ROOT

GOOD = {
    "content-type": "text/html; charset=utf-8",
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=()",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}
PAGE = '<html><head><meta charset="utf-8"><title>A page</title></head><body><a href="/x">x</a></body></html>'


def a_message(text: str = PAGE, *, url: str = "/page", status: int = 200, without: str = "", **headers: str) -> Message:
    """A page without a fault, but for what is given."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    kept = {name: value for name, value in (GOOD | given).items() if name != without}
    return Message("GET", url, status, tuple(kept.items()), text, len(text))


COOKIE = a_message(set_cookie="a=b; Path=/")
SCRIPT = a_message('<script src="https://elsewhere.example/a.js"></script>')
FORM = a_message('<form action="http://elsewhere.example/"></form>')
FAULTY = {
    2: a_message("on ip-10-0-3-17 at 192.168.1.4"),
    3: a_message('<a href="/x;jsessionid=1">x</a>'),
    10003: SCRIPT,
    10009: a_message("nginx/1.25.3"),
    10010: COOKIE,
    10011: COOKIE,
    10015: a_message(cache_control="public, max-age=60"),
    10017: SCRIPT,
    10019: a_message("x", content_type=""),
    10020: a_message(without="x-frame-options"),
    10021: a_message(without="x-content-type-options"),
    10023: a_message("Traceback (most recent call last)"),
    10024: a_message('<a href="/x?access_token=1">x</a>'),
    10025: a_message(without="referrer-policy"),
    10026: FORM,
    10027: a_message("<!-- TODO: take the password out -->"),
    10028: a_message("", url="/go?to=https://elsewhere.example/x", status=302, location="https://elsewhere.example/x"),
    10029: COOKIE,
    10030: a_message("<b>marked</b>", url="/page?charset=marked"),
    10031: a_message('<b class="marked">', url="/page?q=marked"),
    10032: a_message('<input name="__VIEWSTATE">'),
    10033: a_message("<title>Index of /files</title>Index of /files"),
    10034: a_message(server="Apache/2.4 OpenSSL/1.0.1e"),
    10035: a_message(strict_transport_security="max-age=60"),
    10036: a_message(server="uvicorn"),
    10037: a_message(x_powered_by="Python"),
    10038: a_message(without="content-security-policy"),
    10039: a_message(x_backend_server="ip-1"),
    10040: a_message('<img src="http://elsewhere.example/a.png">'),
    10041: FORM,
    10042: FORM,
    10043: a_message("<b onclick='marked'>", url="/page?q=marked"),
    10044: a_message("x" * 500, status=302, location="/"),
    10049: a_message(cache_control="max-age=60"),
    10050: a_message(age="12"),
    10052: a_message(x_chromelogger_data="e30="),
    10054: COOKIE,
    10055: a_message(content_security_policy="default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
    10056: a_message(x_debug_token="1"),
    10061: a_message(x_aspnet_version="4"),
    10062: a_message("4111 1111 1111 1111"),
    10063: a_message(without="permissions-policy"),
    10096: a_message("at 1790812800"),
    10097: a_message("5f4dcc3b5aa765d61d8327deb882cf99"),
    10098: a_message(access_control_allow_origin="*"),
    10099: a_message("<?php echo 1;"),
    10105: a_message(www_authenticate='Basic realm="x"'),
    10108: a_message('<a href="https://elsewhere.example" target="_blank">x</a>'),
    10109: SCRIPT,
    10110: SCRIPT,
    10115: SCRIPT,
    10202: FORM,
    90001: a_message('<input name="javax.faces.ViewState">'),
    90002: a_message("rO0ABXNyAA"),
    90003: a_message('<link rel="stylesheet" href="https://elsewhere.example/a.css">'),
    90004: a_message(without="cross-origin-opener-policy"),
    90011: a_message('<meta charset="iso-8859-1">'),
    90022: a_message("SQLSTATE[42000]", status=500),
    90030: a_message('<wsdl:definitions name="x">'),
    90033: COOKIE,
}


@pytest.mark.parametrize("number", [number for number, rule in RULES.items() if rule.check is not None])
def test_a_rule_finds_what_it_is_for_and_nothing_in_a_page_without_a_fault(number: int) -> None:
    assert findings(number, FAULTY[number]) != []
    assert findings(number, a_message()) == []


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (10055, a_message(content_security_policy="default-src 'none'; base-uri 'none'; frame-ancestors 'none'")),
        (10055, a_message(content_security_policy="default-src *; base-uri 'none'; form-action 'none'")),
        (90004, a_message(without="cross-origin-resource-policy")),
        (90004, a_message(without="cross-origin-embedder-policy")),
        (10097, a_message("$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW")),
        (10020, a_message(x_frame_options="ALLOWALL")),
        (10105, a_message(www_authenticate='Bearer, Digest realm="x"')),
        (10110, a_message("<script>run()</script>")),
        (10110, a_message("a.innerHTML = b;", url="/v1.0/docs/reference.js", content_type="text/javascript")),
        (10110, a_message("run();", url="/other.js", content_type="text/javascript")),
    ],
)
def test_a_rule_finds_other_faults_of_its_kind(number: int, message: Message) -> None:
    assert findings(number, message) != []


def test_what_is_no_fault_is_none() -> None:
    request_id = "5f4dcc3b5aa765d61d8327deb882cf99"
    assert findings(10097, a_message(f'{{"request_id":"{request_id}"}}', x_request_id=request_id)) == []
    assert findings(10062, a_message("4111 1111 1111 1112")) == []
    assert findings(10105, a_message(www_authenticate="Bearer")) == []
    assert (
        findings(10028, a_message("", url="/problems/not-found", status=303, location="/v1.0/docs/problems/not-found"))
        == []
    )
    assert findings(10015, a_message(cache_control="public, max-age=300", url="/v1.0/docs")) == []
    assert findings(10015, a_message(cache_control="public, max-age=300", url="/v1.0/orders")) != []
    own = "/v1.0/docs/reference.js"
    assert findings(10110, a_message(f'<script src="{own}?v=1" defer></script>')) == []
    assert findings(10110, a_message("a.textContent = b;", url=own, content_type="text/javascript")) == []


def test_a_rule_has_a_check_or_a_reason() -> None:
    assert all((rule.check is None) == bool(rule.why) for rule in RULES.values())
    assert set(FAULTY) == {number for number, rule in RULES.items() if rule.check is not None}
    assert all(set(each.rules) <= set(RULES) and len(each.why) > 20 for each in ARGUED)


def told() -> dict[int, tuple[str, str]]:
    """What `make zap` is told of each rule: FAIL, WARN or IGNORE, and the rule's name."""
    lines = (ROOT / "deploy/workflows/zap.conf").read_text(encoding="utf-8").splitlines()
    rules = [line.split("\t") for line in lines if not line.startswith("#")]
    return {int(number): (word, name[1:-1]) for number, word, name in rules}


def test_zap_is_told_what_the_tests_on_the_stack_look_for() -> None:
    """A rule that ZAP applies as we do fails the workflow, unless a finding stays; what is ignored a test looks for."""
    argued = {number for each in ARGUED for number in each.rules}
    ours = {
        number
        for number, rule in RULES.items()
        if rule.check is not None and rule.exact and rule.risk > Risk.INFORMATIONAL
    }
    words = {number: word for number, (word, _) in told().items()}
    fails = {number for number, word in words.items() if word == "FAIL"}
    assert {number for number, word in words.items() if word == "IGNORE"} == {10035}
    assert {number for number, word in words.items() if word == "WARN"} == ours & argued
    assert ours - argued - {10035} <= fails
    assert fails <= {number for number in RULES if RULES[number].check is not None} - argued
    assert {number: name for number, (_, name) in told().items()} == {number: RULES[number].name for number in words}


def test_what_zap_is_told_to_pass_over_is_argued_in_the_line_above() -> None:
    lines = (ROOT / "deploy/workflows/zap.conf").read_text(encoding="utf-8").splitlines()
    passed_over = [place for place, line in enumerate(lines) if line.split("\t")[1:2] in (["WARN"], ["IGNORE"])]
    assert passed_over
    assert all(lines[place - 1].startswith("# ") for place in passed_over)
