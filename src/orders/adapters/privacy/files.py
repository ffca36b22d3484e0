"""Files and directories for this user alone, whatever the umask is: orders, mails, keys and records lie in them."""

import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import TextIO

DIRECTORY_MODE, FILE_MODE = 0o700, 0o600


def private_directory(path: Path) -> None:
    """Creates the directory and missing parents for this user only; an existing one is left unchanged. Raises:
    OSError.
    """
    missing = []
    while not path.exists():
        missing.append(path)
        path = path.parent
    for each in reversed(missing):
        each.mkdir(mode=DIRECTORY_MODE, exist_ok=True)
        each.chmod(DIRECTORY_MODE)  # a umask of 0277 would have taken our own rights too
    if not path.is_dir():
        raise NotADirectoryError(20, os.strerror(20), str(path))


def write_private(path: Path, content: bytes) -> None:
    """Writes a whole file, replacing its content. Raises: OSError."""
    with os.fdopen(_opened(path, os.O_WRONLY | os.O_TRUNC), "wb") as file:
        os.fchmod(file.fileno(), FILE_MODE)
        file.write(content)


def append_private(path: Path) -> TextIO:
    """Opens a file for appending text. An existing one keeps its mode: it may be a pipe, or another program's to
    read.
    """
    return os.fdopen(_opened(path, os.O_WRONLY | os.O_APPEND), "a", encoding="utf-8")


def take_from_others(directory: Path, names: Collection[str]) -> None:
    """Removes others' permissions on everything under these names in a directory: it may be from an earlier
    release.
    """
    with suppress(OSError):
        found = list(directory.iterdir())
        if all(each.name in names for each in found):
            directory.chmod(DIRECTORY_MODE)
        for each in found:
            if each.name in names:
                _take(each)


def _take(path: Path) -> None:
    if path.is_symlink():
        return
    is_directory = path.is_dir()
    with suppress(OSError):
        path.chmod(DIRECTORY_MODE if is_directory else FILE_MODE)
    if is_directory:
        with suppress(OSError):
            for each in path.iterdir():
                _take(each)


def _opened(path: Path, flags: int) -> int:
    try:
        descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, FILE_MODE)
    except FileExistsError:
        return os.open(path, flags | os.O_CREAT, FILE_MODE)
    os.fchmod(descriptor, FILE_MODE)
    return descriptor
