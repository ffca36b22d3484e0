"""What the tool knows of an environment: figures of the operating plan, names of the topology."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from deploy.release.model import API, Refused, Service

ROOT = Path(__file__).resolve().parents[2]
FIGURES = Path("deploy/environments.yaml")
TOPOLOGY = Path("src/orders/topology.yaml")
ENVIRONMENTS = ("dev", "sit", "prod")
REPOSITORY = "bbws-orders"


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment of the operating plan.

    Attributes:
        regions: the one that requests go to, then the failover region where there is one.
        domains: names of the API by region; the certificate there must cover them.
        dead_letters: so many of them in one queue end a release.
        backup_days: how long the backup before a release is kept; ``None`` where none is taken.
        business_hours: releases begin in business hours only.
    """

    name: str
    account: str
    regions: tuple[str, ...]
    zones: tuple[str, ...]
    domains: dict[str, tuple[str, ...]]
    roles: tuple[str, ...]
    table: str
    control_table: str | None
    queues: tuple[str, ...]
    release_alarms: int
    dead_letters: int
    abort_after: timedelta
    bake: timedelta
    backup_days: int | None
    business_hours: bool
    approvers: tuple[str, ...]

    @property
    def cluster(self) -> str:
        """Name of the cluster, the same in each region."""
        return f"bbws-orders-{self.name}"

    @property
    def services(self) -> tuple[Service, ...]:
        """All services; the API of the first region is the first."""
        return tuple(Service(region, role, self.name) for region in self.regions for role in self.roles)

    @property
    def api(self) -> Service:
        """The service whose requests move in steps."""
        return self.services[0]

    @property
    def alarm_prefix(self) -> str:
        """What names of the alarms that end a release begin with."""
        return f"bbws-orders-{self.name}-release-"

    @property
    def address(self) -> str:
        """The API's address, for the smoke test."""
        return f"https://{self.domains[self.regions[0]][0]}"


def environment(name: str, root: Path = ROOT) -> Environment:
    """Reads an environment. Raises: Refused: there is none of that name, or a file can't be read."""
    if name not in ENVIRONMENTS:
        raise Refused(f"{name}: the environments are {', '.join(ENVIRONMENTS)}")
    plan, topology = _read(root / FIGURES), _read(root / TOPOLOGY)
    figures, release = plan[name], plan["release"]
    regions = tuple(each for each in (figures["region"], figures["failover_region"]) if each is not None)
    regional = figures.get("regional_domains", {})
    own = tuple(figures["api_domains"])
    queues = tuple(f"{each['name']}-{name}" for each in topology["queues"])
    letters = tuple(f"{each['name']}-dlq-{name}" for each in topology["queues"])
    tables = {each["key"]: each for each in topology["tables"]}
    control = tables["control"]
    # [OPS-7] asks for a backup of the table before prod.
    in_production = name == "prod"
    return Environment(
        name=name,
        account=str(figures["account"]),
        regions=regions,
        zones=tuple(figures["dns_zones"]),
        domains={each: own + ((regional[each],) if each in regional else ()) for each in regions},
        roles=(API, "relay", *(each["worker"] for each in topology["queues"])),
        table=f"{tables['orders']['name']}-{name}",
        control_table=f"{control['name']}-{name}" if name in control["environments"] else None,
        queues=queues + letters,
        release_alarms=0 if figures["alarms"] == "none" else len(plan["rollback_when"]),
        dead_letters=plan["rollback_when"]["dlq_depth"],
        abort_after=timedelta(minutes=release["abort_after_minutes"]),
        bake=timedelta(minutes=release["bake_minutes"]),
        backup_days=figures["table"]["backup_retention_days"] if in_production else None,
        business_hours=figures.get("deploy_window") == "business hours",
        approvers=tuple(figures["approvers"]),
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}; run it in the project's directory") from error
    return found
