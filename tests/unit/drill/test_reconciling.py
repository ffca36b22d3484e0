"""An operator who reconciles: what is named stays named, and after acknowledging nothing may be left."""

import json
from typing import Any

import pytest

from tests.drill.reconciling import Named, Reconciling
from tests.drill.regions.region import CommandFailed, Said

ORDER = "ord_0123456789ABCDEFGHJKMNPQRS"
FINDING = f"event:demo/{ORDER}.1.2"


class Answers:
    """A region where commands print what was prepared."""

    def __init__(self, *reports: dict[str, Any]) -> None:
        self.given: list[tuple[str, ...]] = []
        self._reports = iter(reports)

    async def command(self, *arguments: str, exit_codes: tuple[int, ...] = (0,)) -> Said:
        self.given.append(arguments)
        report = next(self._reports)
        exit_code = 0 if all(each["acknowledged_by"] for each in report["findings"]) else 1
        if exit_code not in exit_codes:
            raise CommandFailed("unexpected exit code")
        told = [(10.0, "wait for the writer's lease"), (20.0, "look up what eu-west-1 has stored within 24 hours")]
        return Said(arguments, exit_code, json.dumps(report), told, 0.0, 0.0)


def report(acknowledged_by: str | None = None, *, findings: int = 1, **more: Any) -> dict[str, Any]:
    finding = {"id": FINDING, "kind": "event", "acknowledged_by": acknowledged_by}
    return {"findings": [finding] * findings, "unread": {}, "erasures": {"complete": True}} | more


async def test_a_finding_is_acknowledged_and_then_nothing_may_be_left() -> None:
    region, reconciling = Answers(report(), report("rehearsal"), report("rehearsal")), Reconciling()
    await reconciling.deal_with(region, await reconciling.complete(region))
    assert reconciling.named == Named(frozenset({ORDER}))
    assert reconciling.dealt_with == {FINDING}
    assert [arguments[2] for arguments in region.given] == ["--yes", "--acknowledge", "--dry-run"]


async def at(seconds: float) -> float:
    return seconds


@pytest.mark.parametrize(("arrived", "named"), [(19.0, {ORDER}), (21.0, set())])
async def test_a_run_that_looked_before_all_had_arrived_is_made_again_and_names_nothing(
    arrived: float, named: set[str]
) -> None:
    region, reconciling = Answers(report(), report(findings=0)), Reconciling()
    await reconciling.complete(region, at(arrived))
    assert reconciling.named.orders == named
    assert len(region.given) == (1 if named else 2)


async def test_what_is_left_after_acknowledging_is_a_failure() -> None:
    region, reconciling = Answers(report(), report("rehearsal"), report()), Reconciling()
    found = await reconciling.complete(region)
    with pytest.raises(CommandFailed, match="exit code"):
        await reconciling.deal_with(region, found)


async def test_a_finding_that_was_acknowledged_stays_so() -> None:
    with pytest.raises(CommandFailed, match="open again"):
        await Reconciling(dealt_with={FINDING}).complete(Answers(report()))


@pytest.mark.parametrize("lacking", [{"unread": {"af-south-1": "gone"}}, {"erasures": {"complete": False}}])
async def test_with_both_regions_there_a_run_must_be_complete(lacking: dict[str, Any]) -> None:
    with pytest.raises(CommandFailed, match="not complete"):
        await Reconciling().complete(Answers(report(findings=0, **lacking)))


async def test_while_a_region_is_gone_a_run_may_be_incomplete_and_names_what_it_sees() -> None:
    region, reconciling = Answers(report(unread={"af-south-1": "gone"})), Reconciling()
    await reconciling.begin(region)
    assert reconciling.named == Named(frozenset({ORDER}))
    assert len(region.given) == 1
