"""``orders dr drill`` as an operator types it, in memory and between two regions of moto."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import Result as Invoked

from orders.acceptance.takes_changes import Refused, TakesChanges
from orders.adapters.inbound.cli.runtime import AuditedCommand, CommandError, RehearsalAsked, Result
from orders.adapters.outbound.dynamodb.regions.control_table import DynamoControlTable
from orders.application.policy.errors import ApplicationError
from orders.application.regions.reconcile import CannotReconcile
from orders.application.regions.rehearse import DrillRequest, Rehearse
from orders.bootstrap.config.roles import Role
from orders.bootstrap.config.settings import Settings, load_settings
from orders.bootstrap.operator.rehearsal import ASKED_EVERY_SECONDS, OperatorChecks, open_rehearsal, settings_in
from orders.bootstrap.resources.model import Changes
from orders.bootstrap.resources.table import ensure_table
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.ports.errors import PermanentPortError, PortError, TransientPortError
from orders.ports.regions import ControlState
from orders.ports.rehearsals import Checked, Missing
from tests.contract.changes import placed
from tests.contract.endpoints import Endpoint
from tests.contract.moto_server import moto_server
from tests.contract.order_stores import store_over
from tests.support.builders import NOON
from tests.support.typed_commands import typed
from tests.unit.application.test_rehearse import NEW, World
from tests.unit.application.test_switch_writer import CAPE, FIRST, IRELAND
from tests.unit.cli.test_commands import Recorder


class Operator(Recorder):
    """A runtime over two regions in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.done: list[str] = []
        self.given: list[RehearsalAsked] = []

    def now(self) -> datetime:
        return NOON

    def with_rehearsal(
        self,
        doing: AuditedCommand,
        work: Callable[[Rehearse], Awaitable[Result]],
        asked: RehearsalAsked,
        *,
        tell: Callable[[str], None],
    ) -> Result:
        self.done.append(doing.command)
        self.given.append(asked)
        self.world.told = Told(tell)
        try:
            return asyncio.run(work(self.world.operator()))  # type: ignore[arg-type]
        except (ApplicationError, PortError) as error:
            raise CommandError(str(error)) from error

    def type(self, *arguments: str, answer: str | None = None) -> Invoked:
        return typed(self, "dr", "drill", *arguments, answer=answer)


class Told(list[str]):
    """A list that also tells."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__()
        self._tell = tell

    def append(self, line: str) -> None:
        super().append(line)
        self._tell(line)


@pytest.fixture
def operator() -> Operator:
    return Operator()


def test_it_is_explained_asked_for_by_a_phrase_and_done(operator: Operator) -> None:
    result = operator.type("--hold-minutes", "2", answer="rehearse prod")
    assert result.exit_code == 0
    assert "1. scale eu-west-1" in result.stderr
    assert "hold for 2 min" in result.stderr
    assert "drill: fail back" in result.stderr
    assert "prod: passed" in result.stdout
    assert "75.0" in result.stdout
    assert "evidence: evidence.json" in result.stdout
    assert operator.done == ["dr drill --dry-run", "dr drill"]
    assert operator.world.state.may_write == CAPE


@pytest.mark.parametrize("answer", ["rehearse", "y", "rehearse sit"])
def test_another_phrase_changes_nothing(operator: Operator, answer: str) -> None:
    with pytest.raises(CommandError, match="that is not 'rehearse prod': nothing was changed"):
        operator.type(answer=answer)
    assert (operator.world.state, operator.world.file.evidence) == (FIRST, None)


def test_nobody_who_could_be_asked_is_no_consent(operator: Operator) -> None:
    with pytest.raises(CommandError, match="no answer: nothing was changed; --yes"):
        operator.type()
    assert operator.world.state == FIRST


def test_a_dry_run_looks_only(operator: Operator) -> None:
    result = operator.type("--dry-run", "--to", IRELAND)
    assert result.exit_code == 0
    assert "dry run: nothing was changed" in result.stdout
    assert "eu-west-1: images: ready" in result.stderr
    plan = json.loads(operator.type("--dry-run", "--json").stdout)
    assert (plan["dry_run"], len(plan["plan"]), plan["evidence"]) == (True, 9, "evidence.json")
    assert operator.done == ["dr drill --to eu-west-1 --dry-run", "dr drill --dry-run"]
    assert (operator.world.state, operator.world.file.evidence) == (FIRST, None)


def test_json_is_one_document_with_figures_and_steps(operator: Operator) -> None:
    found = json.loads(operator.type("--yes", "--json").stdout)
    assert (found["result"], found["evidence"]) == ("passed", "evidence.json")
    assert [each["rto_seconds"] for each in found["figures"]] == [75, 75]
    assert [each["rpo_seconds"] for each in found["figures"]] == [0, 0]
    assert found["targets"] == {"rto_seconds": 3600, "rpo_seconds": 300}
    assert len(found["drill"]["steps"]) == 10


def test_something_missing_is_named_and_ends_with_1(operator: Operator) -> None:
    operator.world.checks.lost[IRELAND] = (Missing(NEW, NOON),)
    result = operator.type("--yes")
    assert result.exit_code == 1
    assert f"missing: {NEW}" in result.stderr
    assert "prod: failed" in result.stdout


def test_not_back_home_ends_with_3_says_so_last_and_is_taken_up(operator: Operator) -> None:
    def stop(region: str) -> None:
        operator.world.regions.replication.copying = region != IRELAND

    operator.world.checks.before = stop
    result = operator.type("--yes")
    assert result.exit_code == 3
    assert "THE ENVIRONMENT IS NOT BACK HOME: eu-west-1 takes changes" in result.stderr.splitlines()[-1]
    assert "prod: unfinished" in result.stdout
    operator.world.regions.replication.copying = True
    result = operator.type(answer="rehearse prod")
    assert result.exit_code == 0
    assert "1. take up the rehearsal that thandi began" in result.stderr


def test_an_unfit_environment_is_refused_with_the_reason(operator: Operator) -> None:
    operator.world.checks.refusing.add(CAPE)
    with pytest.raises(CommandError, match="takes no changes"):
        operator.type("--yes")
    with pytest.raises(CommandError, match="--since lies in the future"):
        operator.type("--since", "2100-01-01T00:00:00Z")


def test_address_and_file_are_handed_over(operator: Operator, tmp_path: Path) -> None:
    operator.type("--dry-run", "--base-url", "https://api.example", "--evidence", str(tmp_path / "e.json"))
    assert operator.given == [RehearsalAsked("https://api.example", tmp_path / "e.json")]


class Answers(TakesChanges):
    """A service that gives these answers, and the last one for ever."""

    def __init__(self, *answers: str | Refused | None) -> None:
        self.answers = list(answers)

    def ask(self) -> str | None:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Refused):
            raise answer
        return answer


def _checks(outside: TakesChanges | None, told: list[str], paused: list[float]) -> OperatorChecks:
    async def pause(seconds: float) -> None:
        paused.append(seconds)

    return OperatorChecks(load_settings(Role.OPERATOR), outside, told.append, pause=pause)


async def test_from_outside_it_is_asked_until_changes_are_taken() -> None:
    told: list[str] = []
    paused: list[float] = []
    checks = _checks(Answers("503: a", "503: a", "no route", None), told, paused)
    assert "which only eu-west-1 may" in await checks.taken(IRELAND)
    assert paused == [ASKED_EVERY_SECONDS] * 3
    assert told == ["no changes are taken yet: 503: a", "no changes are taken yet: no route"]
    assert "404 when it does" in checks.measured


async def test_after_ten_minutes_or_with_a_wrong_token_it_is_given_up() -> None:
    paused: list[float] = []
    with pytest.raises(TransientPortError, match="no changes within 600 s: 503"):
        await _checks(Answers("503"), [], paused).taken(IRELAND)
    assert sum(paused) == 600
    with pytest.raises(PermanentPortError, match="token"):
        await _checks(Answers(Refused("the token")), [], []).taken(IRELAND)
    with pytest.raises(TransientPortError, match="takes no changes as it is: 503"):
        await _checks(Answers("503"), [], []).taking(CAPE)


NAME = f"orders-{uuid4().hex[:10]}"


def _settings(url: str, name: str = NAME) -> Settings:
    return load_settings(
        Role.OPERATOR,
        environment="sit",
        aws_endpoint_url=url,
        aws_region=CAPE,
        orders_table=name,
        documents_bucket=name,
        other_region=IRELAND,
        control_table=f"{name}-control",
        control_table_regions=(IRELAND,),
    )


async def _looked_at(url: str) -> tuple[str, Checked, Checked]:
    """Ireland writes since long; an order never arrived there, and no rule or queue is missing."""
    topology, endpoint = packaged_topology(), Endpoint("moto", url)
    both, lost = placed("demo"), placed("demo")
    for region in (CAPE, IRELAND):
        async with (
            endpoint.client("dynamodb", region_name=region) as client,
            endpoint.client("s3", region_name=region) as s3,
            endpoint.client("events", region_name=region) as bus,
            endpoint.client("sqs", region_name=region) as sqs,
        ):
            await ensure_table(client, topology.table_of("orders"), NAME, Changes())
            bucket = NAME if region == CAPE else f"{NAME}-dr"
            await s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})
            await bus.create_event_bus(Name=topology.bus_name("sit"))
            await sqs.create_queue(QueueName=topology.queue_name("record-creator", "sit"))
            for order in (both, lost) if region == CAPE else (both,):
                await store_over(client, NAME, CAPE).orders.add(order)
    async with endpoint.client("dynamodb", region_name=IRELAND) as client:
        await ensure_table(client, topology.table_of("control"), f"{NAME}-control", Changes())
        long_ago = datetime.now(UTC) - timedelta(hours=3)
        state = ControlState(2, IRELAND, frozenset({CAPE}), "thandi", long_ago)
        await DynamoControlTable({IRELAND: client}, f"{NAME}-control").replace(state, seen=None)

    async def no_pause(_: float) -> None: ...

    checks = OperatorChecks(_settings(url), None, lambda _: None, pause=no_pause)
    with pytest.raises(CannotReconcile, match="AWS_REGION is af-south-1"):
        await checks.reconcile(CAPE, long_ago)
    verified = await checks.verify(IRELAND, lost.order.created_at)
    return await checks.taken(IRELAND), verified, await checks.reconcile(IRELAND, long_ago)


def test_between_two_regions_the_writer_is_looked_at_by_its_own_settings() -> None:
    with moto_server() as url:
        taken, verified, reconciled = asyncio.run(_looked_at(url))
    assert taken == "a lease for eu-west-1 is held"
    assert "1 differ" in verified.found[0]
    assert verified.missing[0].what.endswith("missing in eu-west-1")
    assert "1 published" in reconciled.found[0]
    assert len(reconciled.missing) == 1
    assert reconciled.missing[0].at is not None


@asynccontextmanager
async def _rehearsable(settings: Settings, evidence: Path, tell: Callable[[str], None]) -> AsyncIterator[Rehearse]:
    """Cape Town writes since long."""
    topology, endpoint = packaged_topology(), Endpoint("moto", str(settings.aws_endpoint_url))
    name, control = str(settings.orders_table), str(settings.control_table)
    for region in (CAPE, IRELAND):
        async with endpoint.client("dynamodb", region_name=region) as client:
            await ensure_table(client, topology.table_of("orders"), name, Changes())
    async with endpoint.client("dynamodb", region_name=IRELAND) as client:
        await ensure_table(client, topology.table_of("control"), control, Changes())
        state = ControlState(1, CAPE, frozenset(), "terraform", datetime.now(UTC) - timedelta(hours=3))
        await DynamoControlTable({IRELAND: client}, control).replace(state, seen=None)
    async with open_rehearsal(settings, asked=RehearsalAsked(evidence=evidence), tell=tell) as rehearse:
        yield rehearse


WANTED = DrillRequest(None, timedelta(), NOON)


def test_between_two_regions_it_is_opened_looks_at_both_and_plans(tmp_path: Path) -> None:
    name = f"orders-{uuid4().hex[:10]}"

    async def plan(url: str) -> tuple[list[str], str, str]:
        async with _rehearsable(_settings(url, name), tmp_path / "e.json", lambda _: None) as rehearse:
            return await rehearse.plan(WANTED), rehearse.evidence_name, rehearse.environment

    with moto_server() as url:
        planned, kept_in, environment = asyncio.run(plan(url))
    assert len(planned) == 9
    assert planned[-2].startswith(f"fail back to {CAPE}")
    assert "by a lease of this command's own" in planned[-3]
    assert (kept_in, environment) == (str(tmp_path / "e.json"), "sit")
    assert not (tmp_path / "e.json").exists()


def test_terminated_it_says_where_it_stands_and_goes_on_from_there(tmp_path: Path) -> None:
    """The signal comes in the middle of the takeover, as the old region's lease begins to be waited out."""
    told: list[str] = []
    name = f"orders-{uuid4().hex[:10]}"

    def tell(line: str) -> None:
        told.append(line)
        if line.startswith("drain"):
            signal.raise_signal(signal.SIGTERM)

    async def execute(url: str) -> None:
        async with _rehearsable(_settings(url, name), tmp_path / "e.json", tell) as rehearse:
            await rehearse.execute(WANTED)

    async def left(url: str) -> list[str]:
        asked = RehearsalAsked(evidence=tmp_path / "e.json")
        async with open_rehearsal(_settings(url, name), asked=asked, tell=lambda _: None) as rehearse:
            return await rehearse.plan(WANTED)

    with moto_server() as url:
        with pytest.raises(KeyboardInterrupt):
            asyncio.run(execute(url))
        assert "BROKEN OFF at the step: take over (interrupted)" in told[-1]
        assert "`orders dr status`" in told[-1]
        planned = asyncio.run(left(url))
    assert planned[0].endswith("the takeover is to be done")
    assert f"take over to {IRELAND}" in planned[1]


def test_settings_of_the_other_region_swap_what_differs() -> None:
    here = _settings("http://127.0.0.1:9")
    there = settings_in(here, IRELAND)
    assert (there.aws_region, there.other_region) == (IRELAND, CAPE)
    assert (there.documents_bucket, there.other_documents_bucket) == (f"{NAME}-dr", NAME)
    assert settings_in(here, CAPE) is here
    back = settings_in(there, CAPE)
    assert (back.documents_bucket, back.other_documents_bucket) == (NAME, f"{NAME}-dr")
