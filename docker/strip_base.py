"""Takes pip, its kin and tests out of the base image's Python, and compiles what is left: run in the image's build.

The base image ships its standard library as sources only: compiled when the image is built, it needn't be at each
start, where on a read-only file system nothing of it could be kept.
"""

import compileall
import py_compile
import re
import shutil
import site
import sys
import sysconfig
from pathlib import Path

TOOLS = ("pip", "setuptools", "wheel", "pkg_resources", "_distutils_hack", "ensurepip", "test")
WHEELS = Path("/usr/share/python-wheels")
"""Where Debian keeps pip and setuptools for new environments, in a base that has its Python from there."""
SCRIPTS = ("pip", "pip[0-9]*", "easy_install*", "idle*", "pydoc*", "wheel")
NOT_COMPILED = re.compile(r"/(test|tests|idlelib|lib2to3|tkinter|turtledemo|pydoc_data|site-packages|dist-packages)/")


def folders() -> list[Path]:
    """Returns the package directories of this Python."""
    standard = sysconfig.get_path("stdlib")
    found = [standard, sysconfig.get_path("purelib"), *site.getsitepackages()]
    return [Path(each) for each in dict.fromkeys(found) if Path(each).is_dir()]


def main() -> None:
    """Remove, then compile."""
    for folder in folders():
        for tool in TOOLS:
            for path in (folder / tool, *folder.glob(f"{tool}-*.dist-info"), *folder.glob(f"{tool}-*.egg-info")):
                shutil.rmtree(path, ignore_errors=True)
    shutil.rmtree(WHEELS, ignore_errors=True)
    for scripts in {Path(sysconfig.get_path("scripts")), Path(sys.executable).resolve().parent}:
        for pattern in SCRIPTS:
            for path in scripts.glob(pattern):
                path.unlink()
    compileall.compile_dir(
        sysconfig.get_path("stdlib"),
        rx=NOT_COMPILED,
        quiet=2,
        workers=0,
        # The file's own time, which copying and unpacking images may change, decides nothing.
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )


if __name__ == "__main__":
    main()
