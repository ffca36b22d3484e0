"""``orders keys`` as an operator and the schedule type it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from orders.adapters.inbound.cli.runtime import AuditedCommand, CommandError, Result
from orders.adapters.outbound.memory.clock import FixedClock
from orders.adapters.outbound.memory.secrets import MemorySecrets
from orders.application.operations.rotate_cursor_key import RotateCursorKey
from orders.application.policy.errors import ApplicationError
from orders.bootstrap.cli import ProcessRuntime
from tests.contract.endpoints import Endpoint
from tests.contract.moto_server import moto_server
from tests.support.builders import NOON
from tests.support.restored_logging import restored_hooks, restored_logging
from tests.unit.cli.test_commands import Recorder, run

NEW = "n" * 43
SECRET = "bbws-orders/prod/cursor-keys"


class Operator(Recorder):
    """A runtime over secrets in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.secrets = MemorySecrets(FixedClock(NOON))
        self.secrets.put("cursor-keys", "o" * 32)
        self.done: list[tuple[AuditedCommand, str | None]] = []

    def with_cursor_rotation(
        self, doing: AuditedCommand, work: Callable[[RotateCursorKey], Awaitable[Result]], *, secret: str | None
    ) -> Result:
        self.done.append((doing, secret))
        rotation = RotateCursorKey(
            self.secrets,
            self.secrets,
            FixedClock(NOON),
            name=secret or "cursor-keys",
            signs_after=timedelta(minutes=11),
            new_key=lambda: NEW,
        )
        try:
            return asyncio.run(work(rotation))  # type: ignore[arg-type]
        except ApplicationError as error:
            raise CommandError(str(error)) from error

    def current(self) -> str:
        return asyncio.run(self.secrets.current("cursor-keys")).value


@pytest.fixture
def operator() -> Operator:
    return Operator()


def test_it_says_from_when_the_new_key_signs(operator: Operator) -> None:
    code, told = run("keys", "rotate", "cursor", runtime=operator)
    assert code == 0
    assert f"the new key signs from {NOON + timedelta(minutes=11):%Y-%m-%d %H:%M} UTC" in told
    assert f"loses no cursor from {NOON + timedelta(minutes=71):%Y-%m-%d %H:%M} UTC" in told
    assert NEW not in told
    assert operator.current() == NEW
    assert operator.done == [(AuditedCommand("keys rotate cursor"), None)]


def test_as_json_it_says_the_same(operator: Operator) -> None:
    told = json.loads(run("keys", "rotate", "--secret", "cursor-keys", "--json", runtime=operator)[1])
    assert (told["secret"], told["rotated"], told["loses_cursors"]) == ("cursor-keys", True, False)
    assert told.keys() == {"secret", "rotated", "signs_from", "next_rotation_from", "loses_cursors", "first"}
    assert operator.done[0][1] == "cursor-keys"


def test_a_dry_run_is_audited_as_one(operator: Operator) -> None:
    told = run("keys", "rotate", "cursor", "--dry-run", runtime=operator)[1]
    assert "would rotate" in told
    assert operator.current() == "o" * 32
    assert operator.done[0][0].command == "keys rotate cursor --dry-run"


def test_a_second_one_needs_force(operator: Operator) -> None:
    run("keys", "rotate", "cursor", runtime=operator)
    with pytest.raises(CommandError, match="rotate with --force"):
        run("keys", "rotate", "cursor", runtime=operator)
    code, told = run("keys", "rotate", "cursor", "--force", runtime=operator)
    assert code == 0
    assert "get 400 from now on" in told
    assert operator.done[-1][0].command == "keys rotate cursor --force"


def test_other_keys_are_not_rotated(operator: Operator) -> None:
    assert run("keys", "rotate", "api", runtime=operator)[0] == 2
    assert operator.done == []


@pytest.fixture
def _task(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole environment of the scheduled task in production."""
    for name, value in {"ENVIRONMENT": "prod", "AWS_REGION": "af-south-1", "CURSOR_KEYS_SECRET": SECRET}.items():
        monkeypatch.setenv(name, value)


async def _created(address: str) -> None:
    async with Endpoint("moto", address).client("secretsmanager", region_name="af-south-1") as client:
        await client.create_secret(Name=SECRET)


@pytest.mark.usefixtures("_task")
def test_the_scheduled_task_needs_no_more_than_its_three_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with moto_server() as address, restored_logging(), restored_hooks():
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        asyncio.run(_created(address))
        for _ in range(2):
            code, told = run("keys", "rotate", "cursor", "--json", runtime=ProcessRuntime())
            assert code == 0
            audited, result = told[: told.index("{\n")], told[told.index("{\n") : told.rindex("}\n")]
            assert json.loads(result + "}")["rotated"] is True
            assert '"orders keys rotate cursor"' in audited
        with pytest.raises(CommandError, match="callers hold cursors of the key before"):
            run("keys", "rotate", "cursor", runtime=ProcessRuntime())


@pytest.mark.usefixtures("_task")
def test_without_a_secret_it_says_how_to_name_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CURSOR_KEYS_SECRET")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with restored_logging(), restored_hooks(), pytest.raises(CommandError, match="--secret or CURSOR_KEYS_SECRET"):
        run("keys", "rotate", "cursor", runtime=ProcessRuntime())


def test_a_dry_run_says_that_a_secret_without_a_key_may_be_a_misspelt_one(operator: Operator) -> None:
    told = run("keys", "rotate", "cursor", "--secret", "cursor-kyes", "--dry-run", runtime=operator)[1]
    assert "it is the first key, or there is no secret of that name" in told
    assert "first key" not in run("keys", "rotate", "cursor", "--dry-run", runtime=operator)[1]
