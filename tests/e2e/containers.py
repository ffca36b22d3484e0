"""The Compose stack, on ports and under a project name of its own."""

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from testcontainers.compose import DockerCompose

from orders.bootstrap.workers import WORKERS
from tests.e2e.stack import Stack
from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
IMAGE = "bbws-orders:local"
OURS = ("api", "relay", *WORKERS)


class ComposeStack(Stack):
    """Starts, kills and stops the containers of ``compose.yaml``."""

    def __init__(self, directory: Path) -> None:
        port, self._aws_port = free_port(), free_port()
        super().__init__(f"http://127.0.0.1:{port}")
        self.project = f"orders-e2e-{port}"
        self._settings: dict[str, object] = {
            "COMPOSE_PROJECT_NAME": self.project,
            "ORDERS_IMAGE": IMAGE,
            "ORDERS_PORT": port,
            "LOCALSTACK_PORT": self._aws_port,
        }
        directory.mkdir(parents=True, exist_ok=True)
        self._env_file = directory / "compose.env"
        for name in self._settings:
            # What the shell says would go before what the file says.
            os.environ.pop(name, None)
        self._write_settings()
        self.compose = DockerCompose(ROOT, compose_file_name="compose.yaml", env_file=str(self._env_file))

    def start(self) -> None:
        """See ``Stack.start``."""
        try:
            self.compose.start()
        except subprocess.CalledProcessError as error:
            raise AssertionError(f"{error.stderr.decode()}\n{self.logs()}") from error

    def run_image(self, image: str) -> None:
        """Has every container of ours run another image, as a deployment does; returns once all are healthy."""
        self._settings["ORDERS_IMAGE"] = image
        self._write_settings()
        self.run("up", "--detach", "--no-build", "--no-deps", "--wait", *OURS)

    def _write_settings(self) -> None:
        text = "".join(f"{name}={value}\n" for name, value in self._settings.items())
        self._env_file.write_text(text, encoding="utf-8")

    def kill(self) -> None:
        """See ``Stack.kill``."""
        self.docker("kill", "--signal", "KILL", *map(self.container, OURS))

    def stop(self) -> int:
        """See ``Stack.stop``."""
        self.run("stop", *OURS)
        codes: list[int] = [self.state(service)["ExitCode"] for service in OURS]
        return max(codes)

    def remove(self) -> None:
        """See ``Stack.remove``."""
        self.compose.stop()
        self.client.close()

    @property
    def aws_url(self) -> str:
        """See ``Stack.aws_url``."""
        return f"http://127.0.0.1:{self._aws_port}"

    def orders_token(self, *arguments: str) -> str:
        """See ``Stack.orders_token``."""
        return self.run("exec", "-T", "api", "orders", "token", *arguments).strip()

    def run(self, *arguments: str) -> str:
        """Runs `docker compose` and returns its output."""
        return _output([*self.compose.docker_compose_command(), *arguments])

    def docker(self, *arguments: str) -> str:
        """Runs `docker` and returns its output."""
        return _output(["docker", *arguments])

    def container(self, service: str) -> str:
        """The id of a service's container, running or not."""
        return self.run("ps", "--all", "--quiet", service).strip()

    def inspect(self, service: str) -> dict[str, Any]:
        """All that the engine knows of a service's container."""
        found: dict[str, Any] = json.loads(self.docker("inspect", self.container(service)))[0]
        return found

    def state(self, service: str) -> dict[str, Any]:
        """Returns whether the service runs, since when, and how it ended."""
        found: dict[str, Any] = self.inspect(service)["State"]
        return found

    def logs(self, *services: str) -> str:
        """Returns the services' logs."""
        return self.run("logs", "--no-color", *services)


def _output(command: Sequence[str]) -> str:
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)
    assert result.returncode == 0, f"{' '.join(command)}: {result.stderr}"
    return result.stdout
