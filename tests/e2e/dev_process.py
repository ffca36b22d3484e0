"""`orders dev` as a user runs it: a process group of its own, on ports and a data directory of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.e2e.stack import Stack
from tests.support.eventually import eventually
from tests.support.ports import free_port

__all__ = ["ORDERS", "Dev", "free_port"]

ORDERS = Path(sys.executable).with_name("orders")


class Dev(Stack):
    """Starts, kills and stops `orders dev`."""

    def __init__(self, data_dir: Path, *, orders: Path = ORDERS, options: Sequence[str] = ()) -> None:
        """``orders`` is the command, by default that of this environment; ``options`` go to its `dev`."""
        self._orders = orders
        self._options = options
        self.port = free_port()
        super().__init__(f"http://127.0.0.1:{self.port}")
        self.environment = os.environ | {"ORDERS_DATA_DIR": str(data_dir), "EMULATOR_PORT": str(free_port())}
        self.log = data_dir.parent / "dev.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it says that it is ready."""
        with self.log.open("ab") as log:
            began = self.log.stat().st_size
            self.process = subprocess.Popen(
                [str(self._orders), "dev", "--port", str(self.port), *self._options],
                env=self.environment, stdout=log, stderr=log, start_new_session=True, umask=0,
            )  # fmt: skip
        eventually(
            lambda: f"orders is ready on {self.base}" in self.output(began) or self.process.poll() is not None,  # type: ignore[union-attr]
            within_seconds=60,
            what="ready",
        )
        assert self.process.poll() is None, self.output(began)

    def output(self, since: int = 0) -> str:
        """Returns the output."""
        return self.log.read_bytes()[since:].decode()

    def kill(self) -> None:
        """kill -9 of its whole process group; the emulator lives in another one."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> int:
        """Ctrl-C."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(60)

    def remove(self) -> None:
        """See ``Stack.remove``."""
        if self.process is not None and self.process.poll() is None:
            self.stop()
        subprocess.run(
            [str(self._orders), "dev", "--stop"], env=self.environment, check=True, capture_output=True, timeout=60
        )
        self.client.close()

    @property
    def aws_url(self) -> str:
        """See ``Stack.aws_url``."""
        line = next(line for line in self.output().splitlines() if "emulated AWS on" in line)
        return line.rpartition(" ")[2]

    def orders_token(self, *arguments: str) -> str:
        """See ``Stack.orders_token``."""
        command = [str(self._orders), "token", *arguments]
        printed = subprocess.run(command, env=self.environment, check=True, capture_output=True, text=True, timeout=30)
        return printed.stdout.strip()
