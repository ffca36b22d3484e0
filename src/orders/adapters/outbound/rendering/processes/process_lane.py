"""A worker process that runs one job at a time and is replaced when worn out, stuck or dead."""

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
    """The functions that a process runs, given by module so that they can be named to another process.

    Attributes:
        dependency: its name in errors, such as ``document renderer``.
        product: the product of one job, such as ``a document``.
        prepare: called first, with the address space limit.
        warm: called next, so that the first job doesn't wait for loading.
        run: runs a job; a ContentFault is the job's own, not the process's.
    """

    dependency: str
    product: str
    prepare: Callable[[int | None], None]
    warm: Callable[[], None]
    run: Callable[[Job], Made]


class OutOfBounds(TransientPortError):
    """A job exceeded its time or memory limit; its process is gone."""


class ProcessDied(TransientPortError):
    """The process was killed: by the machine, for its memory, or by its job."""


@dataclass(frozen=True, slots=True)
class _Worker:
    """A pool of one process, and the future of its warm-up."""

    pool: ProcessPoolExecutor
    warm: "Future[None]"


class ProcessLane(Generic[Job, Made]):
    """Runs jobs, one after another, in a worker process of its own.

    A pool of several would not do: it does not tell which process is stuck, and killing one ends them all, with the
    other jobs.

    Args:
        documents_per_process: number of jobs after which another process takes over, once it is warm.
        memory_limit_bytes: address space limit of the process.
        timeout_seconds: time limit of one job, after which its process is killed.
        start_seconds: time limit for starting and warming up a process; ``None`` for that of a job.
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
        """The id of the process for the next job; ``None`` while there is none."""
        processes = _processes(self._worker)
        return processes[0].pid if processes else None

    async def warm_up(self) -> None:
        """Starts the process and loads all that a first document needs. Raises: TransientPortError."""
        if self._worker is None:
            self._worker = self._start()
        await self._outcome(self._worker.warm, within=self._start_seconds)

    async def render(self, job: Job) -> Made:
        """Runs the job and returns its result.

        Raises:
            RenderingFailed: the content is at fault.
            OutOfBounds, ProcessDied, TransientPortError: the process exceeded memory or time, was killed, or lacks
            something;
                it is replaced.
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
        """Stops the process, at once if it is busy."""
        workers = [worker for worker in (self._worker, self._successor) if worker is not None]
        self._worker = self._successor = None
        self._documents = 0
        for worker in workers:
            await asyncio.to_thread(_end, worker)

    def _change_over(self) -> None:
        """Switches to the successor if it is warm; the old process, which is idle, ends by itself."""
        if self._successor is None or not self._successor.warm.done():
            return
        if self._worker is not None:
            self._worker.pool.shutdown(wait=False)
        self._worker, self._successor, self._documents = self._successor, None, 0

    def _start(self) -> _Worker:
        pool = ProcessPoolExecutor(
            max_workers=1,
            # A fork would inherit locks of the service's threads, a fork server would need a socket on disk.
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
            # The process was killed while idle.
            failed: Future[Made] = Future()
            failed.set_exception(error)
            return failed

    async def _outcome(self, future: "Future[_Result]", *, within: float | None = None) -> _Result:
        """Waits for the future's result; if there is none in time, the process is killed."""
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
            # The process goes on with an abandoned job: the next one must not queue behind it.
            await asyncio.shield(self.close())
            raise

    async def _ended(self, kind: type[TransientPortError], detail: str) -> TransientPortError:
        await self.close()
        return kind(self._program.dependency, detail)


def _begin(prepare: Callable[[int | None], None], memory_limit_bytes: int | None, by_main_thread: bool) -> None:
    """Prepares a new process; ties it to the service first, so that it does not survive a ``kill -9``."""
    end_with_parent(by_kernel=by_main_thread)
    prepare(memory_limit_bytes)


def _end(worker: _Worker) -> None:
    for process in _processes(worker):
        process.kill()
    worker.pool.shutdown(wait=True, cancel_futures=True)


def _processes(worker: _Worker | None) -> list[multiprocessing.process.BaseProcess]:
    # Before Python 3.14 the executor has no way to kill a process.
    return list((worker.pool._processes or {}).values()) if worker else []
