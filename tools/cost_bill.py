"""What a bill is made of: planned resources, prices, use, and the tasks that run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

ENVIRONMENTS = ("dev", "sit", "prod")


@dataclass(frozen=True, slots=True)
class Resource:
    """One planned resource: its address, its type and its values."""

    address: str
    kind: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tariff:
    """Prices by name and region, and assumptions of use by name and environment.

    Attributes:
        hours: hours of a month.
        stated: the month that prices are of.
    """

    prices: Mapping[str, Mapping[str, Any]]
    use: Mapping[str, Mapping[str, Any]]
    hours: int
    stated: str


@dataclass(frozen=True, slots=True)
class Bill:
    """An environment's planned resources with what they cost.

    Attributes:
        months: how long orders have been coming in.
    """

    resources: tuple[Resource, ...]
    environment: str
    tariff: Tariff
    months: int

    def of(self, kind: str, region: str | None = None) -> list[Resource]:
        """Returns the planned resources of a type, in one region or all."""
        return [
            each
            for each in self.resources
            if each.kind == kind and (region is None or each.values.get("region") == region)
        ]

    @property
    def regions(self) -> list[str]:
        """Regions that have the service; the first one takes the orders."""
        clusters = self.of("aws_ecs_cluster")
        first = sorted(clusters, key=lambda each: not each.address.startswith("module.region."))
        return [str(each.values["region"]) for each in first]

    @property
    def home(self) -> str:
        """The region that takes the orders."""
        return self.regions[0]

    def price(self, name: str, region: str) -> float:
        """Returns a price in a region."""
        found = self.tariff.prices[name]
        return float(found.get(region, found["eu-west-1"]))

    def use(self, name: str) -> float:
        """Returns an assumption of use."""
        return float(self.tariff.use[name][self.environment])

    def hourly(self, name: str, region: str) -> float:
        """Returns a month of something that costs by the hour."""
        return self.price(name, region) * self.tariff.hours

    def share(self, region: str) -> float:
        """Returns how much of the use a region has: all of it at home, a little in the other."""
        return 1 if region == self.home else self.use("standby_share")

    @property
    def orders(self) -> float:
        """Orders of a month."""
        return self.use("orders")

    @property
    def requests(self) -> float:
        """Requests of a month."""
        return self.orders * self.use("requests_per_order")

    @property
    def table_gb(self) -> float:
        """Size of the orders table without indexes."""
        return self.orders * self.months * self.use("item_kb_per_order") / 1e6


@dataclass(frozen=True, slots=True)
class Tasks:
    """Tasks of one service, as few as it has.

    Attributes:
        number: tasks.
        vcpu: processors of each.
        gb: memory of each.
    """

    number: int
    vcpu: float
    gb: float
    spot: bool
    worker: bool


def tasks(bill: Bill, region: str) -> list[Tasks]:
    """Returns the tasks of each service of a region."""
    definitions = {each.values["family"]: each.values for each in bill.of("aws_ecs_task_definition", region)}
    found = []
    for service in bill.of("aws_ecs_service", region):
        name = service.values["name"]
        size = definitions[name]
        (provider,) = service.values["capacity_provider_strategy"]
        found.append(
            Tasks(
                number=service.values["desired_count"],
                vcpu=int(size["cpu"]) / 1024,
                gb=int(size["memory"]) / 1024,
                spot=provider["capacity_provider"] == "FARGATE_SPOT",
                worker="-api-" not in name and "-relay-" not in name,
            )
        )
    return found


def everywhere(bill: Bill, of_region: Callable[[str], float]) -> float:
    """Returns the sum over the service's regions."""
    return sum(of_region(region) for region in bill.regions)


def interfaces(bill: Bill, region: str) -> int:
    """Returns how many interface endpoints a region has."""
    return len(
        [each for each in bill.of("aws_vpc_endpoint", region) if each.values["vpc_endpoint_type"] == "Interface"]
    )


def zones(bill: Bill, region: str) -> int:
    """Returns how many zones a region's subnets are in."""
    return len({each.values["availability_zone"] for each in bill.of("aws_subnet", region)})


@dataclass(frozen=True, slots=True)
class BackupRule:
    """How a table is backed up.

    Attributes:
        monthly: backups of a month of 30 days.
        days: for how many days each is kept.
        copied: each is copied to the other region.
    """

    monthly: int
    days: int
    copied: bool


def backup_rule(bill: Bill) -> BackupRule:
    """Returns the rule of the one plan of backups."""
    ((rule,),) = (each.values["rule"] for each in bill.of("aws_backup_plan"))
    hourly = rule["schedule"].removeprefix("cron(").split()[1] == "*"
    return BackupRule(
        30 * 24 if hourly else 30, int(rule["lifecycle"][0]["delete_after"]), len(rule["copy_action"]) > 0
    )
