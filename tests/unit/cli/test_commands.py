"""The command line: what each command asks of the runtime, and what it says when it can't."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orders.adapters.inbound.cli.app import build, run_with
from orders.adapters.inbound.cli.runtime import CommandError, Result
from orders.application.dead_letters import DeadLetterOffice
from orders.application.replay_events import ReplayEvents
from orders.bootstrap.cli import ProcessRuntime
from tests.builders import NOON


class Recorder:
    """A runtime that remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    def dev(self, *, port: int | None, data_dir: Path | None) -> None:
        self.asked.append(("dev", port, data_dir))

    def stop_dev(self, *, data_dir: Path | None) -> bool:
        return data_dir is not None

    def api(self) -> None:
        raise CommandError("API_PORT: wrong")

    def worker(self, name: str) -> None:
        self.asked.append(("worker", name))

    def worker_names(self) -> tuple[str, ...]:
        return ("pdf-creator",)

    def relay(self) -> None:
        self.asked.append("relay")

    def create_resources(self) -> list[str]:
        return ["created  table x"]

    def token(self, *, tenant: str, customer: str, roles: list[str], email: str | None, hours: float) -> str:
        return f"{tenant}/{customer}/{'+'.join(roles)}/{email}/{hours:g}"

    def now(self) -> datetime:
        return NOON

    def with_dead_letters(self, work: Callable[[DeadLetterOffice], Awaitable[Result]]) -> Result:
        raise CommandError("there are no queues here")

    def with_replay(self, work: Callable[[ReplayEvents], Awaitable[Result]], *, mails: bool) -> Result:
        raise CommandError("there is no bus here")


def run(*arguments: str, runtime: Recorder | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(build(runtime or Recorder(), "1.2.3"), list(arguments))
    if isinstance(result.exception, CommandError):
        raise result.exception
    return result.exit_code, result.output


def test_commands_hand_over_what_they_were_given(tmp_path: Path) -> None:
    runtime = Recorder()
    run("dev", "--port", "9000", "--data-dir", str(tmp_path), runtime=runtime)
    run("worker", "pdf-creator", runtime=runtime)
    run("relay", runtime=runtime)
    assert runtime.asked == [("dev", 9000, tmp_path), ("worker", "pdf-creator"), "relay"]
    assert run("bootstrap")[1] == "created  table x\nall resources are there\n"
    assert run("dev", "--stop")[1] == "nothing was running\n"
    assert "its state is kept" in run("dev", "--stop", "--data-dir", str(tmp_path))[1]
    assert run("--version")[1] == "orders 1.2.3\n"


def test_without_a_command_it_explains_itself() -> None:
    output = run()[1]
    for word in ("dev", "token", "api", "worker", "relay", "bootstrap", "Exit codes"):
        assert word in output


def test_a_token_is_printed_and_nothing_else() -> None:
    code, output = run("token", "--tenant", "t", "--customer", "c", "--role", "staff", "--role", "admin")
    assert (code, output) == (0, "t/c/staff+admin/None/12\n")


def test_wrong_names_are_answered_with_the_right_ones() -> None:
    with pytest.raises(CommandError, match="no role boss; there are customer, staff, admin, service, operator"):
        run("token", "--tenant", "t", "--customer", "c", "--role", "boss")
    with pytest.raises(CommandError, match="no worker nobody; there are pdf-creator"):
        run("worker", "nobody")


def test_what_cannot_be_done_is_one_message_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["orders", "api"])
    with pytest.raises(SystemExit) as caught:
        run_with(Recorder(), "1.2.3")
    assert caught.value.code == 2
    assert capsys.readouterr().err == "orders: API_PORT: wrong\n"


def test_the_real_runtime_refuses_what_its_settings_forbid(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    runtime = ProcessRuntime()
    monkeypatch.setenv("API_PORT", "x")
    with pytest.raises(CommandError, match="API_PORT"):
        runtime.api()
    monkeypatch.delenv("API_PORT")
    monkeypatch.setenv("ORDERS_DATA_DIR", str(tmp_path))
    with pytest.raises(CommandError, match="customer"):
        runtime.token(tenant="t", customer="a b", roles=["customer"], email=None, hours=1)
    assert runtime.token(tenant="t", customer="c", roles=["customer"], email=None, hours=1).count(".") == 2
    with pytest.raises(CommandError, match="AWS_ENDPOINT_URL is not set"):
        runtime.create_resources()
    for name, value in {
        "ENVIRONMENT": "dev",
        "AUTH_ISSUER": "i",
        "AUTH_AUDIENCES": "a",
        "CURSOR_KEYS": "k" * 32,
    }.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(CommandError, match="ENVIRONMENT is dev, not local"):
        runtime.dev(port=None, data_dir=tmp_path)
    monkeypatch.setenv("ENVIRONMENT", "sit")
    with pytest.raises(CommandError, match="not available when ENVIRONMENT is sit"):
        runtime.token(tenant="t", customer="c", roles=["customer"], email=None, hours=1)


def test_where_state_cannot_be_kept_is_said_in_one_line(tmp_path: Path) -> None:
    runtime = ProcessRuntime()
    with pytest.raises(CommandError, match="must be one of its own"):
        runtime.dev(port=None, data_dir=Path())
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(CommandError, match="state can't be kept in"):
        runtime.dev(port=None, data_dir=file / "below")


def test_endpoints_are_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nonsense")
    with pytest.raises(CommandError, match="AWS_ENDPOINT_URL"):
        ProcessRuntime().create_resources()


def test_workers_are_the_same_everywhere() -> None:
    from orders.bootstrap.worker import WORKER_SERVICES

    assert ProcessRuntime().worker_names() == tuple(WORKER_SERVICES)
