"""Checks at start that the C libraries for making PDFs are installed."""

import ctypes
from types import MappingProxyType

_LIBRARIES = MappingProxyType(
    {
        "libpango-1.0": ("libpango-1.0.so.0", "libpango-1.0.dylib"),
        "libpangoft2-1.0": ("libpangoft2-1.0.so.0", "libpangoft2-1.0.dylib"),
        "libharfbuzz-subset": ("libharfbuzz-subset.so.0", "libharfbuzz-subset.0.dylib"),
    }
)
"""Names to load each of them by; they bring in everything else that is needed."""

DEBIAN_PACKAGES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")


class MissingLibraries(Exception):
    """Libraries of the operating system are not installed; ``missing`` names them."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        self.missing = missing
        super().__init__(
            f"PDFs can't be made on this machine: {', '.join(missing)} not found. "
            f"On Debian and Ubuntu: apt-get install {' '.join(DEBIAN_PACKAGES)}; on macOS: brew install pango"
        )


def check_system_libraries() -> None:
    """Returns if all libraries are installed. Raises: MissingLibraries."""
    missing = tuple(library for library, names in _LIBRARIES.items() if not any(map(_loadable, names)))
    if missing:
        raise MissingLibraries(missing)


def _loadable(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True
