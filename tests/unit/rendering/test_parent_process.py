"""Renderers end with the service that started them, even when that is killed in the middle of a rendering."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from orders.bootstrap.dev.emulator_process import start_mark
from tests.support.eventually import eventually

SERVICE = """
import asyncio, sys, threading
from orders.adapters.outbound.rendering.overrides import template_lane
from orders.adapters.outbound.rendering.pdf.renderer import PDFS
from orders.adapters.outbound.rendering.processes.process_lane import ProcessLane
from orders.adapters.outbound.rendering.processes.template_process import TemplateJob
from tests.unit.rendering.test_overrides import ENDLESS

async def main():
    pdfs = ProcessLane(PDFS, documents_per_process=9, memory_limit_bytes=None, timeout_seconds=600)
    templates = template_lane(timeout_seconds=600, memory_limit_bytes=None)
    await asyncio.gather(pdfs.warm_up(), templates.warm_up())
    job = TemplateJob("a.txt", (("a.txt", ENDLESS),), {"order": {"addresses": list(range(10**6))}}, 10**9)
    rendering = asyncio.ensure_future(templates.render(job))
    await asyncio.sleep(0)  # the job is handed over
    print(pdfs.process_id, templates.process_id, flush=True)
    await rendering

if __name__ == "__main__":
    if sys.argv[1] == "main":
        asyncio.run(main())
    else:
        thread = threading.Thread(target=asyncio.run, args=(main(),))
        thread.start()
        thread.join()
"""


@pytest.mark.skipif(os.name != "posix", reason="processes are killed as POSIX has it")
@pytest.mark.parametrize("started_by", ["main", "another"])
def test_a_killed_service_takes_its_renderers_along(tmp_path: Path, started_by: str) -> None:
    """Started by another thread than the main one, they notice by a pipe what the kernel tells them otherwise."""
    program = tmp_path / "service.py"
    program.write_text(SERVICE, "utf-8")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path.cwd()), *sys.path])}
    with subprocess.Popen(
        [sys.executable, str(program), started_by], stdout=subprocess.PIPE, env=environment, text=True
    ) as service:
        try:
            assert service.stdout is not None
            renderers = {int(each): start_mark(int(each)) for each in service.stdout.readline().split()}
            assert len(renderers) == 2
            assert None not in renderers.values()
        finally:
            service.send_signal(signal.SIGKILL)

    def left() -> list[int]:
        return [pid for pid, started in renderers.items() if start_mark(pid) == started]

    try:
        eventually(lambda: not left(), within_seconds=10, what="renderers of a killed service end")
    finally:
        for pid in left():
            os.kill(pid, signal.SIGKILL)
