"""Several drills at once, each in a process with emulators, ports and directories of its own."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

_PATIENCE_SECONDS = 60.0
"""So long a process may take to end all that it has started."""


def shares(seeds: Sequence[int], processes: int) -> list[list[int]]:
    """Deals the seeds out; no process is without."""
    dealt = [list(seeds[first::processes]) for first in range(processes)]
    return [share for share in dealt if share]


async def run_side_by_side(
    seeds: Sequence[int], processes: int, directory: Path, options: Sequence[str], say: Callable[[str], None]
) -> bool:
    """Run the drills of these seeds and return whether each process has ended well.

    Args:
        directory: each drill leaves its evidence there, in a directory named by its seed.
        options: of the command that are the same for all.
        say: is given each line that a process prints.
    """
    running: list[asyncio.subprocess.Process] = []
    try:
        for share in shares(seeds, processes):
            named = ("--seeds", ",".join(map(str, share)), "--keep", str(directory), *options)
            command, pipe = (sys.executable, "-m", "tests.drill", *named), asyncio.subprocess.PIPE
            running.append(
                await asyncio.create_subprocess_exec(
                    *command, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=asyncio.subprocess.STDOUT
                )
            )
        await asyncio.gather(*(_passed_on(process, say) for process in running))
        return not any([await process.wait() for process in running])
    finally:
        for process in running:
            if process.returncode is None:
                process.terminate()
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await asyncio.gather(*(process.wait() for process in running))


async def _passed_on(process: asyncio.subprocess.Process, say: Callable[[str], None]) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        say(line.decode(errors="replace").rstrip())
