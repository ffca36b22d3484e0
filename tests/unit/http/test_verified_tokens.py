"""A token's signature is checked once: until it expires, its key changes, or others take its place."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from orders.adapters.inbound.http.security.auth import Authenticator, Unauthenticated
from orders.adapters.inbound.http.security.claims import CLOCK_SKEW_SECONDS, TokenRules
from orders.adapters.inbound.http.security.verified_tokens import SWEEP_SECONDS, VerifiedTokens
from tests.support.builders import NOON
from tests.support.issuer import CLIENT, Issuer, ec_key

RULES = TokenRules("https://issuer.example", frozenset({CLIENT}))


class Door:
    """An authenticator whose clock can be moved and whose issuer can change its keys."""

    def __init__(self, *, most: int = 10) -> None:
        self.issuer = Issuer(RULES.issuer, now=NOON)
        self.public: dict[str, Any] = {name: key.public_key() for name, key in self.issuer.keys.items()}
        self.now: datetime = NOON
        self.asked_for_keys = 0
        self.verified = VerifiedTokens(most=most)
        self.authenticator = Authenticator(self, RULES, lambda: self.now, verified=self.verified)

    async def key(self, key_id: str) -> Any:
        """See ``KeySource.key``."""
        self.asked_for_keys += 1
        return self.public.get(key_id)

    async def caller(self, token: str, trace: str | None = None) -> Any:
        return await self.authenticator.caller(f"Bearer {token}", trace)


async def test_a_known_token_gives_the_caller_that_it_gave_and_asks_for_its_key_again() -> None:
    door = Door()
    token = door.issuer.token(email="c@example.com")
    first = await door.caller(token)
    assert await door.caller(token) is first
    assert (door.asked_for_keys, len(door.verified)) == (2, 1)


async def test_each_request_of_a_known_token_has_its_own_trace() -> None:
    door = Door()
    token = door.issuer.token()
    traces = [(await door.caller(token, trace)).traceparent for trace in ("00-a", "00-b", None)]
    assert traces == ["00-a", "00-b", None]


async def test_a_known_token_expires_to_the_second() -> None:
    door = Door()
    token = door.issuer.token(exp=int(NOON.timestamp()) + 100)
    await door.caller(token)
    door.now = NOON + timedelta(seconds=100 + CLOCK_SKEW_SECONDS - 1)
    await door.caller(token)
    door.now += timedelta(seconds=1)
    for _ in range(2):
        with pytest.raises(Unauthenticated, match="the token has expired; get a new one"):
            await door.caller(token)
    assert not len(door.verified)


@pytest.mark.parametrize(("claim", "fault"), [("nbf", "not valid yet"), ("iat", "from the future")])
async def test_a_known_token_is_too_early_again_when_the_clock_is_set_back(claim: str, fault: str) -> None:
    door = Door()
    times: dict[str, Any] = {claim: int(NOON.timestamp())}
    token = door.issuer.token(**times)
    await door.caller(token)
    door.now = NOON - timedelta(seconds=CLOCK_SKEW_SECONDS + 1)
    with pytest.raises(Unauthenticated, match=fault):
        await door.caller(token)
    door.now = NOON
    assert (await door.caller(token)).principal == "user-1"


async def test_a_key_that_the_issuer_withdraws_takes_its_tokens_with_it() -> None:
    door = Door()
    tokens = [door.issuer.token("ec-1"), door.issuer.token("rsa-1")]
    for token in tokens:
        await door.caller(token)
    del door.public["ec-1"]
    with pytest.raises(Unauthenticated, match="a key that its issuer does not have"):
        await door.caller(tokens[0])
    assert not len(door.verified)
    assert (await door.caller(tokens[1])).principal == "user-1"


async def test_another_key_under_the_same_id_makes_tokens_be_checked_again() -> None:
    door = Door()
    token = door.issuer.token("ec-1")
    await door.caller(token)
    door.public["ec-1"] = ec_key().public_key()
    with pytest.raises(Unauthenticated, match="signature does not fit"):
        await door.caller(token)
    assert not len(door.verified)


async def test_the_same_key_fetched_again_is_no_change() -> None:
    door = Door()
    token = door.issuer.token("ec-1")
    first = await door.caller(token)
    door.public["ec-1"] = door.issuer.keys["ec-1"].public_key()
    assert await door.caller(token) is first


@pytest.mark.parametrize("part", [0, 1, 2])
async def test_a_known_token_vouches_for_no_token_that_differs(part: int) -> None:
    door = Door()
    token = door.issuer.token()
    await door.caller(token)
    parts, others = token.split("."), door.issuer.token(sub="user-2", key=ec_key()).split(".")
    parts[part] = others[part] if part else parts[part] + "A"
    with pytest.raises(Unauthenticated):
        await door.caller(".".join(parts))
    assert len(door.verified) == 1


async def test_refused_tokens_are_not_remembered() -> None:
    door = Door()
    for token in (door.issuer.token(iss="https://other.example"), door.issuer.token(key=ec_key())):
        with pytest.raises(Unauthenticated):
            await door.caller(token)
    assert not len(door.verified)


async def test_a_bounded_number_is_remembered_and_the_oldest_makes_room() -> None:
    door = Door(most=3)
    tokens = [door.issuer.token(sub=f"user-{number}") for number in range(5)]
    callers = [await door.caller(token) for token in tokens]
    assert len(door.verified) == 3
    assert await door.caller(tokens[4]) is callers[4]
    assert await door.caller(tokens[0]) == callers[0]
    assert await door.caller(tokens[0]) is not callers[0]
    assert len(door.verified) == 3


async def test_expired_tokens_that_nobody_sends_any_more_leave_the_memory() -> None:
    door = Door()
    for number in range(4):
        await door.caller(door.issuer.token(sub=f"user-{number}", exp=int(NOON.timestamp()) + 1))
    door.now = NOON + timedelta(seconds=CLOCK_SKEW_SECONDS + 1 + SWEEP_SECONDS)
    await door.caller(door.issuer.token(sub="user-9"))
    assert len(door.verified) == 1


async def test_no_token_is_kept_whole_or_in_part() -> None:
    door = Door()
    token = door.issuer.token()
    await door.caller(token)
    kept = repr([(digest, each) for digest, each in vars(door.verified)["_tokens"].items()])
    assert not [part for part in token.split(".") if part in kept]
