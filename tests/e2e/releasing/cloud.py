"""AWS of an environment, for the commands that workflows run as processes of their own.

ECS is the state machine of the release tool's tests (no emulator deploys blue/green), here behind ECS's own protocol;
everything else is moto's. One clock moves both: as it is while containers start, and faster while ECS only waits.
"""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
from botocore import xform_name
from botocore.exceptions import ClientError

from deploy.release.figures import REPOSITORY, environment
from tests.contract.moto_server import moto_server
from tests.unit.release.account import furnish
from tests.unit.release.world import World

WAITING_SPEED = 400.0
"""A release's hour of steps and baking passes in nine seconds."""
NO_IMAGE = "ImageNotFoundException"


class QuickClock:
    """Time since it was made, at a speed that can be changed; it never goes back."""

    def __init__(self) -> None:
        self._at, self._since, self._speed = datetime.now(UTC), time.monotonic(), WAITING_SPEED

    def now(self) -> datetime:
        """Returns its time, which is ahead of the machine's."""
        return self._at + timedelta(seconds=(time.monotonic() - self._since) * self._speed)

    def wait(self, seconds: float) -> None:
        """Nobody waits by it. Raises: AssertionError."""
        raise AssertionError(f"the release tool waits by its own clock, not by this one: {seconds} s")

    @contextmanager
    def as_it_is(self) -> Iterator[None]:
        """Inside, it goes as fast as the machine's."""
        self._go(1.0)
        try:
            yield
        finally:
            self._go(WAITING_SPEED)

    def _go(self, speed: float) -> None:
        self._at, self._since, self._speed = self.now(), time.monotonic(), speed


class Cloud:
    """AWS of one environment, all services of which run one image.

    Attributes:
        world: ECS, Terraform's state and the alarms.
        lock: whoever asks or changes the world holds it.
        clock: the world's.
    """

    def __init__(self, name: str, directory: Path, on: str, moto_url: str) -> None:
        self.environment = environment(name)
        self.clock = QuickClock()
        self.world = World(name, directory, on=on, clock=self.clock)
        self.lock = threading.Lock()
        self._moto_url = moto_url
        self._server = _EcsServer(self)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        furnish(self.client, self.environment)

    def close(self) -> None:
        """Ends ECS's server."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def variables(self) -> Mapping[str, str]:
        """What the action that takes a role leaves in the environment of later steps, and where AWS is."""
        return {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_SESSION_TOKEN": "test",
            "AWS_ENDPOINT_URL": self._moto_url,
            "AWS_ENDPOINT_URL_ECS": f"http://127.0.0.1:{self._server.server_port}",
        }

    @cache  # noqa: B019 - as many as there are services, for the length of a test
    def client(self, service: str, region: str) -> Any:
        """Returns a client of moto's account."""
        return boto3.client(
            service, region_name=region, endpoint_url=self._moto_url,
            aws_access_key_id="test", aws_secret_access_key="test",
        )  # fmt: skip

    def ask_ecs(self, region: str, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answers a call of ECS. Raises: ClientError."""
        with self.lock:
            self.world.run()
            answer: dict[str, Any] = getattr(self.world.ecs[region], xform_name(operation))(**request)
            return answer

    # The registry.

    def manifest_of(self, digest: str) -> str | None:
        """Returns an image's manifest; ``None`` where the registry has no such image."""
        with_digest = [{"imageDigest": digest}]
        found = self._registry().batch_get_image(repositoryName=REPOSITORY, imageIds=with_digest)["images"]
        return str(found[0]["imageManifest"]) if found else None

    def put_image(self, digest: str, manifest: str, tag: str) -> None:
        """Adds an image to the registry."""
        self._registry().put_image(repositoryName=REPOSITORY, imageManifest=manifest, imageTag=tag, imageDigest=digest)

    def _registry(self) -> Any:
        return self.client("ecr", self.environment.regions[0])

    # What happens there.

    def alarm_stands(self, *, stands: bool) -> None:
        """Has one of the alarms that end a release stand, or no longer."""
        region, name = self.environment.regions[0], f"{self.environment.alarm_prefix}0"
        cloudwatch = self.client("cloudwatch", region)
        cloudwatch.put_metric_alarm(
            AlarmName=name, Namespace="BBWS/Orders", MetricName="errors", Statistic="Sum", Period=60,
            EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
        )  # fmt: skip
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM" if stands else "OK", StateReason="test")
        self.world.standing[region] = {name} if stands else set()

    def release_before(self, digest: str) -> None:
        """Has had a release in steps to this image, which is through: what a rollback finds."""
        with self.lock:
            applying = self.world.terraform.apply(self.world.terraform.plan(digest, at_once=False))
        while not self._ended(applying):
            threading.Event().wait(0.05)

    def _ended(self, applying: Any) -> bool:
        with self.lock:
            self.world.run()
            ended = applying.ended()
        assert ended is None or ended.ok, ended
        return ended is not None


@contextmanager
def clouds(directory: Path, on: Mapping[str, str]) -> Iterator[dict[str, Cloud]]:
    """Runs AWS of environments by their name, each with the image that all of its services run."""
    with ExitStack() as opened:
        made = {}
        for name, digest in on.items():
            url = opened.enter_context(moto_server(environment(name).account))
            made[name] = Cloud(name, directory, digest, url)
            opened.callback(made[name].close)
        yield made


class _EcsServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(("127.0.0.1", 0), _Ecs)
        self.cloud = cloud


class _Ecs(BaseHTTPRequestHandler):
    """ECS's protocol, JSON 1.1: operation, region and request are where botocore puts them."""

    server: _EcsServer

    def do_POST(self) -> None:
        operation = self.headers["X-Amz-Target"].rpartition(".")[2]
        region = self.headers["Authorization"].partition("Credential=")[2].split("/")[2]
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        for window in [request["createdAt"]] if "createdAt" in request else []:
            window.update({end: datetime.fromtimestamp(at, UTC) for end, at in window.items()})
        try:
            self._answer(200, self.server.cloud.ask_ecs(region, operation, request))
        except ClientError as error:
            self._answer(400, {"__type": error.response["Error"]["Code"], "message": str(error)})

    def _answer(self, status: int, answer: Mapping[str, Any]) -> None:
        body = json.dumps(answer, default=datetime.timestamp).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the class above
        """Nobody reads an access log here."""
