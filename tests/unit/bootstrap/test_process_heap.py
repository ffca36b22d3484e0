"""A process that serves for long collects garbage without looking at what it has loaded."""

import subprocess
import sys


def test_what_a_process_has_loaded_is_taken_out_of_garbage_collection() -> None:
    program = (
        "import asyncio, gc\n"
        "from orders.bootstrap.server import signals\n"
        "signals.BUILT_AFTER_SECONDS = 0\n"
        "async def main(stop):\n"
        "    before = gc.get_freeze_count()\n"
        "    for _ in range(3):\n"
        "        await asyncio.sleep(0)\n"
        "    print(before, gc.get_freeze_count())\n"
        "signals.run_until_stopped(main)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    before, after = map(int, done.stdout.split())
    assert before == 0
    assert after > 10_000
