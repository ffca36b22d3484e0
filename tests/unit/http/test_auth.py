"""Bearer tokens: what is believed, who it makes of its bearer, and the one sentence for what is not."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orders.adapters.inbound.http.security.auth import Authenticator, NoKeys, Unauthenticated, single
from orders.adapters.inbound.http.security.claims import TokenRules
from orders.adapters.outbound.local.dev_issuer import AUDIENCE, ISSUER, DevIssuer
from orders.application.policy.caller import Caller
from orders.domain.lifecycle import Role
from tests.support.builders import NOON
from tests.support.issuer import CLIENT, Issuer, ec_key

TENANT, CUSTOMER, GROUPS = "custom:tenant_id", "custom:customer_id", "cognito:groups"
RULES = TokenRules(
    issuer="https://issuer.example",
    audiences=frozenset({CLIENT, "orders"}),
    service_clients={"payments-client": "demo"},
)
ISSUED_BY = Issuer(RULES.issuer, now=NOON)


class Keys:
    """The public halves of the issuer's keys, without asking anybody."""

    async def key(self, key_id: str) -> Any:
        key = ISSUED_BY.keys.get(key_id)
        return key and key.public_key()


async def caller_of(token: str, at: datetime = NOON, rules: TokenRules = RULES) -> Caller:
    return await Authenticator(Keys(), rules, lambda: at).caller(f"Bearer {token}")


async def with_claims(**changes: Any) -> Caller:
    return await caller_of(ISSUED_BY.token(**changes))


def machine(**changes: Any) -> dict[str, Any]:
    """Builds a token as Cognito issues it for client credentials."""
    usual: dict[str, Any] = {
        "sub": "payments-client", "client_id": "payments-client", "scope": "orders/write",
        TENANT: None, CUSTOMER: None, GROUPS: None,
    }  # fmt: skip
    return usual | changes


@pytest.mark.parametrize("key_id", ["ec-1", "rsa-1"])
async def test_a_good_token_says_who_calls(key_id: str) -> None:
    authenticator = Authenticator(Keys(), RULES, lambda: NOON)
    caller = await authenticator.caller(f"Bearer {ISSUED_BY.token(key_id, email='c@example.com')}", "00-trace")
    assert caller == Caller(
        "demo", "user-1", frozenset({Role.CUSTOMER}), "cust_test_001", email="c@example.com", traceparent="00-trace"
    )


async def test_the_scheme_s_case_does_not_matter() -> None:
    authenticator = Authenticator(Keys(), RULES, lambda: NOON)
    assert (await authenticator.caller(f"bearer  {ISSUED_BY.token()} ")).principal == "user-1"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "orders", "client_id": None},
        {"aud": ["other", "orders"], "client_id": None},
        {"aud": "orders", "client_id": "unknown"},
        {"client_id": CLIENT},
    ],
)
async def test_an_audience_will_do_and_where_there_is_none_the_client(claims: dict[str, Any]) -> None:
    assert (await with_claims(**claims)).tenant_id == "demo"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "other"},
        {"aud": ["other", 7, None]},
        {"aud": []},
        {"aud": {"orders": 1}},
        {"client_id": "unknown"},
        {"client_id": "payments-client"},
    ],
    ids=str,
)
async def test_a_token_for_somebody_else_is_not_for_us(claims: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated, match="another audience"):
        await with_claims(**claims)


async def test_groups_that_are_no_roles_count_for_nothing() -> None:
    changes: dict[str, Any] = {GROUPS: ["staff", "eu-west-1_google", 7, None, ["admin"], "ADMIN", "customer "]}
    assert (await with_claims(**changes)).roles == {Role.STAFF}
    nobody = {GROUPS: ["eu-west-1_google"], CUSTOMER: None}
    assert (await with_claims(**nobody)).roles == frozenset()


async def test_claims_have_the_names_that_are_configured() -> None:
    rules = TokenRules(
        RULES.issuer, RULES.audiences, tenant_claim="tid", customer_claim="cid", groups_claim="roles"
    )  # fmt: skip
    token = ISSUED_BY.token(tid="t", cid="c", roles=["customer"])
    caller = await caller_of(token, rules=rules)
    assert (caller.tenant_id, caller.customer_id, set(caller.roles)) == ("t", "c", {Role.CUSTOMER})


MISSING = ["iss", "sub", "exp", "iat", "client_id", "token_use", TENANT, GROUPS]


@pytest.mark.parametrize("claim", MISSING)
async def test_a_missing_claim_is_named(claim: str) -> None:
    changes: dict[str, Any] = {claim: None}
    with pytest.raises(Unauthenticated, match=f"lacks the claim {claim}") as caught:
        await with_claims(**changes)
    assert caught.value.token_given


async def test_a_customer_s_token_says_which_customer() -> None:
    changes: dict[str, Any] = {CUSTOMER: None}
    with pytest.raises(Unauthenticated, match=f"customer's and lacks the claim {CUSTOMER}"):
        await with_claims(**changes)
    staff: dict[str, Any] = {CUSTOMER: None, GROUPS: ["staff"]}
    assert (await with_claims(**staff)).customer_id is None


WRONG: list[tuple[str, Any, str]] = [
    ("iss", "https://evil.example", "another issuer"),
    ("iss", RULES.issuer + "/", "another issuer"),
    ("iss", [RULES.issuer], "iss is not a text"),
    ("sub", "", "sub is not a text"),
    ("sub", 7, "sub is not a text"),
    ("sub", "x" * 257, "sub is not a text"),
    ("token_use", "id", "token_use is not access"),
    ("token_use", ["access"], "token_use is not a text"),
    ("exp", "soon", "exp is not a time"),
    ("exp", True, "exp is not a time"),
    ("exp", 10**400, "exp is not a time"),
    ("exp", float("inf"), "exp is not a time"),
    ("exp", -1, "exp is not a time"),
    ("iat", float("nan"), "iat is not a time"),
    ("iat", {}, "iat is not a time"),
    ("nbf", "2026", "nbf is not a time"),
    (TENANT, "a#b", f"{TENANT} is not 1 to 64"),
    (TENANT, "", f"{TENANT} is not 1 to 64"),
    (TENANT, 7, f"{TENANT} is not 1 to 64"),
    (CUSTOMER, "a b", f"{CUSTOMER} is not 1 to 64"),
    (CUSTOMER, ["cust_1"], f"{CUSTOMER} is not 1 to 64"),
    (GROUPS, "customer", f"{GROUPS} is not a list"),
    (GROUPS, {"customer": True}, f"{GROUPS} is not a list"),
]


@pytest.mark.parametrize(("claim", "value", "says"), WRONG)
async def test_a_wrong_claim_is_named_without_its_value(claim: str, value: Any, says: str) -> None:
    changes: dict[str, Any] = {claim: value}
    # Not by PyJWT's encode, which checks some of the claims itself.
    with pytest.raises(Unauthenticated, match=says) as caught:
        await caller_of(unchecked(**changes))
    assert str(value) not in str(caught.value) or str(value) in says


def unchecked(**changes: Any) -> str:
    """A token signed over whatever claims there are."""
    import json

    from jwt import PyJWS

    content = json.dumps(ISSUED_BY.claims(**changes)).encode()
    return PyJWS().encode(content, ISSUED_BY.keys["ec-1"], algorithm="ES256", headers={"kid": "ec-1"})


@pytest.mark.parametrize(
    ("claim", "last_good", "first_bad", "says"),
    [
        ("exp", -59, -60, "has expired"),
        ("nbf", 60, 61, r"not valid yet \(nbf\)"),
        ("iat", 60, 61, r"from the future \(iat\)"),
    ],
)
async def test_clocks_may_differ_by_a_minute(claim: str, last_good: int, first_bad: int, says: str) -> None:
    earlier = {} if claim == "iat" else {"iat": ISSUED_BY.at(hours=-1)}
    good, bad = (earlier | {claim: ISSUED_BY.at(seconds=seconds)} for seconds in (last_good, first_bad))
    assert (await with_claims(**good)).tenant_id == "demo"
    with pytest.raises(Unauthenticated, match=says):
        await with_claims(**bad)


async def test_nothing_expires_before_it_was_issued() -> None:
    with pytest.raises(Unauthenticated, match="expires before it was issued"):
        await with_claims(iat=ISSUED_BY.at(seconds=30), exp=ISSUED_BY.at(seconds=30))


async def test_a_time_may_have_a_fraction() -> None:
    now = NOON.timestamp()
    assert (await with_claims(iat=now - 0.5, exp=now + 0.5)).tenant_id == "demo"


async def test_a_service_client_speaks_for_its_tenant() -> None:
    caller = await with_claims(**machine())
    assert caller == Caller("demo", "payments-client", frozenset({Role.SERVICE}))
    assert (await with_claims(**machine(**{TENANT: "demo"}))).roles == {Role.SERVICE}
    assert (await with_claims(**machine(**{GROUPS: ["service"]}))).tenant_id == "demo"
    # A trigger of version 3 may give it fewer rights, too.
    assert (await with_claims(**machine(**{GROUPS: []}))).roles == frozenset()


async def test_a_service_client_does_not_speak_for_another_tenant() -> None:
    with pytest.raises(Unauthenticated, match="not the tenant that this client speaks for"):
        await with_claims(**machine(**{TENANT: "atlantic-books"}))


async def test_a_client_that_is_not_listed_needs_its_claims() -> None:
    other = {"sub": CLIENT, "client_id": CLIENT}
    with pytest.raises(Unauthenticated, match=f"lacks the claim {TENANT}"):
        await with_claims(**machine(**other))
    with pytest.raises(Unauthenticated, match=f"lacks the claim {GROUPS}"):
        await with_claims(**machine(**other, **{TENANT: "demo"}))


async def test_a_person_s_token_got_through_a_service_client_is_not_the_client_s() -> None:
    rules = TokenRules(RULES.issuer, RULES.audiences | {"payments-client"}, service_clients=RULES.service_clients)
    token = ISSUED_BY.token(**machine(sub="user-1"))
    with pytest.raises(Unauthenticated, match=f"lacks the claim {TENANT}"):
        await caller_of(token, rules=rules)


async def test_a_service_client_s_token_for_another_service_is_not_for_us() -> None:
    with pytest.raises(Unauthenticated, match="another audience"):
        await with_claims(**machine(aud="https://payments.example"))


@pytest.mark.parametrize("header", [None, "", "Basic abc", "Bearer", "Bearer ", "Bearer a b", "Bearerabc"])
async def test_a_header_without_a_token_is_told_what_to_send(header: str | None) -> None:
    with pytest.raises(Unauthenticated, match="Bearer <token>") as caught:
        await Authenticator(Keys(), RULES, lambda: NOON).caller(header)
    assert not caught.value.token_given


def test_a_header_that_may_come_once_comes_once() -> None:
    assert single([], "X") is None
    assert single(["a"], "X") == "a"
    with pytest.raises(Unauthenticated, match="the X header came 2 times; send it once"):
        single(["a", "a"], "X")


async def test_without_an_issuer_every_token_is_refused() -> None:
    with pytest.raises(Unauthenticated, match="key that its issuer does not have"):
        await Authenticator(NoKeys(), RULES, lambda: NOON).caller(f"Bearer {ISSUED_BY.token()}")


async def test_time_is_the_machine_s_unless_it_is_given() -> None:
    issuer = Issuer(RULES.issuer, keys=ISSUED_BY.keys)
    assert (await Authenticator(Keys(), RULES).caller(f"Bearer {issuer.token()}")).tenant_id == "demo"


async def test_the_development_issuer_makes_tokens_that_its_own_key_checks(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    minted = DevIssuer(tmp_path).token(tenant_id="t", customer_id="Cust_9", roles=["customer"], now=now)
    again = DevIssuer(tmp_path)  # another process on the same data directory
    authenticator = Authenticator(again, TokenRules(ISSUER, frozenset({AUDIENCE})), lambda: now + timedelta(hours=1))
    caller = await authenticator.caller(f"Bearer {minted}")
    assert (caller.customer_id, caller.email) == ("Cust_9", "cust_9@customers.example")
    assert again.derived_secret("a") != again.derived_secret("b")
    assert len(again.derived_secret("a")) == 32


async def test_a_key_of_the_same_id_signs_for_nobody_else() -> None:
    with pytest.raises(Unauthenticated, match="signature does not fit"):
        await caller_of(ISSUED_BY.token(key=ec_key()))
