"""Why a process can't run: always one message for people, never a traceback."""


class CannotRun(Exception):
    """The process can't start or go on; the message names what is wrong and what would be right."""
