"""The emulator as an operating system process: who it is, whether it lives, what it is started with."""

import json
import os
import signal
import socket
import subprocess
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from orders.adapters.privacy.files import private_directory, write_private

LOOPBACK = "127.0.0.1"
STATE_DIR, GATEWAY_PORT = "STATE_DIR", "GATEWAY_PORT"
"""Variables of the emulator's environment, by which it is known whose it is when its record is lost."""
_HEALTH_PATH = "/_ministack/health"
_HEALTH_TIMEOUT_SECONDS = 2.0
_PROGRAM = "import os, runpy; os.umask(0o077); runpy.run_module('ministack', run_name='__main__', alter_sys=True)"
"""The emulator, whose files are for this user alone."""
# The services this project uses. The others would answer too, and take memory once asked.
_SERVICES = "dynamodb,dynamodbstreams,events,s3,secretsmanager,ses,sns,sqs,ssm,sts"


@dataclass(frozen=True, slots=True)
class RunningEmulator:
    """A started emulator. `started` is the system's own word for when, so that a reused process id is noticed."""

    data_dir: Path
    pid: int
    port: int
    started: str

    @property
    def url(self) -> str:
        """Endpoint address for AWS clients."""
        return f"http://{LOOPBACK}:{self.port}"

    def is_alive(self) -> bool:
        """Returns whether this very process still runs; false for a zombie."""
        with suppress(ChildProcessError):
            # Collects it if it is this process's own child: otherwise it would stay as a zombie.
            os.waitpid(self.pid, os.WNOHANG)
        return start_mark(self.pid) == self.started

    def answers(self) -> bool:
        """Returns whether its health endpoint answers as MiniStack does, within two seconds."""
        try:
            with urllib.request.urlopen(self.url + _HEALTH_PATH, timeout=_HEALTH_TIMEOUT_SECONDS) as response:  # noqa: S310 - always http, on loopback
                return "services" in json.load(response)
        except (OSError, ValueError):
            return False


@dataclass(frozen=True, slots=True)
class EmulatorFiles:
    """The paths of an emulator's files, all below one data directory."""

    data_dir: Path

    @classmethod
    def of_state(cls, state_dir: Path) -> "EmulatorFiles":
        """Returns the files of the emulator with this ``STATE_DIR``."""
        return cls(state_dir.parents[1])

    @property
    def state(self) -> Path:
        """Everything MiniStack writes."""
        return self.data_dir / "emulator"

    @property
    def log(self) -> Path:
        """Output of the running emulator; that of the one before has `.1` appended."""
        return self.data_dir / "emulator.log"

    @property
    def lock(self) -> Path:
        """Lock file, held while a process starts or stops the emulator."""
        return self.data_dir / "emulator.lock"

    @property
    def record(self) -> Path:
        """The running emulator's identity, as JSON."""
        return self.data_dir / "emulator.json"

    def prepare(self) -> None:
        """Makes the directories, for this user alone: orders are in them."""
        for directory in (self.data_dir, self.state, self.state / "tmp"):
            private_directory(directory)

    def read_record(self) -> RunningEmulator | None:
        """Returns the emulator last started here, alive or not; None without a readable record."""
        try:
            found = json.loads(self.record.read_text("utf-8"))
            pid, port, started = int(found["pid"]), int(found["port"]), str(found["started"])
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return RunningEmulator(self.data_dir, pid=pid, port=port, started=started)

    def write_record(self, running: RunningEmulator) -> None:
        """Records who the running emulator is; a reader sees the old record or the new, never half of one."""
        new = self.record.with_suffix(".new")
        record = {"pid": running.pid, "port": running.port, "started": running.started}
        write_private(new, json.dumps(record).encode())
        new.replace(self.record)

    def last_lines(self, count: int = 15) -> str:
        """Returns the end of the log, for error messages."""
        with suppress(OSError):
            return "\n".join(self.log.read_text("utf-8", errors="replace").splitlines()[-count:])
        return "(no log)"


def spawn(files: EmulatorFiles, python: Path, *, port: int, region: str) -> RunningEmulator:
    """Starts the emulator in a session of its own, so that neither Ctrl-C nor this process's end reaches it.

    Raises:
        OSError: `python` can't be executed.
    """
    if files.log.exists():
        files.log.replace(files.log.with_suffix(".log.1"))
    output = (os.POSIX_SPAWN_OPEN, 1, files.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    # Not Popen: its object would have to live, and warn, for as long as the emulator does.
    pid = os.posix_spawn(
        python,
        [str(python), "-I", "-u", "-c", _PROGRAM],
        _environment(files.state, port=port, region=region),
        file_actions=[(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0), output, (os.POSIX_SPAWN_DUP2, 1, 2)],
        setsid=True,
        setsigdef=[signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE],
    )
    return RunningEmulator(files.data_dir, pid=pid, port=port, started=start_mark(pid) or "")


def _environment(state: Path, *, port: int, region: str) -> dict[str, str]:
    """Makes the emulator's whole environment: nothing is inherited, so no credentials or settings leak into it."""
    return {
        "PATH": os.defpath,
        "HOME": str(state),
        # It puts a pid file and certificates there, and would take another project's for its own.
        "TMPDIR": str(state / "tmp"),
        "BIND_HOST": LOOPBACK,
        GATEWAY_PORT: str(port),
        "MINISTACK_REGION": region,
        "SERVICES": _SERVICES,
        "PERSIST_STATE": "1",
        STATE_DIR: str(state / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(state / "s3"),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        # It removes leftover containers at start; a socket that doesn't exist keeps it from looking for a daemon.
        "DOCKER_HOST": f"unix://{state}/no-docker.sock",
        "LOG_LEVEL": "WARNING",
    }


def start_mark(pid: int) -> str | None:
    """Returns when the process started, as the system writes it; None if there is no such process or it has ended."""
    if Path("/proc/self/stat").exists():
        try:
            stat = Path(f"/proc/{pid}/stat").read_text("ascii", errors="replace")
        except OSError:
            return None
        # The second field is the command's name in brackets, which may hold anything, blanks and brackets too.
        fields = stat.rpartition(")")[2].split()
        state, started = fields[0], fields[19]
        return None if state in {"Z", "X"} else started
    command = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    shown = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603 - a number only
    return None if not shown or shown.startswith("Z") else shown.partition(" ")[2].strip()


def free_port(preferred: int) -> int:
    """Returns `preferred` if nothing listens there, else a port that the system picks."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind((LOOPBACK, preferred))
            return preferred
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
