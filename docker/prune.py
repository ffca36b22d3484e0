"""Takes out of an environment what the service never uses: ``python prune.py ENVIRONMENT``, in the image's build.

Removed are files that something in the image's tests would miss if they were needed: botocore's descriptions of AWS
services that no process opens a client for, sources of compiled modules, libraries' own tests, made-up names of a
library for test data, lexers of languages that no terminal is shown, names of measurements that the service does not
take, commands of libraries. What is kept of botocore's descriptions loses its prose, which is three
quarters of what every process reads at its start, and the hosts of other services.
"""

import gzip
import json
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from orders.bootstrap.aws import OPERATOR_SERVICES, SECRET_SERVICES, SERVICES

FOR_CREDENTIALS = {"sts"}
"""Not called by the service, but by botocore itself, where a role is taken on by a web identity."""
SOURCES = ("*.c", "*.cpp", "*.h", "*.pxd", "*.pyx")
FAKER_LOCALE = "en_US"
"""Comes with litestar by way of polyfactory; it loads no other unless asked to."""
KEPT_LEXERS = {"__init__.py", "_mapping.py", "python.py", "special.py"}
"""Of pygments, which comes with rich and colours what a terminal shows of code: of Python's there may be some."""
KEPT_CONVENTIONS = {"__init__.py", "otel_attributes.py", "otel_metrics.py"}
"""Of OpenTelemetry's names that are not settled yet: those that its own SDK uses."""
TESTS = ("tests", "test", "test_*.py", "conftest.py")
PROSE = {"documentation", "documentationUrl"}
EXAMPLES = "examples-1.json"


def kept_services() -> set[str]:
    """The AWS services whose descriptions stay."""
    return {*SERVICES, *SECRET_SERVICES, *OPERATOR_SERVICES, *FOR_CREDENTIALS}


def unused(site_packages: Path, commands: Path) -> list[Path]:
    """Files and folders that can go.

    Raises: SystemExit: what is to be pruned has moved; better no image than one that has silently grown.
    """
    services = site_packages / "botocore" / "data"
    missing = sorted(name for name in kept_services() if not (services / name).is_dir())
    if missing:
        raise SystemExit(f"botocore describes no service {', '.join(missing)}")
    found = {
        "descriptions": [each for each in services.iterdir() if each.is_dir() and each.name not in kept_services()],
        "examples": [file for name in kept_services() for file in (services / name).rglob(EXAMPLES)],
        "sources": [file for pattern in SOURCES for file in site_packages.rglob(pattern)],
        "tests": [path for pattern in TESTS for path in site_packages.rglob(pattern)],
        "locales": [
            folder
            for folder in (site_packages / "faker" / "providers").glob("*/*_*")
            if folder.is_dir() and folder.name not in {FAKER_LOCALE, "__pycache__"}
        ],
        "lexers": [
            file for file in (site_packages / "pygments" / "lexers").glob("*.py") if file.name not in KEPT_LEXERS
        ],
        "conventions": [
            file
            for file in (site_packages / "opentelemetry" / "semconv" / "_incubating").rglob("*.py")
            if file.name not in KEPT_CONVENTIONS
        ],
        # OTLP's messages are made by protobuf; what comes with them describes Google's own services.
        "google": [
            folder
            for folder in (site_packages / "google").glob("*")
            if folder.is_dir() and folder.name not in {"protobuf", "_upb"}
        ],
        "commands": [file for file in commands.iterdir() if not file.name.startswith("python")],
    }
    gone = sorted(what for what, paths in found.items() if not paths)
    if gone:
        raise SystemExit(f"there are no {', '.join(gone)} to prune where there always were: has a package changed?")
    # What lies in a folder that goes, goes with it.
    paths = {path for each in found.values() for path in each}
    return sorted(path for path in paths if paths.isdisjoint(path.parents))


def shorten(services: Path) -> int:
    """Take prose and hosts of other services out of botocore's descriptions; the bytes less that a process reads."""
    saved = 0
    for file in sorted(services.rglob("*.json.gz")):
        before = gzip.decompress(file.read_bytes())
        after = _compact(without_prose(json.loads(before)))
        # Without a time: the same input gives the same layer.
        file.write_bytes(gzip.compress(after, mtime=0))
        saved += len(before) - len(after)
    hosts = services / "endpoints.json"
    text = hosts.read_bytes()
    shorter = _compact(with_hosts_of(kept_services(), json.loads(text)))
    hosts.write_bytes(shorter)
    return saved + len(text) - len(shorter)


def without_prose(described: Any) -> Any:
    """The description with texts for people left empty: botocore asks for some by name.

    A member that is merely called ``documentation`` is described by more than a text, and stays as it is.
    """
    if isinstance(described, dict):
        return {
            name: "" if name in PROSE and isinstance(value, str) else without_prose(value)
            for name, value in described.items()
        }
    return [without_prose(each) for each in described] if isinstance(described, list) else described


def with_hosts_of(services: Iterable[str], hosts: dict[str, Any]) -> dict[str, Any]:
    """botocore's table of hosts with all partitions and regions, but only these services."""
    kept = set(services)
    for partition in hosts["partitions"]:
        partition["services"] = {name: each for name, each in partition["services"].items() if name in kept}
    return hosts


def _compact(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        yield from [path] if path.is_file() else (each for each in path.rglob("*") if each.is_file())


def main() -> None:
    """Prune, and say how much."""
    (environment,) = map(Path, sys.argv[1:])
    (site_packages,) = environment.glob("lib/python3*/site-packages")
    paths = unused(site_packages, environment / "bin")
    freed = sum(file.stat().st_size for file in _files(paths))
    for path in paths:
        if path.is_file():
            path.unlink()
        else:
            shutil.rmtree(path)
    saved = shorten(site_packages / "botocore" / "data")
    print(f"pruned {freed / 2**20:.1f} MiB; botocore's descriptions read {saved / 2**20:.1f} MiB less")  # noqa: T201


if __name__ == "__main__":
    main()
