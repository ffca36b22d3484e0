"""The image: what is in it, what is not, and who it runs as."""

import json
import subprocess
import sys
from typing import Any

import pytest

from orders.bootstrap.aws import OPERATOR_SERVICES, SECRET_SERVICES, SERVICES
from tests.e2e.containers import IMAGE

pytestmark = pytest.mark.containers

BASE = "python:3.13-slim-trixie"
OWN_MEGABYTES = 205
"""Bytes added to the base image at most: 350 MB less the base's 120, less 25 for its compiled standard library."""

LOCKED_DOWN = ("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--network", "none")


def docker(*arguments: str) -> str:
    result = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def inside(code: str, *more: str) -> Any:
    """Runs a Python program as the service runs (nothing writable, no capability, no network); returns its JSON
    output.
    """
    return json.loads(docker("run", "--rm", *LOCKED_DOWN, *more, "--entrypoint", "python", IMAGE, "-c", code))


@pytest.fixture(scope="module")
def image() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(docker("image", "inspect", IMAGE))[0]
    return found


def test_it_runs_as_nobody_special_and_says_how_it_is(image: dict[str, Any]) -> None:
    config = image["Config"]
    assert config["User"] == "10001:10001"
    assert config["Entrypoint"] == ["orders"]
    assert config["Cmd"] is None
    assert config["Healthcheck"]["Test"] == ["CMD", "orders", "health", "--port", "8081"]
    assert config["ExposedPorts"] == {"8080/tcp": {}}


def test_it_says_where_it_comes_from(image: dict[str, Any]) -> None:
    labels = {
        name.removeprefix("org.opencontainers.image."): value for name, value in image["Config"]["Labels"].items()
    }
    assert {"title", "description", "version", "revision", "licenses"} <= labels.keys()
    assert labels["version"] == docker("run", "--rm", *LOCKED_DOWN, IMAGE, "--version").split()[1]


def test_it_holds_no_secret(image: dict[str, Any]) -> None:
    words = ("TOKEN", "SECRET", "PASSWORD", "CREDENTIAL", "ACCESS_KEY", "CURSOR_KEYS", "API_KEY", "INDEX_URL")
    names = [entry.partition("=")[0] for entry in image["Config"]["Env"]]
    assert [name for name in names if any(word in name.upper() for word in words)] == []
    history = docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", IMAGE)
    assert [word for word in ("BEGIN PRIVATE", "://user", "PIP_INDEX_URL=") if word in history] == []


def test_it_is_no_larger_than_it_may_be(image: dict[str, Any]) -> None:
    base = json.loads(docker("image", "inspect", BASE))[0]["Size"]
    assert (image["Size"] - base) / 1e6 <= OWN_MEGABYTES


def test_nothing_is_in_it_that_only_builds_or_tests() -> None:
    found = inside(
        "import fnmatch, importlib.util, json, os, pathlib, shutil\n"
        "tools = [name for name in ('pip', 'pip3', 'gcc', 'cc', 'make', 'git', 'curl', 'wget') if shutil.which(name)]\n"
        "modules = [name for name in ('pip', 'setuptools', 'ensurepip', 'pytest', 'hypothesis', 'moto', 'tests')\n"
        "           if importlib.util.find_spec(name)]\n"
        "places = [path for path in ('/pip-cache', '/build', '/out', '/opt/build') if pathlib.Path(path).exists()]\n"
        "lists = [str(path) for path in pathlib.Path('/var/lib/apt/lists').glob('*_Packages*')]\n"
        "scripts = sorted(path.name for path in pathlib.Path('/opt/orders/bin').iterdir()\n"
        "                 if not path.name.startswith('python'))\n"
        "tests = [os.path.join(folder, name) for folder, _, files in os.walk('/')\n"
        "         if not folder.startswith(('/proc', '/sys')) for name in files\n"
        "         if any(fnmatch.fnmatch(name, pattern) for pattern in ('test_*.py', 'conftest.py', '*.whl'))]\n"
        "print(json.dumps([tools, modules, places, lists, scripts, tests]))",
        *("--user", "0:0"),  # who may look everywhere
    )
    assert found == [[], [], [], [], ["orders"], []]


def test_everything_that_is_loaded_is_compiled() -> None:
    found = inside(
        "import importlib.util, json, os, sys\n"
        "import orders.bootstrap.server.api, orders.bootstrap.server.worker, orders.bootstrap.cli, weasyprint\n"
        "files = [getattr(module, '__file__', None) or '' for module in list(sys.modules.values())]\n"
        "sources = [file for file in files if file.endswith('.py') and file != '<frozen>']\n"
        "missing = [file for file in sources if not os.path.exists(importlib.util.cache_from_source(file))]\n"
        "print(json.dumps([len(sources) > 1000, missing]))"
    )
    assert found == [True, []]


def test_every_aws_client_can_be_made_although_other_services_are_pruned() -> None:
    found = inside(
        "import asyncio, json\n"
        "from orders.bootstrap.aws import OPERATOR_SERVICES, SECRET_SERVICES, SERVICES, open_clients\n"
        "from orders.bootstrap.config.settings import load_settings\n"
        "import botocore.session\n"
        "every = (*SERVICES, *SECRET_SERVICES, *OPERATOR_SERVICES)\n"
        "async def main():\n"
        "    async with open_clients(load_settings(aws_endpoint_url='http://127.0.0.1:9'), every) as clients:\n"
        "        return [getattr(clients, name).meta.service_model.service_name for name in every]\n"
        "print(json.dumps([asyncio.run(main()), botocore.session.get_session().get_available_services()]))"
    )
    # The client that signs links is S3's too.
    services = [name.removesuffix("_links") for name in (*SERVICES, *SECRET_SERVICES, *OPERATOR_SERVICES)]
    assert found[0] == services
    assert set(found[1]) == {*services, "sts"}


def test_telemetry_can_be_sent_although_names_that_it_does_not_use_are_pruned() -> None:
    found = inside(
        "import json\n"
        "from orders.adapters.outbound.telemetry.export import Export, OtelTelemetry\n"
        "from orders.ports.metric_catalogue import EVENTS_PUBLISHED, RENDER_SECONDS\n"
        "telemetry = OtelTelemetry(Export('http://127.0.0.1:9', {'service.name': 'orders'}))\n"
        "with telemetry.tracing.span('work') as span:\n"
        "    telemetry.metrics.count(EVENTS_PUBLISHED)\n"
        "    telemetry.metrics.record(RENDER_SECONDS, 0.1, outcome='rendered')\n"
        "print(json.dumps(len(span.traceparent)))"
    )
    assert found == 55


HOSTS = """
import json, botocore.session
session = botocore.session.get_session()
session.set_credentials("test", "test")
hosts = {}
for region in ("af-south-1", "eu-west-1", "us-east-1", "us-gov-west-1", "cn-north-1"):
    for service in SERVICES:
        hosts[f"{service} {region}"] = session.create_client(service, region_name=region).meta.endpoint_url
print(json.dumps(hosts))
"""


def test_aws_is_found_in_every_region_although_hosts_of_other_services_are_pruned() -> None:
    code = f"SERVICES = {[*SERVICES, *SECRET_SERVICES, *OPERATOR_SERVICES, 'sts']}\n{HOSTS}"
    unpruned = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert inside(code) == json.loads(unpruned.stdout)


def test_wrong_settings_end_the_start_with_one_message_that_names_all_of_them() -> None:
    wrong = {"ENVIRONMENT": "moon", "API_PORT": "seventy", "QUEUE_WAIT_SECONDS": "90", "LOG_LEVEL": "loud"}
    given = [argument for name, value in wrong.items() for argument in ("--env", f"{name}={value}")]
    for role in (["api"], ["relay"], ["worker", "pdf-creator"]):
        command = ["docker", "run", "--rm", *LOCKED_DOWN, *given, IMAGE, *role]
        result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert result.returncode == 2
        assert [name for name in wrong if name not in result.stderr] == []
        assert "Traceback" not in result.stdout + result.stderr


def test_a_document_is_rendered_with_the_libraries_that_are_there_and_nothing_to_write_on() -> None:
    code = (
        "import asyncio\n"
        "from orders.adapters.outbound.rendering.pdf.renderer import PdfRenderer\n"
        "async def main():\n"
        "    renderer = PdfRenderer(processes=1)\n"
        "    await renderer.warm_up()\n"
        "    await renderer.close()\n"
        "if __name__ == '__main__':\n"
        "    asyncio.run(main())\n"
        "    print('rendered')\n"
    )
    command = ["docker", "run", "--rm", *LOCKED_DOWN, "--entrypoint", "python", IMAGE, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    # Nothing but JSON may come from a process; libraries in C would say more.
    assert (result.returncode, result.stdout.strip(), result.stderr) == (0, "rendered", "")


def test_without_a_command_it_explains_itself() -> None:
    command = ["docker", "run", "--rm", *LOCKED_DOWN, IMAGE]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout
    for word in ("api", "worker", "relay", "health", "smoke", "Exit codes"):
        assert word in said
