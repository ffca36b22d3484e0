"""Writes what this release stores and sends to ``tests/compatibility/VERSION``, or freezes it: see ``fixtures.py``."""

import argparse
import asyncio
import sys

from tests.compatibility.fixtures import THIS, FixtureFault, freeze, write


def main() -> int:
    parser = argparse.ArgumentParser(prog="make fixtures", description=__doc__)
    parser.add_argument("--freeze", action="store_true", help="record the checksums: this version is being released")
    arguments = parser.parse_args()
    try:
        if arguments.freeze:
            freeze()
        else:
            asyncio.run(write())
    except FixtureFault as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"tests/compatibility/{THIS}: {'frozen' if arguments.freeze else 'written'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
