"""A process that ends when the one that started it is gone, however that ended: run inside worker processes."""

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
    """Have this process end within a moment of its parent's death, a ``kill -9`` included.

    On Linux the kernel kills it, which nothing delays. Elsewhere a thread waits for the end of a pipe that only the
    parent holds open; it needs the interpreter's lock, which a regular expression can hold for long.

    Args:
        by_kernel: whether the parent's main thread has started this process. The kernel goes by that thread, not by
            the process: started by another thread, this process would end with that one.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return  # nobody's child, as when a test calls a worker's functions itself
    if by_kernel and _killed_by_kernel():
        if wait([parent.sentinel], timeout=0):
            os._exit(1)  # it died before the kernel was told
        return
    # Not beside the kernel: a thread takes address space, which these processes have little of.
    threading.Thread(target=_outlive, args=(parent,), name="end-with-parent", daemon=True).start()


def _killed_by_kernel() -> bool:
    return sys.platform == "linux" and bool(ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) == 0)


def _outlive(parent: BaseProcess) -> None:
    wait([parent.sentinel])
    # Nobody is left to whom anything could be handed over: no clean-up, which could wait for what is stuck.
    os._exit(1)
