"""Files of the image and the Compose stack, as far as they can be checked without a container engine."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from orders.bootstrap.config.settings import Settings
from orders.bootstrap.workers import WORKERS

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE_TEXT = (ROOT / "compose.yaml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if name != "localstack"}


def test_every_container_is_declared_once() -> None:
    """Of two with one name YAML's reader takes the last, and Compose neither."""
    declared = re.findall(r"(?m)^  ([a-z-]+):$", COMPOSE_TEXT[COMPOSE_TEXT.index("\nservices:") :])
    assert sorted(declared) == sorted([*SERVICES, *COMPOSE.get("volumes", {})])


def test_every_role_is_a_container() -> None:
    commands = {" ".join(service["command"]) for service in OURS.values()}
    assert commands == {
        "api",
        "relay",
        "bootstrap --demo-shops",
        "smoke --base-url http://api:8080",
        *(f"worker {name}" for name in WORKERS),
    }


@pytest.mark.parametrize("name", OURS)
def test_a_container_of_ours_can_write_nothing_and_become_nobody_else(name: str) -> None:
    service = OURS[name]
    assert (service["read_only"], service["cap_drop"], service["user"]) == (True, ["ALL"], "10001:10001")
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert "docker.sock" not in str(service)


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_bounded(name: str) -> None:
    limits = SERVICES[name]["deploy"]["resources"]["limits"]
    assert limits.keys() == {"cpus", "memory", "pids"}
    assert SERVICES[name]["logging"]["options"].keys() == {"max-size", "max-file"}


def test_all_ports_are_on_loopback() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(ports) == 2
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_settings_are_those_that_there_are_and_none_is_a_secret() -> None:
    names = {name for service in OURS.values() for name in service["environment"]}
    assert names <= {name.upper() for name in Settings.model_fields}
    secrets = {name.upper() for name, field in Settings.model_fields.items() if "Secret" in str(field.annotation)}
    assert secrets
    assert not names & secrets


def test_what_serves_starts_after_what_it_needs() -> None:
    for name, service in OURS.items():
        if name not in {"bootstrap", "smoke"}:
            assert service["depends_on"]["bootstrap"] == {"condition": "service_completed_successfully"}
            assert service["healthcheck"]["test"] == ["CMD", "orders", "health", "--port", "8081", "--ready"]
            assert service["restart"] == "unless-stopped"
    assert SERVICES["localstack"]["image"] == "localstack/localstack:4.14.0"


def test_the_health_check_asks_where_the_image_listens() -> None:
    (listens,) = re.findall(r"HEALTH_PORT=(\d+)", DOCKERFILE)
    assert f'CMD ["orders", "health", "--port", "{listens}"]' in DOCKERFILE


def test_the_image_is_locked_and_runs_as_nobody_special() -> None:
    assert "--require-hashes" in DOCKERFILE
    assert DOCKERFILE.count("--no-deps") == 2
    assert "USER 10001:10001" in DOCKERFILE
    assert not re.search(r"(?m)^ADD |^# syntax", DOCKERFILE)
    froms = re.findall(r"(?m)^FROM (\S+)", DOCKERFILE)
    assert set(froms) == {"${PYTHON_IMAGE}"}
    assert re.search(r"(?m)^ARG PYTHON_IMAGE=python:3\.13-slim-trixie(@sha256:[0-9a-f]{64})?$", DOCKERFILE)


def test_only_what_is_named_reaches_the_build() -> None:
    lines = [
        line
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    assert lines[0] == "*"
    named = {line[1:].split("/*")[0] for line in lines if line.startswith("!")}
    assert named == {
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "requirements/build.txt",
        "requirements/runtime.txt",
        "src",
        "docker",
    }


def test_package_and_image_say_the_same_licence() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f'org.opencontainers.image.licenses="{project["license"]}"' in DOCKERFILE
    (file,) = project["license-files"]
    assert "All rights reserved" in (ROOT / file).read_text(encoding="utf-8")


def test_the_dockerfile_passes_its_linter() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    result = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True, timeout=60, check=False)
    assert (result.returncode, result.stdout) == (0, "")
