"""``python -m tests.dr.validate_replication --env prod``: validates replication between an environment's two regions.

Tokens as for ``orders smoke``: SMOKE_CUSTOMER_TOKEN, SMOKE_ADMIN_TOKEN, SMOKE_API_KEY. Exit codes: 0 replicated within
the recovery point; 1 not; 2 not asked: one region, or no tokens.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from orders.acceptance.steps import Patience, State, run_steps
from orders.acceptance.takes_changes import Refused
from orders.bootstrap.acceptance import client_of, tokens_for
from orders.bootstrap.config.roles import Role
from orders.bootstrap.config.settings import load_settings
from orders.bootstrap.errors import CannotRun
from tests.dr.replication import RECOVERY_POINT, Region, Replication

FIGURES = Path(__file__).parents[2] / "deploy/environments.yaml"
ENVIRONMENTS = ("dev", "sit", "prod")


def addresses_of(environment: str) -> dict[str, str]:
    """Returns the addresses of an environment's regions by region. Raises: CannotRun: it has one."""
    figures = yaml.safe_load(FIGURES.read_text(encoding="utf-8"))[environment]
    if figures["failover_region"] is None:
        raise CannotRun(f"{environment} has one region: there is nothing to replicate to")
    return {region: f"https://{domain}" for region, domain in figures["regional_domains"].items()}


def replication_of(environment: str, addresses: dict[str, str], waiting: Patience) -> Replication:
    """Makes the run. Raises: CannotRun: a token is missing."""
    settings = load_settings(Role.OPERATOR)
    first, second = (Region(name, client_of(settings, address)) for name, address in addresses.items())
    return Replication((first, second), tokens_for(settings, first.client, environment), waiting)


def validate(replication: Replication, environment: str) -> dict[str, object]:
    """Runs every step, cleans up, and returns what was found."""
    try:
        results = list(run_steps(replication.steps))
    finally:
        replication.clean_up()
    steps = [
        {"name": each.name, "state": str(each.state), "seconds": round(each.seconds, 3), "detail": each.detail}
        for each in results
    ]
    return {"environment": environment, "passed": all(each.state is State.PASSED for each in results), "steps": steps}


def main(arguments: Sequence[str]) -> int:
    """Runs the command; prints JSON."""
    parser = argparse.ArgumentParser(description="Validate replication between an environment's two regions.")
    parser.add_argument("--env", choices=ENVIRONMENTS, required=True)
    environment = parser.parse_args(arguments).env
    try:
        waiting = Patience(RECOVERY_POINT.total_seconds())
        found = validate(replication_of(environment, addresses_of(environment), waiting), environment)
    except (CannotRun, Refused) as error:
        print(str(error), file=sys.stderr)  # noqa: T201 - the command's message
        return 2
    print(json.dumps(found, indent=2))  # noqa: T201 - the command's result
    return 0 if found["passed"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
