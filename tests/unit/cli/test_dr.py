"""``orders dr`` as an operator types it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from typer.testing import CliRunner
from typer.testing import Result as Invoked

from orders.adapters.inbound.cli.app import build
from orders.adapters.inbound.cli.runtime import AuditedCommand, CommandError, Result
from orders.application.policy.errors import ApplicationError
from orders.application.regions.confirm_alone import ConfirmAlone
from orders.application.regions.desk import RegionDesk
from orders.application.regions.read_status import ReadStatus
from orders.bootstrap.config.settings import SettingsError, load_settings
from orders.bootstrap.operator.regions import open_regions
from orders.ports.health_checkers import CheckersView
from orders.ports.region_readiness import Need
from tests.support.typed_commands import typed
from tests.unit.application.test_switch_writer import CAPE, FIRST, GONE, IRELAND, World
from tests.unit.cli.test_commands import Recorder

TAKEOVER = ("dr", "takeover", "--to", IRELAND)


class Operator(Recorder):
    """A runtime over two regions in memory; ``by`` is who types."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.by: str | None = "thandi"
        self.region = CAPE
        self.done: list[str] = []

    def with_regions(
        self, doing: AuditedCommand, work: Callable[[RegionDesk], Awaitable[Result]], *, tell: Callable[[str], None]
    ) -> Result:
        self.done.append(doing.command)
        world = self.world
        switch = world.operator(self.by or "somebody")
        switch._tell = tell
        regions = (self.region, IRELAND if self.region == CAPE else CAPE)
        desk = RegionDesk(
            regions,
            ReadStatus(world.table, world.checkers, world.readiness, world.clock, regions=regions),
            switch,
            ConfirmAlone(world.alone, world.table, world.clock, region=self.region, by=self.by),
        )
        try:
            return asyncio.run(work(desk))  # type: ignore[arg-type]
        except ApplicationError as error:
            raise CommandError(str(error)) from error

    def type(self, *arguments: str, answer: str | None = None) -> Invoked:
        return typed(self, *arguments, answer=answer)


@pytest.fixture
def operator() -> Operator:
    return Operator()


def test_a_takeover_is_explained_asked_for_by_a_phrase_and_done(operator: Operator) -> None:
    result = operator.type(*TAKEOVER, answer=f"take over {IRELAND}")
    assert result.exit_code == 0
    assert "1. scale eu-west-1" in result.stderr
    assert "evacuate: evacuate af-south-1" in result.stderr
    assert "eu-west-1" in result.stdout
    assert operator.done == ["dr takeover --to eu-west-1 --dry-run", "dr takeover --to eu-west-1"]
    assert operator.world.state.may_write == IRELAND


@pytest.mark.parametrize("answer", ["yes", "take over af-south-1", "y"])
def test_another_phrase_changes_nothing(operator: Operator, answer: str) -> None:
    with pytest.raises(CommandError, match="that is not 'take over eu-west-1': nothing was changed"):
        operator.type(*TAKEOVER, answer=answer)
    assert operator.world.state == FIRST


def test_nobody_who_could_be_asked_is_no_consent(operator: Operator) -> None:
    with pytest.raises(CommandError, match="no answer: nothing was changed; --yes"):
        operator.type(*TAKEOVER)
    assert operator.world.state == FIRST


def test_a_dry_run_says_what_would_be_done_and_is_audited_as_one(operator: Operator) -> None:
    result = operator.type(*TAKEOVER, "--dry-run")
    assert "dry run: nothing was changed" in result.stdout
    assert "6. af-south-1 stays evacuated" in result.stdout
    plan = json.loads(operator.type(*TAKEOVER, "--dry-run", "--json").stdout)
    assert (plan["dry_run"], len(plan["plan"])) == (True, 6)
    assert operator.world.state == FIRST
    assert set(operator.done) == {"dr takeover --to eu-west-1 --dry-run"}


def test_json_is_one_document_on_standard_output(operator: Operator) -> None:
    found = json.loads(operator.type(*TAKEOVER, "--yes", "--json").stdout)
    assert (found["writer"], found["epoch"], found["evacuated"], found["by"]) == (IRELAND, 2, [CAPE], "thandi")


def test_repeated_it_says_that_it_is_done(operator: Operator) -> None:
    operator.type(*TAKEOVER, "--yes")
    result = operator.type(*TAKEOVER)
    assert result.exit_code == 0
    assert "nothing to do: it is done already" in result.stderr
    assert operator.world.state.epoch == 2


def test_an_unplanned_one_says_what_it_loses_and_is_refused_while_the_region_lives(operator: Operator) -> None:
    operator.world.checkers.views[CAPE] = CheckersView(9, 16)
    with pytest.raises(CommandError, match="9 of 16 of Route 53's checkers see af-south-1 healthy"):
        operator.type(*TAKEOVER, "--unplanned", "--yes")
    operator.world.checkers.views[CAPE] = GONE
    result = operator.type(*TAKEOVER, "--unplanned", "--yes")
    assert "reconcile names it" in result.stderr
    assert operator.done[-1] == "dr takeover --to eu-west-1 --unplanned"


def test_forced_it_says_so_in_the_audit_trail(operator: Operator) -> None:
    operator.world.readiness.lacking[IRELAND] = {Need.SECRETS: False}
    with pytest.raises(CommandError, match="eu-west-1 is not ready: secrets"):
        operator.type(*TAKEOVER, "--yes")
    operator.type(*TAKEOVER, "--yes", "--force")
    assert operator.done[-1] == "dr takeover --to eu-west-1 --force"


def test_failback_asks_for_its_own_phrase(operator: Operator) -> None:
    operator.type(*TAKEOVER, "--yes")
    result = operator.type("dr", "failback", "--to", CAPE, answer=f"fail back {CAPE}")
    assert "stays in traffic" in result.stderr
    assert (operator.world.state.may_write, operator.world.state.evacuated) == (CAPE, frozenset())
    assert operator.done[-1] == "dr failback --to af-south-1"


def test_a_region_that_is_neither_is_refused_with_both(operator: Operator) -> None:
    for command in ("takeover", "failback"):
        with pytest.raises(CommandError, match="the regions are af-south-1 and eu-west-1; 'eu-west-2' is neither"):
            operator.type("dr", command, "--to", "eu-west-2", "--yes")


def test_a_switch_is_given_up_with_a_phrase(operator: Operator) -> None:
    operator.world.replication.copying = False
    with pytest.raises(CommandError, match="No region writes now"):
        operator.type(*TAKEOVER, "--yes")
    with pytest.raises(CommandError, match="--abandon has no dry run"):
        operator.type(*TAKEOVER, "--abandon", "--dry-run")
    with pytest.raises(CommandError, match="that is not 'give up'"):
        operator.type(*TAKEOVER, "--abandon", answer="yes")
    operator.type(*TAKEOVER, "--abandon", answer="give up")
    assert operator.world.state.may_write == CAPE
    assert operator.done[-1] == "dr takeover --to eu-west-1 --abandon"


def test_the_status_shows_writer_switch_and_what_each_region_lacks(operator: Operator) -> None:
    operator.world.readiness.lacking[IRELAND] = {Need.SECRETS: False, Need.CERTIFICATES: None}
    operator.world.checkers.views[CAPE] = CheckersView(16, 16)
    result = operator.type("dr", "status")
    assert "af-south-1 may, as long as it reads the control table" in result.stdout
    assert "LACKING" in result.stdout
    assert "not known" in result.stdout
    assert "healthy: 16 of 16 checkers reach it" in result.stdout
    operator.type(*TAKEOVER, "--yes", "--force")
    found = json.loads(operator.type("dr", "status", "--json").stdout)
    assert (found["writer"], found["epoch"], found["evacuated"]) == (IRELAND, 2, [CAPE])
    assert "for 70 s more not every task goes by this" in found["lease"]
    assert (found["switch"]["step"], found["switch"]["under_way"]) == ("done", False)
    assert found["regions"][IRELAND]["needs"]["secrets"] == {"ok": False, "detail": "secrets of eu-west-1"}
    assert "the last switch" in operator.type("dr", "status").stdout


def test_the_status_of_a_switch_under_way_and_of_no_item(operator: Operator) -> None:
    operator.world.replication.copying = operator.world.checkers.reachable = False
    with pytest.raises(CommandError):
        operator.type(*TAKEOVER, "--yes")
    shown = operator.type("dr", "status").stdout
    assert "the switch under way" in shown
    assert "nobody may: af-south-1 is named and evacuated" in shown
    assert "can't be asked" in shown
    operator.world.table.state = None
    found = json.loads(operator.type("dr", "status", "--json").stdout)
    assert (found["writer"], found["lease"]) == (None, "nobody holds it: there is no item")
    assert "nobody holds it" in operator.type("dr", "status").stdout


ALONE = ("dr", "confirm-alone", "--region", CAPE)


def test_two_people_let_a_region_write_alone(operator: Operator) -> None:
    operator.world.table.reachable = False
    with pytest.raises(CommandError, match="--epoch N"):
        operator.type(*ALONE, "--yes")
    result = operator.type(*ALONE, "--epoch", "1", answer=f"let {CAPE} write alone")
    assert "now a second person runs the same command" in result.stdout
    with pytest.raises(CommandError, match="somebody else has to confirm it"):
        operator.type(*ALONE, "--epoch", "1", "--yes")
    operator.by = "sipho"
    found = json.loads(operator.type(*ALONE, "--epoch", "1", "--yes", "--json").stdout)
    assert (found["asked_by"], found["confirmed_by"], found["epoch"]) == ("thandi", "sipho", 1)
    assert operator.done[-1] == "dr confirm-alone --region af-south-1 --epoch 1"


def test_writing_alone_is_not_confirmed_without_the_phrase_or_from_elsewhere(operator: Operator) -> None:
    with pytest.raises(CommandError, match="that is not 'let af-south-1 write alone'"):
        operator.type(*ALONE, answer="y")
    assert operator.done == ["dr confirm-alone --region af-south-1 --dry-run"]
    assert "dry run, nothing was changed; asked for" in operator.type(*ALONE, "--dry-run").stdout
    operator.region = IRELAND
    with pytest.raises(CommandError, match="run it with the settings of af-south-1: AWS_REGION is eu-west-1"):
        operator.type(*ALONE, answer=f"let {CAPE} write alone")
    assert asyncio.run(operator.world.alone.read(CAPE)) is None


def test_the_first_writer_is_named_where_there_is_no_item(operator: Operator) -> None:
    operator.world.table.state = None
    with pytest.raises(CommandError, match="--first-epoch N"):
        operator.type(*TAKEOVER, "--yes")
    operator.type("dr", "takeover", "--to", CAPE, "--first-epoch", "1", "--yes")
    assert replace(operator.world.state, by="terraform", at=FIRST.at) == FIRST


def test_where_there_is_one_region_it_says_which_and_what_that_means() -> None:
    settings = load_settings(aws_endpoint_url="http://127.0.0.1:9", aws_region=CAPE)

    async def open_them() -> None:
        async with open_regions(settings, tell=lambda _: None):
            pass

    with pytest.raises(SettingsError) as refused:
        asyncio.run(open_them())
    said = str(refused.value)
    assert said.startswith(f"local has one region, {CAPE}, which always writes: there is no second one to take over")
    for name in ("ENVIRONMENT", "OTHER_REGION", "CONTROL_TABLE", "CONTROL_TABLE_REGIONS", "docs/runbooks/failover.md"):
        assert name in said, name


STATUS_LINES = ("writer", "may_write", "epoch", "evacuated", "by", "at", "lease", "health checkers")


def test_every_line_of_the_status_is_explained_by_its_help(operator: Operator) -> None:
    table, _, regions = operator.type("dr", "status").stdout.partition("could each region")
    assert tuple(line.split()[0] for line in table.splitlines()[1:] if line.strip()) == STATUS_LINES[:-1]
    assert STATUS_LINES[-1] in regions


def test_help_teaches_what_to_do_and_what_it_costs() -> None:
    for command, words in {
        "takeover": ("Planned", "Unplanned", "reconcile", "Exit codes"),
        "failback": ("Never automatic", "Exit codes"),
        "confirm-alone": ("second one confirms", "risk", "telephone"),
        "status": ("Exit codes", *(f"`{each}`" for each in (*STATUS_LINES, "LACKING", "not known")), "one region"),
    }.items():
        shown = " ".join(CliRunner().invoke(build(Recorder(), "1"), ["dr", command, "--help"]).output.split())
        assert [word for word in words if word not in shown] == []
