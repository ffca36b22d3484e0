"""Ties a worker process to its parent: it ends when the parent does, however that ends."""

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

_PR_SET_PDEATHSIG = 1
"""Of ``prctl`` (Linux): the signal that the kernel sends when the thread that started this process ends."""


def end_with_parent(*, by_kernel: bool) -> None:
    """Makes this process end within a moment of its parent's death, including ``kill -9``.

    On Linux the kernel kills it without delay. Elsewhere a thread waits for the end of a pipe that only the parent
    holds open; it needs the interpreter's lock, which a regular expression can hold for long.

    Args:
        by_kernel: true if the parent's main thread has started this process. The kernel follows that thread, not the
            process: started by another thread, this process would end with that thread.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return  # no parent process, as when a test calls a worker's functions directly
    if by_kernel and _killed_by_kernel():
        if wait([parent.sentinel], timeout=0):
            os._exit(1)  # the parent died before the kernel was told
        return
    # Not in addition to the kernel: a thread takes address space, of which these processes have little.
    threading.Thread(target=_outlive, args=(parent,), name="end-with-parent", daemon=True).start()


def _killed_by_kernel() -> bool:
    return sys.platform == "linux" and bool(ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) == 0)


def _outlive(parent: BaseProcess) -> None:
    wait([parent.sentinel])
    # No clean-up: nothing is left to hand over, and it could block on whatever is stuck.
    os._exit(1)
