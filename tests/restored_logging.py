"""Logging as it was before: for tests that configure it."""

import logging
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
            logger.handlers[:] = handlers
            logger.setLevel(level)
            logger.propagate = propagate
        for name in set(logging.Logger.manager.loggerDict) - before:
            logging.getLogger(name).setLevel(logging.NOTSET)
        structlog.reset_defaults()
