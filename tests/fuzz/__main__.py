"""Runs schemathesis, all checks, against the service: ``python -m tests.fuzz`` (``make schemathesis``).

Ends with 0 when nothing was found and the requests got beyond refusals.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console

from orders.domain.events import EventType
from tests.fuzz.service import Running, running

HERE = Path(__file__).parent
PHASES = ("examples,coverage,fuzzing", "stateful")
"""One run of schemathesis each: with the others before it in the same run, links lead it nowhere near as far."""

REACHED = (EventType.CREATED, EventType.CANCELLED, EventType.DELETED, EventType.DOCUMENT_READY)
STAFF_ONLY = (EventType.PROCESSING, EventType.REJECTED)
"""Operations that every run performs on some order. Longer sequences, up to a delivered parcel, are left to chance."""


def main() -> int:
    """Run it; arguments that are not described go to schemathesis as they are."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--examples", type=int, default=200, help="examples per operation (default: 200)")
    parser.add_argument("--minutes", type=float, default=10, help="after which it has failed (default: 10)")
    parser.add_argument("--seed", type=int, help="the same requests as another run with it (default: new ones)")
    asked, more = parser.parse_known_args()
    console = Console(soft_wrap=True)
    with tempfile.TemporaryDirectory(prefix="orders-fuzz-") as directory, running(Path(directory)) as service:
        users = Path(directory, "users.json")
        users.write_text(json.dumps({"auth": _users(service)}), encoding="utf-8")
        command = [
            str(Path(sys.executable).with_name("schemathesis")),
            f"--config-file={HERE / 'schemathesis.toml'}",
            "run",
            f"{service.base}/v1.0/openapi.json",
            f"--max-examples={asked.examples}",
            *([] if asked.seed is None else [f"--seed={asked.seed}"]),
            *more,
        ]
        environment = os.environ | {"ORDERS_FUZZ_USERS": str(users)}
        deadline = time.monotonic() + 60 * asked.minutes
        codes = []
        for phases in [[f"--phases={phases}"] for phases in PHASES] if not more else [[]]:
            try:
                left = deadline - time.monotonic()
                run = subprocess.run([*command, *phases], env=environment, timeout=left, check=False)
            except subprocess.TimeoutExpired:
                console.print(f"it did not end within {asked.minutes:g} minutes")
                return 1
            codes.append(run.returncode)
        done = service.events()
    if min(codes) < 0:
        console.print(f"schemathesis was ended by signal {-min(codes)}")
        return 1
    console.print("done to orders: " + ", ".join(f"{name} {count}" for name, count in done.most_common()))
    missing = [str(type_) for type_ in REACHED if not done[type_]]
    if not any(done[type_] for type_ in STAFF_ONLY):
        missing.append(" or ".join(STAFF_ONLY))
    if missing and not more:
        console.print(f"never done: {', '.join(missing)}; a run that does not get there shows too little")
        return 1
    return max(codes)


def _users(service: Running) -> list[dict[str, object]]:
    tokens = {"shop": service.token("demo", "admin", "staff"), "another shop": service.token("other", "admin", "staff")}
    return [
        {"name": name, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {token}"}]}
        for name, token in tokens.items()
    ]


if __name__ == "__main__":
    sys.exit(main())
