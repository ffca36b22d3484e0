"""Tells the channel, by a webhook. A channel that is out of reach never fails a release.

``python3 -m deploy.workflows.chat --about TEXT`` needs nothing installed: it tells of runs that could not install too.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

Post = Callable[[str, bytes], None]
WITHIN_SECONDS = 10


def post(address: str, body: bytes) -> None:
    """Sends one message. Raises: OSError: nobody answered, or with an error."""
    request = Request(address, data=body, headers={"Content-Type": "application/json"})  # noqa: S310 - https, see tell
    with urlopen(request, timeout=WITHIN_SECONDS):  # noqa: S310
        pass


def words(about: str, results: Mapping[str, str], run: str) -> str:
    """Returns the message: what, how its jobs ended, and where to read on."""
    bad = [f"{name} {result}" for name, result in results.items() if result not in {"success", "skipped"}]
    ended = f"not well: {', '.join(bad)}" if bad else "well"
    return f"{about} ended {ended} {run}" if results else f"{about} begins {run}"


def results_of(needs: str) -> dict[str, str]:
    """Returns the results by job of ``toJSON(needs)``; empty text has none."""
    return {name: str(each["result"]) for name, each in json.loads(needs or "{}").items()}


def tell(address: str, text: str, send: Post = post) -> str:
    """Sends a message and returns what became of it; the address itself is never said."""
    if not address:
        return "no webhook is configured: nobody was told"
    if urlsplit(address).scheme != "https":
        return "the webhook's address is not https: nobody was told"
    try:
        send(address, json.dumps({"text": text}).encode())
    except (URLError, OSError, ValueError) as error:
        return f"the channel could not be told: {type(error).__name__}"
    return "the channel was told"


def main(arguments: Sequence[str], variables: Mapping[str, str] = os.environ, send: Post = post) -> int:
    """Tells of this run: that it begins, or with NEEDS, how its jobs ended. Always ends with 0."""
    parser = argparse.ArgumentParser(
        prog="python3 -m deploy.workflows.chat", description="Tell the channel of this run."
    )
    parser.add_argument("--about", required=True, metavar="TEXT", help="what the run is")
    server, repository = variables.get("GITHUB_SERVER_URL", ""), variables.get("GITHUB_REPOSITORY", "")
    where = f"{server}/{repository}/actions/runs/{variables.get('GITHUB_RUN_ID', '')}"
    about = parser.parse_args(arguments).about
    text = words(about, results_of(variables.get("NEEDS", "")), where)
    sys.stdout.write(tell(variables.get("CHAT_WEBHOOK_URL", ""), text, send) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
