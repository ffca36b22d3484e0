"""The commands of the workflows. Exit codes: 0 it holds, 2 refused, with one message; a mistake is a traceback."""

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deploy.release.model import Refused
from deploy.workflows import approvals, hours, images, origin, request, settings, spending, tags
from deploy.workflows.commands import Run, run

REFUSED = 2


def main(arguments: Sequence[str], runs: Run = run, variables: Mapping[str, str] = os.environ) -> int:
    """Runs one command and returns its exit code."""
    asked = _parser().parse_args(arguments)
    try:
        said = COMMANDS[asked.command](asked, runs, variables)
    except Refused as error:
        sys.stderr.write(f"refused: {error}\n")
        return REFUSED
    sys.stdout.write(said.rstrip("\n") + "\n")
    return 0


def _take(asked: argparse.Namespace, runs: Run, variables: Mapping[str, str]) -> str:
    found = origin.take(runs, asked.env, asked.run, variables["GITHUB_REPOSITORY"])
    tags.check(runs, asked.env, variables["GITHUB_REPOSITORY"], found.commit)
    _outputs(variables, digest=found.digest, commit=found.commit)
    return f"{found.digest} of commit {found.commit}"


def _request(asked: argparse.Namespace, _: Run, variables: Mapping[str, str]) -> str:
    links = dict(each.partition("=")[::2] for each in asked.link)
    request.check(asked.env, asked.phrase, links)
    _append(variables, "GITHUB_STEP_SUMMARY", request.page(asked.env, asked.digest, links))
    return f"{asked.env}: asked for as it must be"


def _approved(asked: argparse.Namespace, runs: Run, variables: Mapping[str, str]) -> str:
    wanted = settings.approver_environments(asked.env)
    found = approvals.check(
        runs, wanted, variables["GITHUB_REPOSITORY"], variables["GITHUB_RUN_ID"], variables["GITHUB_ACTOR"]
    )
    return "\n".join(f"{name}: {login}" for name, login in found.items())


def _window(asked: argparse.Namespace, _: Run, __: Mapping[str, str]) -> str:
    return hours.check(datetime.now(UTC), ahead=timedelta(minutes=asked.ahead))


def _digest(asked: argparse.Namespace, _: Run, variables: Mapping[str, str]) -> str:
    digest = images.digest_of(asked.metadata)
    _outputs(variables, digest=digest)
    return digest


def _push(asked: argparse.Namespace, runs: Run, _: Mapping[str, str]) -> str:
    done = images.push(runs, asked.env, asked.archive, asked.digest, asked.tag, time.sleep)
    return f"{asked.digest} {'pushed' if done else 'was there'}"


def _copy(asked: argparse.Namespace, runs: Run, _: Mapping[str, str]) -> str:
    tag = f"release-{asked.digest.removeprefix('sha256:')[:16]}"
    done = images.copy(runs, asked.env, origin.source_of(asked.env).environment, asked.digest, tag, time.sleep)
    return f"{asked.digest} {'copied' if done else 'was there'}"


def _tag(asked: argparse.Namespace, runs: Run, variables: Mapping[str, str]) -> str:
    return tags.put(runs, asked.env, variables["GITHUB_REPOSITORY"], asked.commit)


def _spending(asked: argparse.Namespace, runs: Run, variables: Mapping[str, str]) -> str:
    page = spending.report(runs, asked.env)
    _append(variables, "GITHUB_STEP_SUMMARY", page)
    return page


def _settings(asked: argparse.Namespace, runs: Run, _: Mapping[str, str]) -> str:
    made = settings.apply(settings.read(), runs, really=asked.apply)
    last = "applied" if asked.apply else "nothing was changed: --apply does it"
    return "\n".join([*made, f"{len(made)} calls, {last}"])


COMMANDS = {
    "take": _take,
    "request": _request,
    "approved": _approved,
    "window": _window,
    "digest": _digest,
    "push": _push,
    "copy": _copy,
    "tag": _tag,
    "spending": _spending,
    "settings": _settings,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.workflows", description="What workflows ask and do.")
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, about: str, *, env: bool = True) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=about, description=about)
        if env:
            added.add_argument("--env", required=True, choices=("dev", "sit", "prod"))
        return added

    take = command("take", "Take the digest that a run of the environment before has released.")
    take.add_argument("--run", required=True, help="number of that run")
    asking = command("request", "Check phrase and links of a request for a release.")
    asking.add_argument("--phrase", required=True)
    asking.add_argument("--link", action="append", default=[], metavar="NAME=URL")
    asking.add_argument("--digest", required=True)
    command("approved", "Ask GitHub whether each approver has approved this run.")
    window = command("window", "Check that it is business hours.", env=False)
    window.add_argument("--ahead", type=int, default=0, metavar="MINUTES", help="so many minutes from now")
    digest = command("digest", "Print the digest of an image that was built.", env=False)
    digest.add_argument("metadata", type=Path)
    push = command("push", "Push an archive that was built to the registry.")
    push.add_argument("--archive", required=True, type=Path)
    push.add_argument("--digest", required=True)
    push.add_argument("--tag", required=True)
    copy = command("copy", "Copy an image from the environment before, by its digest.")
    copy.add_argument("--digest", required=True)
    tag = command("tag", "Tag the commit of a release.")
    tag.add_argument("--commit", required=True)
    command("spending", "Report what an account has spent this month.")
    command("settings", "Show, or apply, the settings on GitHub.", env=False).add_argument(
        "--apply", action="store_true"
    )
    return parser


def _outputs(variables: Mapping[str, str], **values: str) -> None:
    _append(variables, "GITHUB_OUTPUT", "".join(f"{name}={value}\n" for name, value in values.items()))


def _append(variables: Mapping[str, str], name: str, text: str) -> None:
    if variables.get(name):
        with Path(variables[name]).open("a", encoding="utf-8") as file:
            file.write(text)
