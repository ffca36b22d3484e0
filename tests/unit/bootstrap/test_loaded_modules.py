"""Processes import no more than they need: memory and time that every task pays for."""

import json
import subprocess
import sys

import pytest

LOADING = """
import json, sys
from importlib import import_module
for module in {modules!r}:
    import_module(module)
print(json.dumps(sorted({{name.partition(".")[0] for name in sys.modules}})))
"""
RENDERING = {"weasyprint", "pydyf", "fontTools", "PIL", "pyphen"}
TEST_DATA = {"polyfactory", "faker"}
UNUSED = {"jsonschema", "referencing"}
SERVING = {"litestar", "multipart", "jwt", "cryptography"}


def loaded(*modules: str) -> set[str]:
    """The packages that a fresh interpreter has loaded with these modules."""
    code = LOADING.format(modules=modules)
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return set(json.loads(result.stdout))


def test_the_api_loads_neither_what_renders_pdfs_nor_what_composes_mails() -> None:
    found = loaded("orders.bootstrap.cli", "orders.bootstrap.server.api")
    assert found & (RENDERING | TEST_DATA | UNUSED) == set()
    assert SERVING & found, "the list of what serves names nothing that is loaded"


def test_workers_and_relay_load_neither_that_nor_what_serves_http() -> None:
    """The renderer's own processes load it (`prepare_process`), and only the pdf-creator starts them."""
    found = loaded("orders.bootstrap.cli", "orders.bootstrap.server.worker", "orders.bootstrap.logging")
    assert found & (RENDERING | TEST_DATA | UNUSED | SERVING) == set()


OPENING = """
import asyncio, json, sys
read = []
sys.addaudithook(lambda event, args: read.append(str(args[0])) if event == "open" else None)
from orders.bootstrap.aws import SERVICES, open_clients
from orders.bootstrap.config.settings import load_settings
async def main():
    async with open_clients(load_settings(aws_endpoint_url="http://127.0.0.1:9")):
        pass
asyncio.run(main())
print(json.dumps(read))
"""


def test_opening_clients_reads_their_descriptions_and_none_of_boto3s_resources() -> None:
    result = subprocess.run([sys.executable, "-c", OPENING], capture_output=True, text=True, timeout=60, check=True)
    read = [path.rpartition("/")[2] for path in json.loads(result.stdout) if "/data/" in path]
    assert any(name.startswith("service-2.json") for name in read)
    assert not [name for name in read if name.startswith("resources-")]


@pytest.mark.parametrize("module", ["weasyprint", "litestar"])
def test_the_test_sees_what_is_loaded(module: str) -> None:
    assert module in loaded(module)
