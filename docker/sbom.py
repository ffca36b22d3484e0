"""The image's bill of materials, CycloneDX: ``python docker/sbom.py IMAGE FILE``; needs `docker` and cyclonedx-bom.

Read from the image itself and not from lock files: what is installed counts, on its architecture. Python packages with
licences and dependencies by cyclonedx-py, Debian's packages by dpkg, the interpreter by itself.
"""

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = Path(__file__).parents[1]
SITE_PACKAGES = "/opt/orders/lib/python3.13/site-packages"
DEBIAN = "${binary:Package}\\t${Version}\\t${Architecture}\\t${db:Status-Status}\\n"


def python_packages(image: str, folder: Path) -> dict[str, Any]:
    """A bill of the image's Python packages, the service as its subject."""
    environment, output = folder / "environment", folder / "python.json"
    venv.create(environment, with_pip=False)
    (here,) = environment.glob("lib/python3*/site-packages")
    container = _run("docker", "create", image).strip()
    try:
        _run("docker", "cp", f"{container}:{SITE_PACKAGES}/.", str(here))
    finally:
        _run("docker", "rm", container)
    cyclonedx = str(Path(sys.executable).with_name("cyclonedx-py"))
    described = ("--pyproject", str(ROOT / "pyproject.toml"), "--mc-type", "application", "--sv", "1.6")
    _run(cyclonedx, "environment", *described, "--output-reproducible", "-o", str(output), str(environment))
    bill: dict[str, Any] = json.loads(output.read_text(encoding="utf-8"))
    return bill


def debian_packages(image: str) -> list[dict[str, Any]]:
    """The image's Debian packages as components."""
    listed = _inside(image, "dpkg-query", "--show", f"--showformat={DEBIAN}")
    components = []
    for line in listed.splitlines():
        name, version, architecture, status = line.split("\t")
        name = name.partition(":")[0]
        if status == "installed":
            purl = f"pkg:deb/debian/{name}@{quote(version, safe='')}?arch={architecture}&distro=debian-13"
            components.append(_component(name, version, purl))
    return components


def interpreter(image: str) -> dict[str, Any]:
    """The image's Python, which the official base image brings without a package."""
    version = _inside(image, "python", "-c", "import platform; print(platform.python_version())").strip()
    return _component("python", version, f"pkg:generic/python@{version}")


def bill_of(image: str) -> dict[str, Any]:
    """The image's whole bill of materials. Raises: SystemExit: it is none by CycloneDX's schema."""
    with tempfile.TemporaryDirectory() as folder:
        bill = python_packages(image, Path(folder))
    bill["components"] += [interpreter(image), *debian_packages(image)]
    bill["metadata"].setdefault("properties", []).append({"name": "image:id", "value": _id(image)})
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill))
    if fault is not None:
        raise SystemExit(f"no valid bill of materials: {fault}")
    return bill


def _component(name: str, version: str, purl: str) -> dict[str, Any]:
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def _id(image: str) -> str:
    return _run("docker", "image", "inspect", "--format", "{{.Id}}", image).strip()


def _inside(image: str, command: str, *arguments: str) -> str:
    return _run("docker", "run", "--rm", "--network", "none", "--entrypoint", command, image, *arguments)


def _run(*command: str) -> str:
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - commands of this file
    if result.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: {result.stderr}")
    return result.stdout


def main() -> None:
    """Write the bill, and say what is in it."""
    image, file = sys.argv[1], Path(sys.argv[2])
    bill = bill_of(image)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(bill, indent=2) + "\n", encoding="utf-8")
    kinds = [component["purl"].split("/")[0] for component in bill["components"]]
    print(f"{file}: {kinds.count('pkg:pypi')} Python packages, {kinds.count('pkg:deb')} Debian packages")  # noqa: T201


if __name__ == "__main__":
    main()
