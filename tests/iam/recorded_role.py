"""Runs an ``orders`` command that records its calls to AWS: ``python -m tests.iam.recorded_role ROLE COMMAND...``."""

import sys

from tests.iam.recording import record_if_asked


def main() -> None:
    """Runs the command as the console entry point does."""
    role, *command = sys.argv[1:]
    record_if_asked(role)
    sys.argv = ["orders", *command]
    from orders.bootstrap.main import run

    run()


if __name__ == "__main__":
    main()
