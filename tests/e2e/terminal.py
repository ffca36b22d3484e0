"""`orders dev` on a terminal: what is typed there, and what somebody sees."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading
from pathlib import Path

from tests.e2e.dev_process import Dev
from tests.support.eventually import eventually

COLUMNS, LINES = 80, 50
_LINK = re.compile(r"\x1b\]8;[^\x1b]*\x1b\\")
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


class TerminalDev(Dev):
    """Starts `orders dev` on a pseudo-terminal of 80 columns, and answers what it asks."""

    def __init__(self, data_dir: Path, *, answer: str) -> None:
        """``answer`` is typed at the question of the first start."""
        super().__init__(data_dir)
        self._answer = answer
        self._raw = b""
        self._reader: threading.Thread | None = None
        self._terminal = -1

    def start(self) -> None:
        """Start it, answer its question, and wait until it says that it is ready."""
        self._terminal, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        environment = {**self.environment, "TERM": "xterm-256color"}
        for name in ("COLUMNS", "LINES", "NO_COLOR"):
            environment.pop(name, None)
        self.process = subprocess.Popen(
            [str(self._orders), "dev", "--port", str(self.port)],
            env=environment, stdin=other, stdout=other, stderr=other, start_new_session=True,
        )  # fmt: skip
        os.close(other)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.sees("[Y/n]", within_seconds=30)
        os.write(self._terminal, self._answer.encode() + b"\n")
        self.sees(f"orders is ready on {self.base}", within_seconds=60)

    def output(self, since: int = 0) -> str:
        """Returns what is to be read on the terminal, without what moves and colours it."""
        return _CONTROL.sub("", _LINK.sub("", self._raw[since:].decode(errors="replace")))

    @property
    def raw(self) -> str:
        """What was written to the terminal."""
        return self._raw.decode(errors="replace")

    def sees(self, words: str, *, within_seconds: float = 60) -> None:
        """Wait until these words stand on the terminal."""
        eventually(
            lambda: words in self.output() or (self.process is not None and self.process.poll() is not None),
            within_seconds=within_seconds, what=words,
        )  # fmt: skip
        assert words in self.output(), self.output()

    def remove(self) -> None:
        """See ``Stack.remove``."""
        super().remove()
        if self._reader is not None:
            self._reader.join(10)
        if self._terminal >= 0:
            os.close(self._terminal)

    def _read(self) -> None:
        while True:
            try:
                got = os.read(self._terminal, 65536)
            except OSError:
                return  # nobody has the other end any more
            if not got:
                return
            self._raw += got
