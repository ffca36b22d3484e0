"""Long pieces of work with a pause between: an order of 500 lines takes tens of milliseconds to decide, show or keep.

Between two of them the event loop does whatever else there is, such as to say that the process is alive.
"""

import asyncio


async def others_turn() -> None:
    """Let everything else go first that is waiting for its turn."""
    await asyncio.sleep(0)
