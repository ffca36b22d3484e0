"""The clients that `make clients` generates, each used on a running service ([API-9])."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.http_server import RunningServer, a_server
from tools.bruno import Document

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
CLIENTS = ROOT / "build/clients"
NPM = ROOT / ".cache/npm"
DOCUMENT = Document(json.loads((ROOT / "docs/openapi.json").read_text(encoding="utf-8")))
PYTHON = ROOT / ".venv-clients/bin/python"
MYPY = (
    sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", ROOT / ".mypy_cache/clients",
    "--python-executable", PYTHON,
)  # fmt: skip
TSC = (NPM / "clients/node_modules/.bin/tsc", "--strict", "--target", "ES2022", "--module", "NodeNext")
SECONDS = 60
"""That a program may take; they take two."""


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningServer]:
    async with a_server(tmp_path) as server:
        yield server


@dataclass(frozen=True, slots=True)
class Done:
    """What a program has printed."""

    stdout: str
    stderr: str

    def seen(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.stdout)
        return found


async def run(*command: str | Path, cwd: Path = ROOT, environment: Mapping[str, str] | None = None) -> Done:
    """Runs a program to its end, while the service answers it from this loop."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command), cwd=cwd, env=os.environ | dict(environment or {}), stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(SECONDS):
        stdout, stderr = (each.decode() for each in await process.communicate())
    assert process.returncode == 0, stdout + stderr
    return Done(stdout, stderr)


def where(server: RunningServer) -> dict[str, str]:
    """The environment that programs read."""
    return {
        "ORDERS_URL": server.url,
        "ORDERS_TOKEN": server.token("customer"),
        "STAFF_TOKEN": server.token("staff"),
    }


def check(seen: dict[str, Any]) -> None:
    """What every client's program must have seen: the same, whatever language it is in."""
    assert len(set(seen["placed"])) == 5
    assert seen["again"] == seen["placed"][0]
    assert (seen["total"], seen["unchanged"]) == (59.98, 304)
    assert seen["changed"] == [2, "Ring once."]
    assert seen["cancelled"] == "cancelled"
    assert seen["late"] == [409, "illegal-transition", []]
    assert seen["wrong"] == [["/total", "total_mismatch"]]
    assert seen["missing"] == 404
    assert seen["listed"] == seen["placed"][::-1]


async def test_the_python_client_places_reads_lists_changes_and_cancels(service: RunningServer) -> None:
    there = where(service) | {"PYTHONPATH": str(CLIENTS / "python")}
    ran = await run(PYTHON, HERE / "generated_python.py", environment=there)
    check(ran.seen())


async def test_the_python_client_is_typed_down_to_its_problems(tmp_path: Path) -> None:
    """As strictly as the service itself: a member that a problem has not would be found."""
    program = HERE / "generated_python.py"
    there = {"MYPYPATH": str(CLIENTS / "python")}
    await run(*MYPY, program, environment=there)
    mistaken = tmp_path / "mistaken.py"
    mistaken.write_text(program.read_text(encoding="utf-8").replace("problem.detail if", "problem.details if"))
    with pytest.raises(AssertionError, match='"Problem" has no attribute "details"'):
        await run(*MYPY, mistaken, environment=there)


async def test_the_typescript_client_does_the_same_and_is_typed(service: RunningServer, tmp_path: Path) -> None:
    modules = tmp_path / "node_modules"
    modules.mkdir()
    (modules / "bbws-orders-client").symlink_to(CLIENTS / "typescript")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    program = tmp_path / "program.ts"
    shutil.copy(HERE / "generated_typescript.ts", program)
    await run(*TSC, program, cwd=tmp_path)
    check((await run("node", tmp_path / "program.js", environment=where(service))).seen())
    program.write_text(program.read_text(encoding="utf-8").replace("problem.detail)", "problem.details)"))
    with pytest.raises(AssertionError, match=r"'details' does not exist on type"):
        await run(*TSC, "--noEmit", program, cwd=tmp_path)


LIFE = [
    "createOrder", "quoteOrder", "listOrders", "getOrder", "updateOrder", "patchOrder", "getOrderStatus",
    "setOrderStatus", "fulfilOrder", "fulfilOrderAlias", "trackOrder", "deliverParcel", "listOrderHistory",
    "listOrderEvents", "getOrderDocument",
]  # fmt: skip
"""Requests of one order's life, as somebody would send them one after the other."""
END = ["createOrder", "cancelOrder", "erasePersonalData", "deleteOrder"]
ALWAYS = [
    "getHealth", "getReadiness", "getOrdersHealth", "getLiveness", "getOpenApi", "getDocs", "getDocsGuide",
    "getDocsOperation", "getDocsSchema", "getDocsProblem", "getDocsSearch", "getDocsStyle", "getDocsScript",
    "getProblemType",
]  # fmt: skip


async def test_brunos_command_line_sends_every_request_of_the_collection(
    service: RunningServer, tmp_path: Path
) -> None:
    operations = {each.spec["operationId"]: each for each in DOCUMENT.operations()}
    assert {*LIFE, *END, *ALWAYS} == set(operations)
    wanted = [*LIFE, *END, *ALWAYS]
    report = tmp_path / "report.json"
    await run(
        NPM / "bruno/node_modules/.bin/bru", "run", *(f"{operations[each].tag}/{each}.bru" for each in wanted),
        "--env", "local", "--env-var", f"base_url={service.url}", "--env-var", f"token={service.token('admin')}",
        "--noproxy", "--reporter-json", report,
        cwd=CLIENTS / "bruno",
    )  # fmt: skip
    (ran,) = json.loads(report.read_text(encoding="utf-8"))
    results = ran["results"]
    assert [Path(each["test"]["filename"]).stem for each in results] == wanted
    for each, result in zip(wanted, results, strict=True):
        status, documented = result["response"]["status"], set(operations[each].responses)
        # It goes where it is redirected to, and reports that answer.
        assert str(status) in documented or (status == 200 and documented & {"302", "303"}), (each, status)
        assert status < 400, (each, status)
    placed = results[0]["response"]["data"]["order_id"]
    of_the_order = [each["request"]["url"] for each in results[: len(LIFE)] if "/ord_" in each["request"]["url"]]
    assert [url for url in of_the_order if placed not in url] == []
    assert len(of_the_order) == len(LIFE) - 3
