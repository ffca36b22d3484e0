"""The contracts of ``Secrets`` and ``SecretWriter``."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from orders.adapters.outbound.aws.secrets_manager import SecretsManager
from orders.adapters.outbound.memory.secrets import MemorySecrets
from orders.adapters.outbound.system import SystemClock
from orders.ports.errors import TransientPortError
from orders.ports.secrets import SecretMissing, SecretReplaced, SecretUnusable
from tests.contract.aws_backends import ALL_BACKENDS, AWS_BACKENDS, MEMORY, endpoint_of
from tests.contract.endpoints import Endpoint


@dataclass
class Store:
    """Secrets as the service reads and replaces them, and a way to put some there."""

    secrets: MemorySecrets | SecretsManager
    put: Callable[[str, str], Awaitable[None]]
    create: Callable[[str], Awaitable[None]]
    client: Any = None


@pytest.fixture
def name() -> str:
    return f"bbws-orders/test/{uuid4().hex}"


async def aws_store(client: Any) -> Store:
    created = set()

    async def put(name: str, value: str) -> None:
        if name in created:
            await client.put_secret_value(SecretId=name, SecretString=value)
        else:
            await client.create_secret(Name=name, SecretString=value)
        created.add(name)

    async def create(name: str) -> None:
        await client.create_secret(Name=name)

    return Store(SecretsManager(client), put, create, client)


# MiniStack takes no notice of a request's token, by which of two writers one is refused, and gives a secret without a
# value an empty one: what rests on these is held on the others.
WITH_TOKENS = [MEMORY, "moto", pytest.param("localstack", marks=pytest.mark.emulator)]


@pytest.fixture(params=ALL_BACKENDS)
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    if request.param == MEMORY:
        memory = MemorySecrets(SystemClock())

        async def put(name: str, value: str) -> None:
            memory.put(name, value)

        async def create(name: str) -> None:
            memory.create(name)

        yield Store(memory, put, create)
        return
    async with endpoint_of(request).client("secretsmanager") as client:
        yield await aws_store(client)


@pytest.fixture(params=AWS_BACKENDS)
async def aws(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    async with endpoint_of(request).client("secretsmanager") as client:
        yield await aws_store(client)


async def test_a_secret_has_the_value_that_was_put_there(store: Store, name: str) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)
    await store.put(name, 'a "value" with ünicode\n')
    version = await store.secrets.current(name)
    assert version.value == 'a "value" with ünicode\n'
    assert before <= version.created_at <= datetime.now(UTC) + timedelta(seconds=2)
    assert version.created_at.utcoffset() == timedelta(0)
    assert await store.secrets.previous(name) is None


async def test_after_a_change_the_previous_value_is_readable(store: Store, name: str) -> None:
    for value in ("first", "second", "third"):
        await store.put(name, value)
    current, previous = await store.secrets.current(name), await store.secrets.previous(name)
    assert previous is not None
    assert (current.value, previous.value) == ("third", "second")
    assert previous.created_at <= current.created_at


async def test_a_value_is_not_shown_by_accident(store: Store, name: str) -> None:
    await store.put(name, "hidden-value")
    assert "hidden-value" not in repr(await store.secrets.current(name))


async def test_a_secret_that_is_not_there_is_named(store: Store, name: str) -> None:
    for read in (store.secrets.current, store.secrets.previous):
        with pytest.raises(SecretMissing, match=f"secret {name}: there is none of this name") as caught:
            await read(name)
        assert caught.value.name == name


async def test_versions_are_told_apart(store: Store, name: str) -> None:
    await store.put(name, "same")
    first = await store.secrets.current(name)
    await store.put(name, "same")
    assert (await store.secrets.current(name)).version_id != first.version_id
    previous = await store.secrets.previous(name)
    assert previous is not None
    assert previous.version_id == first.version_id


async def test_a_replaced_value_becomes_the_previous_one(store: Store, name: str) -> None:
    await store.put(name, "first")
    seen = await store.secrets.current(name)
    await store.secrets.replace(name, "second", seen=seen)
    assert (await store.secrets.current(name)).value == "second"
    assert await store.secrets.previous(name) == seen


@pytest.mark.parametrize("store", WITH_TOKENS, indirect=True)
async def test_of_two_who_replace_one_version_one_succeeds(store: Store, name: str) -> None:
    await store.put(name, "first")
    seen = await store.secrets.current(name)
    await store.secrets.replace(name, "second", seen=seen)
    with pytest.raises(SecretReplaced, match=name) as caught:
        await store.secrets.replace(name, "third", seen=seen)
    assert "third" not in str(caught.value)
    assert (await store.secrets.current(name)).value == "second"
    await store.secrets.replace(name, "third", seen=await store.secrets.current(name))
    previous = await store.secrets.previous(name)
    assert previous is not None
    assert previous.value == "second"


@pytest.mark.parametrize("store", WITH_TOKENS, indirect=True)
async def test_a_secret_without_a_value_gets_its_first_one_once(store: Store, name: str) -> None:
    await store.create(name)
    with pytest.raises(SecretMissing):
        await store.secrets.current(name)
    await store.secrets.replace(name, "first", seen=None)
    assert (await store.secrets.current(name)).value == "first"
    assert await store.secrets.previous(name) is None
    with pytest.raises(SecretReplaced):
        await store.secrets.replace(name, "another first", seen=None)


async def test_what_is_not_there_is_not_replaced(store: Store, name: str) -> None:
    with pytest.raises(SecretUnusable, match=f"secret {name}: there is none of this name"):
        await store.secrets.replace(name, "value", seen=None)


async def test_a_binary_secret_is_unusable(aws: Store, name: str) -> None:
    await aws.client.create_secret(Name=name, SecretBinary=b"bytes")
    with pytest.raises(SecretUnusable, match="holds bytes"):
        await aws.secrets.current(name)


async def test_a_secret_that_is_being_deleted_is_unusable(aws: Store, name: str) -> None:
    await aws.put(name, "value")
    await aws.client.delete_secret(SecretId=name, RecoveryWindowInDays=7)
    with pytest.raises(SecretUnusable, match="being deleted"):
        await aws.secrets.current(name)


async def test_a_store_out_of_reach_is_a_passing_fault(name: str) -> None:
    memory = MemorySecrets(SystemClock())
    memory.reachable = False
    async with Endpoint("nobody", "http://127.0.0.1:9").client("secretsmanager") as client:
        for secrets in (memory, SecretsManager(client)):
            with pytest.raises(TransientPortError) as caught:
                await secrets.current(name)
            assert caught.value.dependency == "secrets store"
            with pytest.raises(TransientPortError):
                await secrets.replace(name, "value", seen=None)
