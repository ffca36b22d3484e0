"""Takes out of an environment what the service never uses: ``python prune.py ENVIRONMENT``, in the image's build.

Four things, each of which something in the image's tests would miss if it were needed: botocore's descriptions of AWS
services that no process opens a client for, sources of compiled modules, made-up names of a library for test data,
commands of libraries.
"""

import shutil
import sys
from pathlib import Path

from orders.bootstrap.aws import SERVICES

FOR_CREDENTIALS = {"sts"}
"""Not called by the service, but by botocore itself, where a role is taken on by a web identity."""
SOURCES = ("*.c", "*.cpp", "*.h", "*.pxd", "*.pyx")
FAKER_LOCALE = "en_US"
"""Comes with litestar by way of polyfactory; it loads no other unless asked to."""


def unused(environment: Path) -> list[Path]:
    """Files and folders that can go.

    Raises: SystemExit: what is to be pruned has moved; better no image than one that has silently grown.
    """
    (site_packages,) = environment.glob("lib/python3*/site-packages")
    services = site_packages / "botocore" / "data"
    kept = {*SERVICES, *FOR_CREDENTIALS}
    missing = sorted(name for name in kept if not (services / name).is_dir())
    if missing:
        raise SystemExit(f"botocore describes no service {', '.join(missing)}")
    described = [folder for folder in services.iterdir() if folder.is_dir() and folder.name not in kept]
    sources = [file for pattern in SOURCES for file in site_packages.rglob(pattern)]
    locales = [
        folder
        for folder in (site_packages / "faker" / "providers").glob("*/*_*")
        if folder.is_dir() and folder.name not in {FAKER_LOCALE, "__pycache__"}
    ]
    commands = [file for file in (environment / "bin").iterdir() if not file.name.startswith("python")]
    if not described or not sources or not locales or not commands:
        raise SystemExit("there is nothing to prune where there always was: has a package changed?")
    return [*described, *sources, *locales, *commands]


def main() -> None:
    """Prune, and say how much."""
    (environment,) = map(Path, sys.argv[1:])
    freed = 0
    for path in unused(environment):
        files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
        freed += sum(file.stat().st_size for file in files)
        if path.is_file():
            path.unlink()
        else:
            shutil.rmtree(path)
    print(f"pruned {freed / 2**20:.1f} MiB")  # noqa: T201 - shown by the build


if __name__ == "__main__":
    main()
