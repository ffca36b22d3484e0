"""What signals do to a process, tried on one of its own."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

_PROGRAM = """
import asyncio
from orders.bootstrap.server.signals import run_until_stopped

async def main(stop):
    print("runs", flush=True)
    await stop.wait()
    print("stops", flush=True)
    await asyncio.Event().wait()

run_until_stopped(main, last_words={last_words!r})
"""


@contextmanager
def running(last_words: str | None) -> Iterator[subprocess.Popen[str]]:
    program = _PROGRAM.format(last_words=last_words)
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("last_words", [None, "all is kept"])
def test_the_second_signal_ends_the_process_at_once_with_its_last_words(
    last_words: str | None, number: signal.Signals
) -> None:
    with running(last_words) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "runs\n"
        process.send_signal(number)
        assert process.stdout.readline() == "stops\n"
        process.send_signal(number)
        assert process.stdout.read() == ("" if last_words is None else f"\n{last_words}\n")
        assert process.wait(timeout=30) == -number
