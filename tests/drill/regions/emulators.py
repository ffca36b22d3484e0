"""The emulators of a drill, started once for all drills of a process and emptied before each."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from orders.bootstrap.dev import emulator
from tests.support.ports import free_port

_RESET = "/_ministack/reset"


@dataclass(frozen=True, slots=True)
class Emulators:
    """Running emulators: addresses by region."""

    addresses: Mapping[str, str]

    async def empty(self) -> None:
        """Make each as it was when it had started: what a drill has left, the next one never sees."""
        async with aiohttp.ClientSession(raise_for_status=True) as session:
            for address in self.addresses.values():
                async with session.post(address + _RESET):
                    pass


@asynccontextmanager
async def running_emulators(directory: Path, regions: Sequence[str]) -> AsyncIterator[Emulators]:
    """One emulator for each region, on ports of their own; none is left running."""
    async with AsyncExitStack() as stack:
        started = await asyncio.gather(*(_started(stack, directory, region) for region in regions))
        yield Emulators(dict(zip(regions, started, strict=True)))


async def _started(stack: AsyncExitStack, directory: Path, region: str) -> str:
    python = emulator.emulator_python()
    running = await emulator.start(directory / f"emulator-{region}", python, preferred_port=free_port(), region=region)
    stack.push_async_callback(asyncio.to_thread, emulator.stop, running)
    return running.url
