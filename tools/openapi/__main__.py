"""Writes the OpenAPI document, unless it breaks callers of an earlier one: those changes are listed instead."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from orders.adapters.inbound.http.openapi.document import document_text
from tools.openapi.compatibility import breaking_changes


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code: 0 when the document is written. Raises: SystemExit, saying why."""
    parser = argparse.ArgumentParser(prog="python -m tools.openapi", description=__doc__)
    parser.add_argument("--against", type=Path, metavar="FILE", required=True, help="the document of before")
    parser.add_argument("--output", type=Path, metavar="FILE", required=True, help="the file to write")
    asked = parser.parse_args(arguments)
    text = document_text()
    try:
        before = asked.against.read_text(encoding="utf-8")
    except OSError as error:
        raise SystemExit(f"can't read {asked.against}: {error.strerror}") from error
    found = changes_since(before, text)
    if found:
        print(*found, sep="\n", file=sys.stderr)  # noqa: T201 - a command's output
        return 1
    asked.output.write_text(text, encoding="utf-8")
    return 0


def changes_since(before: str, after: str) -> list[str]:
    """Lists the later document's breaking changes, one line each. Raises: SystemExit: a file is no OpenAPI document."""
    try:
        return [str(change) for change in breaking_changes(json.loads(before), json.loads(after))]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SystemExit(f"that is no OpenAPI document of this service: {error!r}") from error


if __name__ == "__main__":
    sys.exit(main())
