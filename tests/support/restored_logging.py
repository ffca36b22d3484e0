"""Logging as it was before: for tests that configure it."""

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog


@contextmanager
def restored_logging() -> Iterator[None]:
    """Give every logger back its level and handlers, and structlog its configuration."""
    named = (logging.getLogger(name) for name in list(logging.Logger.manager.loggerDict))
    kept = [(logger, list(logger.handlers), logger.level, logger.propagate) for logger in (logging.getLogger(), *named)]
    before = set(logging.Logger.manager.loggerDict)
    try:
        yield
    finally:
        for logger, handlers, level, propagate in kept:
            for handler in set(logger.handlers) - set(handlers):
                handler.close()
            logger.handlers[:] = handlers
            logger.setLevel(level)
            logger.propagate = propagate
        for name in set(logging.Logger.manager.loggerDict) - before:
            logger = logging.getLogger(name)
            for handler in logger.handlers:
                handler.close()
            logger.handlers.clear()
            logger.setLevel(logging.NOTSET)
            logger.propagate = True
        structlog.reset_defaults()


@contextmanager
def restored_hooks() -> Iterator[None]:
    """Give the interpreter back what it does with errors that nothing caught, and with warnings."""
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    try:
        yield
    finally:
        logging.captureWarnings(False)
        sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
