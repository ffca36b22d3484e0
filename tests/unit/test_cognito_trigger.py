"""The trigger in the runbook makes tokens that this service understands."""

import re
from pathlib import Path
from typing import Any

import pytest

from orders.adapters.inbound.http.security.claims import TokenRules, to_caller
from orders.domain.lifecycle import Role

RUNBOOK = Path(__file__).parents[2] / "docs/runbooks/authentication.md"
RULES = TokenRules("https://issuer.example", frozenset({"web"}), service_clients={"payments-client": "demo"})


@pytest.fixture
def trigger() -> Any:
    blocks = re.findall(r"```python\n(.*?)```", RUNBOOK.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 1
    names: dict[str, Any] = {}
    exec(blocks[0], names)  # noqa: S102 - the page's own code is what is tested
    return names["handler"]


def added(event: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = event["response"]["claimsAndScopeOverrideDetails"]["accessTokenGeneration"]
    return dict(found["claimsToAddOrOverride"])


def test_a_person_s_token_has_shop_customer_and_address(trigger: Any) -> None:
    attributes = {
        "sub": "user-1", "email": "c@example.com", "custom:tenant_id": "demo", "custom:customer_id": "cust_test_001",
        "phone_number": "+27215550134",
    }  # fmt: skip
    event = {
        "triggerSource": "TokenGeneration_HostedAuth",
        "callerContext": {"clientId": "web"},
        "request": {"userAttributes": attributes, "groupConfiguration": {"groupsToOverride": ["customer"]}},
        "response": {},
    }
    claims = added(trigger(event, None))
    assert claims == {"email": "c@example.com", "custom:tenant_id": "demo", "custom:customer_id": "cust_test_001"}
    # What Cognito itself puts into an access token.
    given = {"sub": "user-1", "client_id": "web", "cognito:groups": ["customer"]}
    caller = to_caller(given | claims, RULES, None)
    assert (caller.tenant_id, caller.customer_id, caller.email) == ("demo", "cust_test_001", "c@example.com")


def test_staff_need_no_customer(trigger: Any) -> None:
    event = {
        "triggerSource": "TokenGeneration_RefreshTokens",
        "callerContext": {"clientId": "web"},
        "request": {"userAttributes": {"sub": "user-2", "custom:tenant_id": "demo"}},
        "response": {},
    }
    given = {"sub": "user-2", "client_id": "web", "cognito:groups": ["staff"]}
    assert to_caller(given | added(trigger(event, None)), RULES, None).customer_id is None


def test_a_machine_s_token_is_left_as_it_is_and_mapped_here(trigger: Any) -> None:
    event = {
        "triggerSource": "TokenGeneration_ClientCredentials",
        "callerContext": {"clientId": "payments-client"},
        "request": {"userAttributes": {}, "scopes": ["orders/write"]},
        "response": {},
    }
    claims = added(trigger(event, None))
    caller = to_caller({"sub": "payments-client", "client_id": "payments-client"} | claims, RULES, None)
    assert (caller.tenant_id, set(caller.roles)) == ("demo", {Role.SERVICE})
