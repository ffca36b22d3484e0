"""What each stand-in does: docker (in part), skopeo, aws, gh and terraform, on the Compose stack and stand-ins for AWS.

- docker builds the image as the workflow says, of this machine's architecture only; it is loaded, copied and run for
  real. Scanners, which come from the internet, are called and do nothing; `compose up` finds the stack up.
- skopeo moves an image under the digest that its bytes have; registries are moto's, which keep manifests only.
- aws asks moto's registries.
- gh asks what is kept here: runs, artefacts, reviews, tags.
- terraform has the Compose stack run the image that it applies, every role of it; the plan and the state are those of
  the release tool's tests.
"""

import hashlib
import json
import shutil
import tarfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from deploy.release.ports import Plan
from deploy.workflows.commands import Done
from tests.e2e.releasing.cloud import Cloud
from tests.e2e.releasing.programs import Call, Program, Really

SCANNERS = ("aquasec/trivy:", "zaproxy/zap-stable:")
_GIVEN_ON = ("PYTHON_IMAGE", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL")


def digest_in(archive: Path) -> str:
    """Returns the digest of an archive's image: that of its configuration, which names all of its layers.

    A registry's is that of the manifest, which names the configuration; an engine without one has none.
    """
    with tarfile.open(archive) as file:
        (image,) = json.load(_member(file, "manifest.json"))
        return f"sha256:{hashlib.sha256(_member(file, image['Config']).read()).hexdigest()}"


def _member(file: tarfile.TarFile, name: str) -> Any:
    found = file.extractfile(name)
    assert found is not None
    return found


@dataclass(frozen=True, slots=True)
class Docker:
    """The engine.

    Args:
        real: path of the real program.
        image: the name that what is built gets.
        variables: of the test, for a machine with an index or a base image of its own.
        build: runs the real program and waits for it.
    """

    real: str
    image: str
    variables: Mapping[str, str]
    build: Callable[[list[str], Path], None]

    def __call__(self, call: Call) -> Done | Really:
        """Runs one command."""
        if call.arguments[:2] == ("buildx", "build"):
            return self._build(call)
        if call.arguments[:2] == ("compose", "up"):
            return Done(0)
        if call.arguments[0] == "run" and any(each.startswith(SCANNERS) for each in call.arguments):
            return Done(0)
        if call.arguments[0] in {"load", "create", "cp", "rm", "run"} or call.arguments[:2] == ("image", "inspect"):
            return Really((self.real, *call.arguments))
        raise ValueError("nobody has said what this does")

    def _build(self, call: Call) -> Done:
        assert call.arguments[-1] == "."
        kind, _, archive = call.option("--output").partition(",dest=")
        assert kind == "type=oci"
        ours = [f"{name}={self.variables[name]}" for name in _GIVEN_ON if name in self.variables]
        given = [word for each in (*call.options("--build-arg"), *ours) for word in ("--build-arg", each)]
        self.build([self.real, "build", "--quiet", "--tag", self.image, *given, "."], call.directory)
        self.build([self.real, "save", "--output", archive, self.image], call.directory)
        made = {"containerimage.digest": digest_in(call.directory / archive)}
        (call.directory / call.option("--metadata-file")).write_text(json.dumps(made))
        return Done(0)


@dataclass(frozen=True, slots=True)
class Registries:
    """skopeo and aws: what they ask of registries, by account."""

    clouds: Mapping[str, Cloud]
    password: str = "a password of the registry"

    def skopeo(self, call: Call) -> Done:
        """Moves images, and never under another digest."""
        if call.arguments[0] == "login":
            return Done(0 if call.given == self.password else 1)
        assert call.arguments[0] == "copy"
        source, target = call.arguments[-2:]
        if target.startswith("docker-archive:"):
            # Archives of both kinds are one here.
            place = target.removeprefix("docker-archive:").partition(":")[0]
            (call.directory / place).hardlink_to(call.directory / source.removeprefix("oci-archive:"))
            return Done(0)
        assert {"--all", "--preserve-digests"} <= set(call.arguments)
        if source.startswith("oci-archive:"):
            digest = digest_in(call.directory / source.removeprefix("oci-archive:"))
            found: str | None = manifest(digest)
        else:
            where, _, digest = source.partition("@")
            found = self._of(where).manifest_of(digest)
        if found is None:
            return Done(1, err=f"{source}: manifest unknown\n")
        where, _, tag = target.rpartition(":")
        self._of(where).put_image(digest, found, tag)
        return Done(0)

    def aws(self, call: Call) -> Done:
        """Asks a registry."""
        assert call.arguments[0] == "ecr"
        if call.arguments[1] == "get-login-password":
            return Done(0, self.password)
        assert call.arguments[1] == "describe-images"
        cloud = self._by_account(call.option("--registry-id"))
        assert call.option("--region") == cloud.environment.regions[0]
        wanted = call.option("--image-ids").removeprefix("imageDigest=")
        try:
            found = cloud.client("ecr", call.option("--region")).describe_images(
                repositoryName=call.option("--repository-name"), imageIds=[{"imageDigest": wanted}]
            )
        except ClientError as error:
            return Done(254, err=f"{error}\n")
        return Done(0, json.dumps(found["imageDetails"], default=str))

    def _of(self, place: str) -> Cloud:
        return self._by_account(urlsplit(place).netloc.partition(".")[0])

    def _by_account(self, account: str) -> Cloud:
        (found,) = [each for each in self.clouds.values() if each.environment.account == account]
        return found


def manifest(digest: str) -> str:
    """Returns a manifest of the image with this configuration, without layers: nobody fetches them here."""
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    return json.dumps({"schemaVersion": 2, "mediaType": kind, "config": {"digest": digest}, "layers": []})


@dataclass(slots=True)
class GitHub:
    """GitHub, as `gh` asks it.

    Attributes:
        runs: facts of runs, by number.
        reviews: of runs, by number.
        artefacts: directories, by run and name.
        refs: commits, by ref.
    """

    repository: str
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    reviews: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    artefacts: dict[tuple[str, str], Path] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)

    def __call__(self, call: Call) -> Done:
        """Answers one command."""
        if call.arguments[:2] == ("run", "download"):
            assert call.option("--repo") == self.repository
            kept = self.artefacts[call.arguments[2], call.option("--name")]
            shutil.copytree(kept, call.option("--dir"), dirs_exist_ok=True)
            return Done(0)
        assert call.arguments[0] == "api"
        if "POST" in call.arguments:
            made = json.loads(call.given)
            assert f"repos/{self.repository}/git/refs" in call.arguments
            self.refs[made["ref"]] = made["sha"]
            return Done(0, "{}")
        return Done(0, json.dumps(self._read(call.arguments[1].removeprefix(f"repos/{self.repository}/"))))

    def _read(self, path: str) -> Any:
        match path.split("/"):
            case ["actions", "runs", run]:
                return self.runs[run]
            case ["actions", "runs", run, "approvals"]:
                return self.reviews[run]
            case ["git", "matching-refs", *name]:
                beginning = "refs/" + "/".join(name)
                return [{"ref": r, "object": {"sha": s}} for r, s in self.refs.items() if r.startswith(beginning)]
        raise LookupError(path)


@dataclass(slots=True)
class Terraform:
    """Terraform of every environment: what it applies is deployed on the Compose stack.

    ECS calls a revision healthy once the containers of its image are, so that a release can't get further than they.

    Args:
        deploy: has the stack run the image of a digest; returns once all containers are healthy.

    Attributes:
        opened: environments whose state was opened; without that nothing can be planned.
    """

    clouds: Mapping[str, Cloud]
    deploy: Callable[[str], None]
    opened: set[str] = field(default_factory=set)

    def __call__(self, call: Call) -> Done:
        """Runs one command."""
        cloud = self.clouds[call.option("-chdir").rpartition("/")[2]]
        command = call.arguments[1]
        if command == "plan":
            return self._plan(cloud, call)
        if command == "show":
            return Done(0, Path(call.arguments[-1]).read_text(encoding="utf-8"))
        if command == "apply":
            return self._apply(cloud, Path(call.arguments[-1]))
        if command == "init":
            self.opened.add(cloud.environment.name)
            return Done(0)
        raise ValueError("nobody has said what this does")

    def _plan(self, cloud: Cloud, call: Call) -> Done:
        variables = [each.partition("=") for each in call.arguments if each.startswith("-var=")]
        given = dict(each[2].partition("=")[::2] for each in variables)
        assert cloud.environment.name in self.opened
        assert Path(call.option("-var-file")).exists()
        with cloud.lock:
            plan = cloud.world.terraform.plan(given["image_digest"], at_once="release" in given)
        Path(call.option("-out")).write_text(json.dumps(plan.document), encoding="utf-8")
        return Done(0)

    def _apply(self, cloud: Cloud, path: Path) -> Done:
        document = json.loads(path.read_text(encoding="utf-8"))
        digest = document["variables"]["image_digest"]["value"]
        assert cloud.manifest_of(digest) is not None, f"the registry of {cloud.environment.name} has no {digest}"
        starting = {(each.region, each.name) for each in cloud.environment.services}
        with cloud.clock.as_it_is():
            with cloud.lock:
                for region, name in starting:
                    cloud.world.ecs[region].unhealthy.add((name, digest))
                applying = cloud.world.terraform.apply(Plan(str(path), document))
            self.deploy(digest)
            with cloud.lock:
                for region, name in starting:
                    cloud.world.ecs[region].unhealthy.discard((name, digest))
        while True:
            with cloud.lock:
                cloud.world.run()
                ended = applying.ended()
            if ended is not None:
                return Done(int(not ended.ok), f"{ended.says}\n")
            threading.Event().wait(0.1)


def stand_ins(docker: Docker, registries: Registries, github: GitHub, terraform: Terraform) -> dict[str, Program]:
    """Returns every stand-in by its program's name."""
    return {
        "docker": docker,
        "skopeo": registries.skopeo,
        "aws": registries.aws,
        "gh": github,
        "terraform": terraform,
    }
