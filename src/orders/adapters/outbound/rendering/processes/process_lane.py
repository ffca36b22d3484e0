"""One process that does one piece of work at a time, replaced when it is worn out, stuck or gone."""

import asyncio
import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Generic, TypeVar

from orders.adapters.outbound.rendering.pdf.weasyprint_pdf import ContentFault
from orders.adapters.outbound.rendering.processes.parent_process import end_with_parent
from orders.adapters.privacy.exceptions import safe_error_text
from orders.ports.errors import RenderingFailed, TransientPortError

Job = TypeVar("Job")
Made = TypeVar("Made")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Program(Generic[Job, Made]):
    """What a process does: functions of modules, which are all that can be named to another process.

    Attributes:
        dependency: what errors call it, such as ``document renderer``.
        product: what one piece of work makes, such as ``a document``.
        prepare: called first, with the address space that it may take.
        warm: called next, so that the first piece of work doesn't wait for what has to be loaded.
        run: makes what a job asks for; a ContentFault is the job's own, not the process's.
    """

    dependency: str
    product: str
    prepare: Callable[[int | None], None]
    warm: Callable[[], None]
    run: Callable[[Job], Made]


class OutOfBounds(TransientPortError):
    """A piece of work took more time or memory than it may; its process is gone."""


class ProcessDied(TransientPortError):
    """The process was killed: by the machine, for its memory, or by what it worked on."""


@dataclass(frozen=True, slots=True)
class _Worker:
    """A pool of one process, and when it will have loaded everything."""

    pool: ProcessPoolExecutor
    warm: "Future[None]"


class ProcessLane(Generic[Job, Made]):
    """Runs jobs, one after another, in a worker process of its own.

    A pool of several would not do: nobody could say which of its processes is stuck, and ending one ends them all,
    with the neighbours' documents.

    Args:
        documents_per_process: after so many jobs another process takes over, as soon as it is warm.
        memory_limit_bytes: address space the process may take.
        timeout_seconds: how long one job may take before its process is killed.
        start_seconds: how long a process may take to start and get warm; ``None`` for as long as a job.
    """

    def __init__(
        self,
        program: Program[Job, Made],
        *,
        documents_per_process: int,
        memory_limit_bytes: int | None,
        timeout_seconds: float,
        start_seconds: float | None = None,
    ) -> None:
        self._program = program
        self._start_seconds = start_seconds
        self._documents_per_process = documents_per_process
        self._memory_limit_bytes = memory_limit_bytes
        self._timeout_seconds = timeout_seconds
        self._documents = 0
        self._worker: _Worker | None = None
        self._successor: _Worker | None = None

    @property
    def process_id(self) -> int | None:
        """The process that the next job goes to, ``None`` while there is none."""
        processes = _processes(self._worker)
        return processes[0].pid if processes else None

    async def warm_up(self) -> None:
        """Start the process and have it load all that a first document needs. Raises: TransientPortError."""
        if self._worker is None:
            self._worker = self._start()
        await self._outcome(self._worker.warm, within=self._start_seconds)

    async def render(self, job: Job) -> Made:
        """What the job asks for.

        Raises:
            RenderingFailed: the fault is the content's.
            OutOfBounds, ProcessDied, TransientPortError: the process ran out of memory or time, was killed, or lacks
                something. Another takes its place.
        """
        self._change_over()
        if self._worker is None:
            self._worker = self._start()
        self._documents += 1
        made = await self._outcome(self._submit(self._worker.pool, job))
        if self._documents >= self._documents_per_process and self._successor is None:
            self._successor = self._start()
        return made

    async def close(self) -> None:
        """End the process, at once if it is busy."""
        workers = [worker for worker in (self._worker, self._successor) if worker is not None]
        self._worker = self._successor = None
        self._documents = 0
        for worker in workers:
            await asyncio.to_thread(_end, worker)

    def _change_over(self) -> None:
        """Let the successor take over if it is warm; the old process, which is idle, ends by itself."""
        if self._successor is None or not self._successor.warm.done():
            return
        if self._worker is not None:
            self._worker.pool.shutdown(wait=False)
        self._worker, self._successor, self._documents = self._successor, None, 0

    def _start(self) -> _Worker:
        pool = ProcessPoolExecutor(
            max_workers=1,
            # A forked process would inherit the service's threads' locks, a fork server would need a socket on disk.
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(
                self._program.prepare,
                self._memory_limit_bytes,
                threading.current_thread() is threading.main_thread(),
            ),
        )
        return _Worker(pool, pool.submit(self._program.warm))

    def _submit(self, pool: ProcessPoolExecutor, job: Job) -> "Future[Made]":
        try:
            return pool.submit(self._program.run, job)
        except BrokenProcessPool as error:
            # The process was killed while it had nothing to do.
            failed: Future[Made] = Future()
            failed.set_exception(error)
            return failed

    async def _outcome(self, future: "Future[_Result]", *, within: float | None = None) -> _Result:
        """What comes of the future; unless that is an answer, the process is ended."""
        seconds, product = within or self._timeout_seconds, self._program.product
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.wrap_future(future)
        except ContentFault as fault:
            raise RenderingFailed(str(fault)) from None
        except TimeoutError:
            raise await self._ended(OutOfBounds, f"{product} took longer than {seconds:g} s") from None
        except MemoryError:
            raise await self._ended(OutOfBounds, f"{product} took more memory than a process may have") from None
        except BrokenProcessPool:
            raise await self._ended(ProcessDied, "the process was killed") from None
        except (ImportError, OSError) as error:
            lacking = f"the process lacks something of its machine ({safe_error_text(error)})"
            raise await self._ended(TransientPortError, lacking) from error
        except asyncio.CancelledError:
            # The process goes on with what nobody waits for any more: the next job must not queue behind it.
            await asyncio.shield(self.close())
            raise

    async def _ended(self, kind: type[TransientPortError], detail: str) -> TransientPortError:
        await self.close()
        return kind(self._program.dependency, detail)


def _begin(prepare: Callable[[int | None], None], memory_limit_bytes: int | None, by_main_thread: bool) -> None:
    """What a process does first: it sees to it that it doesn't outlive the service, which ``kill -9`` can end."""
    end_with_parent(by_kernel=by_main_thread)
    prepare(memory_limit_bytes)


def _end(worker: _Worker) -> None:
    for process in _processes(worker):
        process.kill()
    worker.pool.shutdown(wait=True, cancel_futures=True)


def _processes(worker: _Worker | None) -> list[multiprocessing.process.BaseProcess]:
    # The executor has no way of its own to end a process before Python 3.14.
    return list((worker.pool._processes or {}).values()) if worker else []
