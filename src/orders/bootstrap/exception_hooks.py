"""Exception hooks: log uncaught errors and warnings of the interpreter.

Python prints them to standard error with their messages; these hooks send them through the log, where they are masked.
``faulthandler``'s output after a crash of the interpreter has files and lines and no values.
"""

import logging
import sys
import threading
from types import TracebackType

_log = logging.getLogger(__name__)


def install_exception_hooks() -> None:
    """Installs the hooks. For processes only: they apply to the whole interpreter."""
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    sys.unraisablehook = _unraisable
    logging.captureWarnings(True)


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    _log.critical("the process ends by an error that nothing caught", exc_info=(kind, error, trace))


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
        _log.error("a thread ended by an error", exc_info=args.exc_value)


def _unraisable(args: "sys.UnraisableHookArgs") -> None:
    _log.error("an error where none can be raised", exc_info=args.exc_value)
