"""The command line: what each command asks of the runtime, and what it says when it can't."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import jwt
import pytest
from typer import rich_utils
from typer.testing import CliRunner

from orders.acceptance.client import ApiResponse
from orders.acceptance.load.figures import PhaseResult, Row
from orders.acceptance.load.profile import Kind, Mix, Phase, Profile
from orders.acceptance.steps import State, StepResult
from orders.adapters.inbound.cli.app import build, readable, run_with
from orders.adapters.inbound.cli.runtime import (
    AuditedCommand,
    CommandError,
    CopiesAsked,
    DevAsked,
    RehearsalAsked,
    Result,
)
from orders.adapters.inbound.http.security.api_keys import ApiKeyRing
from orders.adapters.outbound.local.dev_issuer import DevIssuer
from orders.adapters.wire.api_keys import hash_of
from orders.application.events.replay_events import ReplayEvents
from orders.application.events.replay_shops import ReplayShops
from orders.application.mail.preview_templates import PreviewTemplates
from orders.application.mail.suppression_list import SuppressionList
from orders.application.operations.check_tenants import CheckTenants
from orders.application.operations.dead_letters import DeadLetterService
from orders.application.operations.find_unreadable import FindUnreadable
from orders.application.operations.read_overview import ReadOverview
from orders.application.operations.reapply_erasures import ReapplyErasures
from orders.application.operations.rotate_cursor_key import RotateCursorKey
from orders.application.regions.desk import ReconcileDesk, RegionDesk
from orders.application.regions.rehearse import Rehearse
from orders.application.regions.verify_copies import VerifyCopies
from orders.bootstrap.cli import ProcessRuntime
from orders.domain.errors import InvalidIdentifier
from orders.ports.erasure_ledger import ErasureLedger
from tests.support.builders import NOON
from tests.support.ports import free_port


class Recorder:
    """A runtime that remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[object] = []
        self.steps: list[StepResult] = []
        self.results: list[PhaseResult] = []
        self.quoted = ApiResponse(200, {}, b"{}")

    def dev(self, asked: DevAsked) -> None:
        self.asked.append(asked)

    def use_data_dir(self, data_dir: Path) -> None:
        self.asked.append(("on", data_dir))

    def aws_target(self) -> str:
        return "the emulator of .orders-dev on http://127.0.0.1:4566"

    def orders_table(self) -> str:
        return "orders-restored"

    def service_url(self) -> str:
        return "http://127.0.0.1:8080"

    def is_first_start(self, data_dir: Path | None) -> bool:
        return True

    def stop_dev(self, *, data_dir: Path | None) -> Sequence[str]:
        return ["stopped the emulator"] if data_dir is not None else ["nothing was running on .orders-dev"]

    def api(self) -> None:
        raise CommandError("API_PORT: wrong")

    def worker(self, name: str) -> None:
        self.asked.append(("worker", name))

    def worker_names(self) -> tuple[str, ...]:
        return ("pdf-creator",)

    def queue_names(self) -> tuple[str, ...]:
        return ("pdf-creator", "rule:analytics")

    def template_names(self) -> tuple[str, ...]:
        return ("order_confirmation",)

    def relay(self) -> None:
        self.asked.append("relay")

    def health_port(self) -> int:
        return 8081

    def create_resources(self, *, demo_shops: bool) -> list[str]:
        self.asked.append(("bootstrap", demo_shops))
        return ["created  table x"]

    def openapi(self) -> str:
        return '{"openapi": "3.1.0"}\n'

    def token(self, *, tenant: str, customer: str, roles: list[str], email: str | None, hours: float) -> str:
        return f"{tenant}/{customer}/{'+'.join(roles)}/{email}/{hours:g}"

    def now(self) -> datetime:
        return NOON

    def with_dead_letters(
        self, doing: AuditedCommand, work: Callable[[DeadLetterService], Awaitable[Result]]
    ) -> Result:
        raise CommandError("there are no queues here")

    def with_replay(
        self, doing: AuditedCommand, work: Callable[[ReplayEvents], Awaitable[Result]], *, mails: bool
    ) -> Result:
        raise CommandError("there is no bus here")

    def with_shops_replay(
        self, doing: AuditedCommand, work: Callable[[ReplayShops], Awaitable[Result]], *, mails: bool
    ) -> Result:
        raise CommandError("there is no bus here")

    def with_templates(self, doing: AuditedCommand, work: Callable[[PreviewTemplates], Awaitable[Result]]) -> Result:
        raise CommandError("there are no templates here")

    def with_packaged_templates(self, work: Callable[[PreviewTemplates], Awaitable[Result]]) -> Result:
        raise CommandError("there are no templates here")

    def with_suppressions(self, doing: AuditedCommand, work: Callable[[SuppressionList], Awaitable[Result]]) -> Result:
        raise CommandError("there is no table here")

    def with_tenants(self, doing: AuditedCommand, work: Callable[[CheckTenants], Awaitable[Result]]) -> Result:
        raise CommandError("there is no bucket here")

    def with_cursor_rotation(
        self, doing: AuditedCommand, work: Callable[[RotateCursorKey], Awaitable[Result]], *, secret: str | None
    ) -> Result:
        raise CommandError("there are no secrets here")

    def with_erasure_ledger(self, doing: AuditedCommand, work: Callable[[ErasureLedger], Awaitable[Result]]) -> Result:
        raise CommandError("there is no ledger here")

    def with_erasures(self, doing: AuditedCommand, work: Callable[[ReapplyErasures], Awaitable[Result]]) -> Result:
        raise CommandError("there is no table here")

    def with_overview(
        self, doing: AuditedCommand, work: Callable[[ReadOverview], Awaitable[Result]], *, namespace: str | None
    ) -> Result:
        raise CommandError("there is nothing to look at here")

    def with_unreadable(self, doing: AuditedCommand, work: Callable[[FindUnreadable], Awaitable[Result]]) -> Result:
        raise CommandError("there is no table here")

    def with_regions(
        self, doing: AuditedCommand, work: Callable[[RegionDesk], Awaitable[Result]], *, tell: Callable[[str], None]
    ) -> Result:
        raise CommandError("there is one region here")

    def with_copies(
        self, doing: AuditedCommand, work: Callable[[VerifyCopies], Awaitable[Result]], asked: CopiesAsked
    ) -> Result:
        raise CommandError("there is one copy here")

    def with_reconcile(
        self, doing: AuditedCommand, work: Callable[[ReconcileDesk], Awaitable[Result]], *, tell: Callable[[str], None]
    ) -> Result:
        raise CommandError("there is one region here")

    def with_rehearsal(
        self,
        doing: AuditedCommand,
        work: Callable[[Rehearse], Awaitable[Result]],
        asked: RehearsalAsked,
        *,
        tell: Callable[[str], None],
    ) -> Result:
        raise CommandError("there is one region here")

    def quote(self, *, base_url: str, environment: str, role: str, body: str) -> ApiResponse:
        self.asked.append(("quote", base_url, environment, role, body))
        return self.quoted

    def smoke(self, *, base_url: str, environment: str, within_seconds: float, read_only: bool) -> Iterator[StepResult]:
        self.asked.append(("smoke", base_url, environment, within_seconds, read_only))
        yield from self.steps

    def load(
        self, *, base_url: str, environment: str, profile: Profile, tell: Callable[[str], None]
    ) -> Iterator[PhaseResult]:
        self.asked.append(("load", base_url, environment, profile))
        tell("it begins")
        yield from self.results


def run(*arguments: str, runtime: Recorder | ProcessRuntime | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(build(runtime or Recorder(), "1.2.3"), list(arguments))
    if isinstance(result.exception, CommandError):
        raise result.exception
    return result.exit_code, result.output


def test_commands_hand_over_what_they_were_given(tmp_path: Path) -> None:
    runtime = Recorder()
    run("dev", "--port", "9000", "--data-dir", str(tmp_path), runtime=runtime)
    run("worker", "pdf-creator", runtime=runtime)
    run("relay", runtime=runtime)
    assert runtime.asked == [DevAsked(9000, tmp_path), ("worker", "pdf-creator"), "relay"]
    assert run("bootstrap", "--demo-shops", runtime=runtime)[1] == "created  table x\nall resources are there\n"
    assert runtime.asked[-1] == ("bootstrap", True)
    assert run("dev", "--stop")[1] == "nothing was running on .orders-dev\n"
    assert "stopped the emulator" in run("dev", "--stop", "--data-dir", str(tmp_path))[1]
    assert run("--version")[1] == "orders 1.2.3\n"


def test_without_a_command_it_explains_itself() -> None:
    output = run()[1]
    for word in ("dev", "token", "api", "worker", "relay", "health", "bootstrap", "smoke", "openapi", "Exit codes"):
        assert word in output


def test_paragraphs_of_help_are_broken_by_the_terminal_and_not_where_the_code_breaks_them() -> None:
    dr = readable(build(Recorder(), "1.2.3")).commands["dr"]
    for paragraph in dr.commands["takeover"].help.split("\n\n"):
        assert "\n" not in paragraph
    assert "evacuated and its lease waited out (35 s), both copies are compared by" in dr.commands["takeover"].help


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ((), DevAsked()),
        (("--seed",), DevAsked(seed=True)),
        (("--no-seed", "--no-orders"), DevAsked(orders=False)),
        (("--orders",), DevAsked(orders=True)),
    ],
)
def test_without_a_terminal_sample_orders_are_made_only_where_they_are_asked_for(
    typed: tuple[str, ...], asked: DevAsked
) -> None:
    runtime = Recorder()
    assert runtime.is_first_start(None)
    assert run("dev", *typed, runtime=runtime) == (0, "")
    assert runtime.asked == [asked]


def options_of(command: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every option of every command, with the command's path."""
    for name, inner in getattr(command, "commands", {}).items():
        yield from options_of(inner, f"{path} {name}".strip())
    for option in () if hasattr(command, "commands") else command.params:
        yield path, option


def test_help_says_what_an_option_takes_and_that_json_is_one_document() -> None:
    command = readable(build(Recorder(), "1.2.3"))
    options = list(options_of(command))
    values = [(path, each.opts) for path, each in options if not getattr(each, "is_flag", False) and not each.metavar]
    # Those of a few words show them: [local|dev|sit|prod].
    chosen = {("smoke", "--env"), ("load", "--env"), ("quote", "--env"), ("quote", "--as"),
              ("templates preview", "--format")}  # fmt: skip
    assert {(path, opts[0]) for path, opts in values} == chosen
    json_of = {path: each.help for path, each in options if "--json" in each.opts}
    assert len(json_of) > 15
    assert [path for path, said in json_of.items() if "one JSON document" not in said] == []


USAGE = re.compile(r"Usage: orders(?: [a-z-]+)* \[OPTIONS\](?: COMMAND \[ARGS\]\.\.\.|(?: [A-Z]+)*(?: \[\w+\])*)")
"""What must be given is bare, what may be left out is in brackets."""


def usages_of(command: Any, name: str, parent: Any = None) -> Iterator[tuple[str, Any]]:
    """The usage line of a command and of every one below it, with the command."""
    context = command.context_class(command, info_name=name, parent=parent)
    yield command.get_usage(context), command
    for each, inner in getattr(command, "commands", {}).items():
        yield from usages_of(inner, each, context)


def test_usage_has_what_must_be_given_bare_and_what_may_be_left_out_in_brackets() -> None:
    usages = list(usages_of(readable(build(Recorder(), "1.2.3")), "orders"))
    assert [usage for usage, _ in usages if not USAGE.fullmatch(usage)] == []
    for usage, command in usages:
        for each in command.params:
            if each.param_type_name == "argument":
                assert usage.endswith(f" {each.metavar}" if each.required else f" [{each.metavar}]"), usage
    said = {usage.removeprefix("Usage: orders ") for usage, _ in usages}
    assert said >= {"dlq show [OPTIONS] QUEUE", "dlq list [OPTIONS] [QUEUE]", "worker [OPTIONS] NAME", "dev [OPTIONS]"}


def test_help_names_no_type_of_the_language() -> None:
    commands = [command for _, command in usages_of(readable(build(Recorder(), "1.2.3")), "orders")]
    shown = [each.display_type_rich(ctx=None) for command in commands for each in command.params]
    assert len(shown) > 100
    assert [each for each in shown if each and re.search(r"<(str|int|float|text|integer)>", each.lower())] == []


def test_help_of_a_load_test_breaks_no_word_in_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rich_utils, "MAX_WIDTH", 80)
    told = run("load", "--help")[1]
    assert "…" not in told
    lines = [line.strip("│ ").split("  ") for line in told.splitlines() if line.startswith("│")]
    text = " ".join(line[-1].strip() for line in lines)
    assert "Only steady, ramp, users or one-key; can be repeated" in text
    assert "(default: get 60, list 25, status 12, create 3)" in text


STEPS = [StepResult("create", State.PASSED, 0.25, "BB-1"), StepResult("get", State.FAILED, 0.5, "404, not [200]")]


def test_a_smoke_test_of_another_environment_does_not_take_the_local_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "prod")
    runtime = Recorder()
    with pytest.raises(CommandError, match="give the address of prod's API with --base-url"):
        run("smoke", runtime=runtime)
    run("smoke", "--base-url", "https://api.example", runtime=runtime)
    assert runtime.asked == [("smoke", "https://api.example", "prod", 60, False)]


QUOTE = b"""{
  "tenant_id": "demo", "customer_id": "cust_1", "currency": "USD",
  "items": [{"product_id": "prod_1", "quantity": 2, "price": 29.90, "discount": 0.00, "net": 59.80, "tax": 8.97}],
  "subtotal": 59.80, "tax": 8.97, "shipping": 0.00, "discount": 0.00, "total": 68.77,
  "checks": {"prices": "confirmed", "stock": "confirmed", "campaign": "not_asked"}
}"""
REFUSAL = b"""{
  "detail": "the order has faults", "request_id": "req-1",
  "errors": [{"pointer": "/total", "code": "total_mismatch", "message": "the total given is 1, but 68.77 it is"}]
}"""


def test_a_quote_is_a_table_for_people_and_the_answer_itself_for_scripts(tmp_path: Path) -> None:
    body = tmp_path / "order.json"
    body.write_text('{"total": 68.77}', "utf-8")
    runtime = Recorder()
    runtime.quoted = ApiResponse(200, {}, QUOTE)
    code, output = run("quote", str(body), "--as", "admin", runtime=runtime)
    assert runtime.asked == [("quote", "http://127.0.0.1:8080", "local", "admin", '{"total": 68.77}')]
    assert code == 0
    for part in ("quote for cust_1 of demo", "prod_1", "29.90", "0.00", "68.77", "confirmed", "sums in USD",
                 "campaign  not asked: no code is given"):  # fmt: skip
        assert part in output.replace("  campaign", "campaign"), part
    assert "not_asked" not in output
    # Figures stand below each other at their cents, and the last of the sums is the total.
    sums = [line for line in output.splitlines() if line.strip().partition(" ")[0] in ("subtotal", "shipping", "total")]
    assert len({len(line.rstrip()) for line in sums}) == 1
    assert sums[-1].split() == ["total", "68.77"]
    unchecked = QUOTE.replace(b'"total": 68.77,', b'"total": 68.77, "prices": "unchecked",')
    runtime.quoted = ApiResponse(200, {}, unchecked.replace(b"confirmed", b"not_asked"))
    output = run("quote", str(body), runtime=runtime)[1]
    assert "prices: unchecked" in output
    assert output.count("not asked: this shop has none checked") == 2
    runtime.quoted = ApiResponse(200, {}, QUOTE)
    assert run("quote", str(body), "--json", runtime=runtime) == (0, QUOTE.decode() + "\n")


def test_a_quote_that_is_refused_says_why_and_ends_with_1(tmp_path: Path) -> None:
    runtime = Recorder()
    runtime.quoted = ApiResponse(422, {}, REFUSAL)
    (tmp_path / "order.json").write_text("{}", "utf-8")
    asked = CliRunner().invoke(build(runtime, "1.2.3"), ["quote", "-", "--base-url", "http://x"], input='{"a": 1}')
    assert asked.exit_code == 1
    assert asked.output == (
        "orders: 422: the order has faults; /total: the total given is 1, but 68.77 it is (request req-1)\n"
    )
    # The API's detail of a single fault is that fault.
    single = REFUSAL.replace(b"the order has faults", b"the total given is 1, but 68.77 it is")
    runtime.quoted = ApiResponse(422, {}, single)
    output = run("quote", str(tmp_path / "order.json"), "--base-url", "http://x", runtime=runtime)[1]
    assert output == "orders: 422: /total: the total given is 1, but 68.77 it is (request req-1)\n"
    for sent, said in ((b"\xff", "standard input is not UTF-8"), (b" " * 262_145, "standard input is larger than")):
        refused = CliRunner().invoke(build(runtime, "1.2.3"), ["quote", "-", "--base-url", "http://x"], input=sent)
        assert str(refused.exception).startswith(said)
    assert runtime.asked[0] == ("quote", "http://x", "local", "customer", '{"a": 1}')


def test_a_smoke_test_is_a_table_for_people_and_json_for_scripts() -> None:
    runtime = Recorder()
    runtime.steps = STEPS[:1]
    code, output = run("smoke", "--base-url", "http://x", "--env", "sit", "--within", "5", runtime=runtime)
    assert code == 0
    assert "sit on http://x: 1 of 1 steps passed" in output
    assert runtime.asked == [("smoke", "http://x", "sit", 5.0, False)]
    runtime.steps = STEPS
    code, output = run("smoke", "--base-url", "http://x", runtime=runtime)
    assert (code, "404, not [200]" in output) == (1, True)
    code, output = run("smoke", "--base-url", "http://x", "--json", runtime=runtime)
    report = json.loads(output)
    assert (code, report["passed"], report["environment"]) == (1, False, "local")
    assert report["steps"][1] == {"name": "get", "state": "failed", "seconds": 0.5, "detail": "404, not [200]"}


def test_a_smoke_test_that_only_reads_is_asked_for_by_an_option() -> None:
    runtime = Recorder()
    runtime.steps = STEPS[:1]
    assert run("smoke", "--base-url", "http://x", "--env", "prod", "--read-only", runtime=runtime)[0] == 0
    assert runtime.asked == [("smoke", "http://x", "prod", 60, True)]


STEADY = PhaseResult(
    "steady", 60.0, 600, 10.0, 0.0, (Row(Kind.GET, 600, 0.01, 0.02, 0.03, 0.04, 0.5, holds=True),), (), holds=True
)
SLOW = replace(STEADY, rows=(replace(STEADY.rows[0], p95=0.7, holds=False),), faults=(("get: 503", 3),), holds=False)


def test_a_load_test_is_tables_for_people_json_for_scripts_and_a_picture(tmp_path: Path) -> None:
    runtime = Recorder()
    runtime.results = [STEADY]
    code, output = run("load", "--base-url", "http://x", "--rate", "10", "--minutes", "1", runtime=runtime)
    assert code == 0
    assert "steady: 60 s, 10 requests/s, errors 0.00%, holds" in output
    assert runtime.asked == [("load", "http://x", "local", Profile(rate=10, minutes=1, users_seconds=30))]
    runtime.results = [PhaseResult("delivery", 3.0, 0, 0.0, 0.0, (), (), note="5 of 5 orders", holds=True)]
    assert "delivery: 3 s, holds\n5 of 5 orders\n" in run("load", "--base-url", "http://x", runtime=runtime)[1]
    runtime.results = [STEADY, SLOW]
    picture = tmp_path / "load.svg"
    code, output = run("load", "--base-url", "http://x", "--json", "--picture", str(picture), runtime=runtime)
    assert (code, json.loads(output)["passed"]) == (1, False)
    assert picture.read_text(encoding="utf-8").startswith("<svg")
    code, output = run("load", "--base-url", "http://x", runtime=runtime)
    assert (code, "700 ms" in output, "3 x get: 503" in output) == (1, True, True)
    with pytest.raises(CommandError, match="can't write"):
        run("load", "--base-url", "http://x", "--picture", str(tmp_path / "no" / "load.svg"), runtime=runtime)


def test_a_load_test_is_given_what_was_asked_and_asks_before_it_burdens_others() -> None:
    runtime = Recorder()
    where = ("load", "--base-url", "https://x", "--env", "sit")
    assert run(*where, runtime=runtime)[0] == 1
    assert runtime.asked == []
    asked = ("--phase", "users", "--phase", "one-key", "--users", "5, 50", "--at-once", "7", "--mix", "get=1")
    assert run(*where, *asked, "--yes", runtime=runtime)[0] == 0
    profile = Profile(
        phases=(Phase.USERS, Phase.ONE_KEY), users=(5, 50), at_once=7, mix=Mix.parse("get=1"), users_seconds=30
    )
    assert runtime.asked == [("load", "https://x", "sit", profile)]
    for wrong, said in (
        (("--env", "prod"), "would be its customers' outage"),
        (("--mix", "read=1"), "operations are create, status, get, list"),
        (("--users", "5,many"), "is no list of numbers"),
        (("--users", "0"), "is no list of numbers"),
    ):
        with pytest.raises(CommandError, match=said):
            run(*where, "--yes", *wrong, runtime=Recorder())


def test_health_asks_where_the_configuration_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    class Elsewhere(Recorder):
        def health_port(self) -> int:
            return port

    port = free_port()
    assert run("health", runtime=Elsewhere())[0] == 1
    assert f"no answer on 127.0.0.1:{port}" in capsys.readouterr().err + run("health", runtime=Elsewhere())[1]


def test_a_token_is_printed_and_nothing_else() -> None:
    code, output = run("token", "--tenant", "t", "--customer", "c", "--role", "staff", "--role", "admin")
    assert (code, output) == (0, "t/c/staff+admin/None/12\n")


def test_no_token_is_printed_where_no_service_has_run(tmp_path: Path) -> None:
    runtime, nowhere = ProcessRuntime(), tmp_path / "nowhere"
    with pytest.raises(CommandError, match=r"no service has run on .*nowhere.*`make run`.* --data-dir"):
        run("token", "--data-dir", str(nowhere), runtime=runtime)
    assert not nowhere.exists()
    issuer = DevIssuer(nowhere)
    code, token = run("token", "--data-dir", str(nowhere), runtime=runtime)
    assert code == 0
    key = asyncio.run(issuer.key(jwt.get_unverified_header(token.strip())["kid"]))
    assert jwt.decode(token.strip(), key, ["ES256"])["custom:customer_id"] == "cust_test_001"


@pytest.mark.parametrize(
    ("command", "named"),
    [
        (("token", "--tenant", "<b>"), "--tenant"),
        (("token", "--customer", "a b"), "--customer"),
        (("dlq", "list", "--tenant", "<b>"), "--tenant"),
        (("dlq", "redrive", "all", "--tenant", "../x"), "--tenant"),
        (("suppressions", "list", "--tenant", "../x"), "--tenant"),
        (("erasure", "list", "--tenant", "../x"), "--tenant"),
        (("unreadable", "list", "--tenant", "../x"), "--tenant"),
        (("templates", "check", "--tenant", "../x"), "--tenant"),
        (("tenants", "check", "--tenant", "../x"), "--tenant"),
        (("events", "replay", "--tenant", "../x", "--since", "1h"), "--tenant"),
    ],
)
def test_ids_are_checked_before_anything_is_asked(command: tuple[str, ...], named: str) -> None:
    refused = CliRunner().invoke(build(Recorder(), "1.2.3"), list(command)).exception
    assert isinstance(refused, InvalidIdentifier)
    assert str(refused) == f"{named} is not valid; it is 1 to 64 of letters, digits, '_', '.' and '-'"


@pytest.mark.parametrize(
    ("roles", "made"),
    [
        ((), "demo/cust_test_001/customer/None/12"),
        (("staff",), "demo/staff_001/staff/None/12"),
        (("admin", "operator"), "demo/admin_001/admin+operator/None/12"),
        (("staff", "customer"), "demo/cust_test_001/staff+customer/None/12"),
    ],
)
def test_a_token_needs_no_options(roles: tuple[str, ...], made: str) -> None:
    asked = [word for role in roles for word in ("--role", role)]
    assert run("token", *asked) == (0, f"{made}\n")


def test_the_openapi_document_is_printed_or_written(tmp_path: Path) -> None:
    assert run("openapi") == (0, '{"openapi": "3.1.0"}\n')
    file = tmp_path / "openapi.json"
    assert run("openapi", "--output", str(file)) == (0, "")
    assert file.read_text(encoding="utf-8") == '{"openapi": "3.1.0"}\n'
    with pytest.raises(CommandError, match="can't write"):
        run("openapi", "--output", str(tmp_path / "missing" / "openapi.json"))


def test_the_real_document_is_the_apis() -> None:
    assert '"createOrder"' in ProcessRuntime().openapi()


def test_an_api_key_is_printed_with_what_is_kept_of_it() -> None:
    code, output = run("api-key", "portal-web")
    key, entry = (line.split(maxsplit=1)[1] for line in output.splitlines()[:2])
    assert (code, ApiKeyRing.parse(f"{{{entry}}}").client(key)) == (0, "portal-web")
    made = json.loads(run("api-key", "portal-web", "--json")[1])
    assert (made["client"], made["sha256"]) == ("portal-web", hash_of(made["key"]))
    assert made["key"] != key
    with pytest.raises(CommandError, match="'portal web' is not"):
        run("api-key", "portal web")


def test_wrong_names_are_answered_with_the_right_ones() -> None:
    with pytest.raises(CommandError, match="no role boss; there are customer, staff, admin, service, operator"):
        run("token", "--tenant", "t", "--customer", "c", "--role", "boss")
    with pytest.raises(CommandError, match="no worker nobody; there are pdf-creator"):
        run("worker", "nobody")
    for command in (("completion", "nosuch"), ("quote", "x", "--as", "nosuch"), ("keys", "rotate", "nosuch")):
        code, output = run(*command)
        assert code == 2
        assert "'nosuch' is not one of '" in output
        assert "Value error" not in output


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
    DevIssuer(tmp_path)
    assert runtime.token(tenant="t", customer="c", roles=["customer"], email=None, hours=1).count(".") == 2
    with pytest.raises(CommandError, match="no emulator runs for"):
        runtime.create_resources(demo_shops=False)
    for name, value in {
        "ENVIRONMENT": "dev",
        "AUTH_ISSUER": "https://issuer.example",
        "AUTH_AUDIENCES": "a",
        "CURSOR_KEYS": "k" * 32,
    }.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(CommandError, match="needs ENVIRONMENT=local; it is dev"):
        runtime.dev(DevAsked(data_dir=tmp_path))


@pytest.mark.parametrize("environment", ["sit", "prod"])
def test_no_token_is_minted_where_customers_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, environment: str
) -> None:
    runtime = ProcessRuntime()
    for name, value in {
        "ENVIRONMENT": environment,
        "AUTH_ISSUER": "https://issuer.example",
        "AUTH_AUDIENCES": "a",
        "CURSOR_KEYS_SECRET": "cursors",
        "API_KEYS_SECRET": "api-keys",
        "ORDERS_DATA_DIR": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(CommandError, match=f"development issuer is not available when ENVIRONMENT is {environment}"):
        runtime.token(tenant="t", customer="c", roles=["customer"], email=None, hours=1)
    with pytest.raises(CommandError, match=f"needs ENVIRONMENT=local; it is {environment}"):
        runtime.dev(DevAsked(data_dir=tmp_path))
    # Not even a key is left behind.
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("DEV_ISSUER_ENABLED", "true")
    for start in (runtime.api, runtime.relay, lambda: runtime.worker("pdf-creator")):
        with pytest.raises(CommandError, match="DEV_ISSUER_ENABLED is not allowed"):
            start()


def test_where_state_cannot_be_kept_is_said_in_one_line(tmp_path: Path) -> None:
    runtime = ProcessRuntime()
    with pytest.raises(CommandError, match="must not be the current directory"):
        runtime.dev(DevAsked(data_dir=Path()))
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(CommandError, match=r"the data directory .* is not writable"):
        runtime.dev(DevAsked(data_dir=file / "below"))


def test_endpoints_are_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nonsense")
    with pytest.raises(CommandError, match="AWS_ENDPOINT_URL"):
        ProcessRuntime().create_resources(demo_shops=False)


def test_workers_are_the_same_everywhere() -> None:
    from orders.bootstrap.workers import WORKERS

    assert ProcessRuntime().worker_names() == tuple(WORKERS)
