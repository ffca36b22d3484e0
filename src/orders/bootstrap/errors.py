"""Errors that keep a process from running: always one message for people, never a traceback."""


class CannotRun(Exception):
    """The process can't start or continue; the message says what is wrong and what would be right."""
