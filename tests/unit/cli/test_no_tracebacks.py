"""Whatever is wrong around it, a command says so in a message and ends with 2; nobody is shown a traceback."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import typer
from botocore.retries.standard import ExponentialBackoff
from typer.core import TyperGroup

from orders import __version__
from orders.adapters.inbound.cli.app import build, run_with
from orders.adapters.outbound.local.dev_issuer import DevIssuer
from orders.bootstrap.cli import ProcessRuntime
from orders.bootstrap.config.settings import Settings
from tests.support.builders import an_order_id
from tests.support.ports import free_port
from tests.support.restored_logging import restored_hooks, restored_logging

WITHOUT_AWS = {"dev", "token", "api-key", "openapi", "health", "completion"}
PROCESSES = {"api", "relay", "worker"}
"""They wait for what is out of reach, and are refused only without an address."""
FROM_OUTSIDE = {"smoke", "load", "quote"}
"""They call a service's API and nothing else."""

COMMANDS = {
    "dev": ("--port", "1"),
    "token": ("--tenant", "demo", "--customer", "c", "--role", "staff"),
    "api": (),
    "worker": ("pdf-creator",),
    "relay": (),
    "health": ("--port", "1"),
    "bootstrap": ("--demo-shops",),
    "smoke": (),
    "load": (),
    "quote": ("order.json",),
    "top": (),
    "dlq list": (),
    "dlq show": ("all",),
    "dlq redrive": ("all",),
    "dlq purge": ("all", "--yes"),
    "events replay": ("--tenant", "demo", "--since", "1h", "--checkpoint", "replay.json"),
    "templates list": ("--tenant", "demo"),
    "templates preview": ("order_confirmation", "--tenant", "demo", "--order", an_order_id()),
    "templates check": ("--tenant", "demo"),
    "suppressions list": ("--tenant", "demo"),
    "tenants check": (),
    "unreadable list": ("--tenant", "demo"),
    "erasure list": (),
    "erasure reapply": ("--yes",),
    "suppressions remove": ("--tenant", "demo", "--hash", "0101c9523fc13962"),
    "openapi": (),
    "completion": ("bash",),
    "api-key": ("portal-web",),
    "dr status": (),
    "dr verify": (),
    "dr reconcile": ("--yes",),
    "dr takeover": ("--to", "eu-central-1", "--yes"),
    "dr failback": ("--to", "af-south-1", "--yes"),
    "dr drill": ("--yes",),
    "dr confirm-alone": ("--region", "af-south-1", "--yes"),
    "keys rotate": ("cursor", "--secret", "bbws-orders/dev/cursor-keys"),
}
TWO_REGIONS = {
    "OTHER_REGION": "eu-central-1",
    "CONTROL_TABLE": "bbws-orders-control-prod",
    "CONTROL_TABLE_REGIONS": "eu-west-1,eu-central-1",
}
OF_OPERATORS = sorted(COMMANDS.keys() - WITHOUT_AWS - PROCESSES - FROM_OUTSIDE - {"bootstrap"})
OF_AWS = sorted(COMMANDS.keys() - WITHOUT_AWS - PROCESSES - FROM_OUTSIDE)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory of its own, and as much of an environment as a new terminal has."""
    monkeypatch.chdir(tmp_path)
    # How long botocore waits before it tries again says nothing about what is printed in the end.
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0.0)
    for name in ("AWS_ENDPOINT_URL", "ORDERS_DATA_DIR", "ENVIRONMENT", "LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    with restored_logging(), restored_hooks():
        yield tmp_path


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[[str], tuple[int, str, str]]:
    def run(command: str, *more: str) -> tuple[int, str, str]:
        for name, value in TWO_REGIONS.items() if command.startswith("dr ") else ():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.argv", ["orders", *command.split(), *COMMANDS[command], *more])
        with pytest.raises(SystemExit) as ended:
            run_with(ProcessRuntime(), __version__)
        printed = capfd.readouterr()
        assert "Traceback" not in printed.out + printed.err
        return int(ended.value.code or 0), printed.out, printed.err

    return run


Typed = Callable[..., tuple[int, str, str]]


def leaves(command: Any, path: str = "") -> Iterator[str]:
    if isinstance(command, TyperGroup):
        for name, inner in command.commands.items():
            yield from leaves(inner, f"{path} {name}".strip())
    else:
        yield path


def test_every_command_is_tried() -> None:
    assert set(leaves(typer.main.get_command(build(ProcessRuntime(), __version__)))) == set(COMMANDS)


@pytest.mark.parametrize("command", sorted(COMMANDS.keys() - WITHOUT_AWS))
def test_without_an_emulator_it_says_how_to_start_one(command: str, typed: Typed) -> None:
    code, out, err = typed(command)
    assert (code, out) == (2, "")
    assert "`make run`" in err
    assert ".orders-dev" in err


@pytest.mark.parametrize("command", sorted(COMMANDS.keys() - {"api-key", "openapi", "health", "completion"}))
def test_wrong_settings_are_named(command: str, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUEUE_WAIT_SECONDS", "soon")
    code, out, err = typed(command)
    assert (code, out) == (2, "")
    assert "QUEUE_WAIT_SECONDS" in err


@pytest.mark.parametrize("command", OF_AWS)
def test_an_address_where_nobody_answers_is_named(command: str, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    code, out, err = typed(command)
    assert (code, out) == (2, "")
    assert url in err
    assert "\norders: " in f"\n{err}"


@pytest.fixture
def on_aws(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that names itself and a region, of a machine without credentials."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(here))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("ENVIRONMENT", "dev")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")


@pytest.mark.parametrize("command", [*OF_OPERATORS, "worker", "relay"])
@pytest.mark.usefixtures("on_aws")
def test_environment_and_region_lead_as_far_as_to_aws(command: str, typed: Typed) -> None:
    code, out, err = typed(command)
    assert (code, out if command in OF_OPERATORS else "") == (2, "")
    assert "credentials" in err
    if command in OF_OPERATORS:
        assert "using AWS, region eu-west-1, environment dev" in err


@pytest.mark.parametrize("environment", ["dev", "sit", "prod"])
@pytest.mark.usefixtures("on_aws")
@pytest.mark.parametrize("command", ["smoke", "load"])
def test_a_test_from_outside_asks_for_its_tokens_only(
    command: str, environment: str, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    if (command, environment) == ("load", "prod"):
        assert typed("load", "--env", "prod")[0] == 2
        return
    monkeypatch.setenv("ENVIRONMENT", environment)
    yes = ("--yes",) if command == "load" else ()
    code, out, err = typed(command, "--env", environment, "--base-url", "https://api.example", *yes)
    assert (code, out) == (2, "")
    assert err.endswith(f"orders: SMOKE_CUSTOMER_TOKEN and SMOKE_ADMIN_TOKEN must be set to test {environment}\n")


@pytest.mark.parametrize(("asking", "name"), [("customer", "SMOKE_CUSTOMER_TOKEN"), ("admin", "SMOKE_ADMIN_TOKEN")])
@pytest.mark.usefixtures("on_aws")
def test_a_quote_asks_for_the_token_that_it_sends(asking: str, name: str, here: Path, typed: Typed) -> None:
    (here / "order.json").write_text("{}", "utf-8")
    code, out, err = typed("quote", "--base-url", "https://api.example", "--env", "dev", "--as", asking)
    assert (code, out) == (2, "")
    assert err.endswith(f"orders: {name} must be set to ask dev for a quote\n")


def test_a_quote_names_what_is_wrong_with_its_file_or_address(here: Path, typed: Typed) -> None:
    address = ("--base-url", f"http://127.0.0.1:{free_port()}")
    assert "order.json can't be read: No such file" in typed("quote", *address)[2]
    (here / "order.json").write_bytes(b"\xff")
    assert "order.json is not UTF-8" in typed("quote", *address)[2]
    (here / "order.json").write_bytes(b" " * (256 * 1024 + 1))
    assert "order.json is larger than the 256 KiB" in typed("quote", *address)[2]
    (here / "order.json").write_text("{}", "utf-8")
    code, out, err = typed("quote", *address)
    assert (code, out) == (2, "")
    assert f"GET {address[1]}/local/token" in err
    # No key is made for a service that isn't there; with the key of one that has run, the call itself is tried.
    assert [each.name for each in here.iterdir()] == ["order.json"]
    DevIssuer(here / ".orders-dev")
    assert f"POST {address[1]}/v1.0/orders/quote" in typed("quote", *address)[2]


@pytest.mark.parametrize("command", ["smoke", "load"])
def test_no_key_is_made_for_a_service_that_is_not_there(command: str, here: Path, typed: Typed) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    code, _, err = typed(command, "--base-url", url)
    assert code == 2
    assert f"orders: GET {url}/local/token" in err
    assert list(here.iterdir()) == []


def test_what_answers_in_the_place_of_the_service_gives_no_quote(
    here: Path, answering: Callable[["Answer"], str], typed: Typed
) -> None:
    (here / "order.json").write_text("{}", "utf-8")
    code, out, err = typed("quote", "--base-url", answering(_nonsense))
    assert (code, out) == (2, "")
    assert "the answer is no quote" in err


@pytest.mark.usefixtures("on_aws")
def test_the_api_names_all_that_it_lacks(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "sit")
    code, _, err = typed("api")
    assert code == 2
    for part in ("AUTH_ISSUER is required", "AUTH_AUDIENCES is required", "CURSOR_KEYS_SECRET is required"):
        assert part in err


@pytest.mark.parametrize("command", ["api", "worker", "relay"])
@pytest.mark.usefixtures("on_aws")
def test_production_is_not_written_to_without_a_control_table(
    command: str, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENVIRONMENT", "prod")
    code, _, err = typed(command)
    assert code == 2
    assert "OTHER_REGION and CONTROL_TABLE and CONTROL_TABLE_REGIONS must be given when ENVIRONMENT is prod" in err


def _refusal(asked: BaseHTTPRequestHandler) -> tuple[int, str]:
    if asked.headers.get("X-Amz-Target"):
        return 400, json.dumps({"__type": "AccessDeniedException", "message": "User is not authorized"})
    return 403, "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"


def _nonsense(_: BaseHTTPRequestHandler) -> tuple[int, str]:
    return 200, '{"hello": "<world>"}'


def _end(_: BaseHTTPRequestHandler) -> None:
    return None


Answer = Callable[[BaseHTTPRequestHandler], tuple[int, str] | None]


@pytest.fixture
def answering() -> Iterator[Callable[[Answer], str]]:
    """Starts what answers so in the place of AWS; gives its address."""
    servers: list[ThreadingHTTPServer] = []

    def begin(answer: Answer) -> str:
        class Handler(BaseHTTPRequestHandler):
            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65537)
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                said = answer(self)
                self.close_connection = True
                if said is not None:
                    body = said[1].encode()
                    self.send_response(said[0])
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    if self.command != "HEAD":
                        self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                pass  # a client that has gone

        server = Server(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield begin
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("answer", [_refusal, _nonsense, _end])
@pytest.mark.parametrize("command", OF_AWS)
def test_refusals_nonsense_and_broken_connections_are_told(
    command: str,
    answer: Answer,
    answering: Callable[[Answer], str],
    typed: Typed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", answering(answer))
    code, out, err = typed(command)
    if answer is _nonsense and code == 0:
        return  # what it asked for may be empty
    assert (code, out) == (2, "")
    assert "\norders: " in f"\n{err}"
    if answer is _refusal:
        assert "AccessDenied" in err


PLACES = ["x", 7, "9999-99-99T00:00:00.000Z#ord_0#1", "2026-11-22T12:00:00.000Z", ["a"], {"a": 1}]


@pytest.mark.parametrize("content", ["", "[]", "\xff", '{"of": 1}', *(json.dumps({"place": each}) for each in PLACES)])
def test_a_checkpoint_that_somebody_edited_is_refused(
    content: str, here: Path, answering: Callable[[Answer], str], typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", answering(_end))
    file = here / "replay.json"
    typed("events replay", "--since", "2026-11-22T00:00:00Z")
    kept = json.loads(file.read_text("utf-8"))
    try:
        edited = json.dumps(kept | json.loads(content))
    except (ValueError, TypeError):
        edited = content
    file.write_bytes(edited.encode("latin-1"))
    code, _, err = typed("events replay", "--since", "2026-11-22T00:00:00Z")
    assert code == 2
    assert "checkpoint" in err


def test_damaged_files_of_a_data_directory_are_named_or_passed_over(here: Path, typed: Typed) -> None:
    data = here / ".orders-dev"
    data.mkdir()
    for name in ("dev-issuer-key.pem", "emulator.json", "dev.lock"):
        (data / name).write_text("no longer what it was", "utf-8")
    code, out, err = typed("token")
    assert (code, out) == (2, "")
    assert "development issuer's key can't be used" in err
    assert typed("dlq list")[0] == 2
    assert typed("smoke")[0] == 2
    code, out, _ = typed("dev", "--stop")
    assert (code, out) == (0, "nothing was running on .orders-dev\n")
    assert typed("dev")[0] == 2
