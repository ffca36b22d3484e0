"""Names of an environment's resources: as the settings give them, else as the topology derives them."""

from dataclasses import dataclass
from types import MappingProxyType

from orders.bootstrap.config.settings import Settings
from orders.bootstrap.resources.topology import CONTROL, ERASURE_LEDGER, ORDERS, TEMPLATES, Topology

TABLE_SETTINGS = MappingProxyType(
    {ORDERS: "orders_table", ERASURE_LEDGER: "erasure_ledger_table", CONTROL: "control_table"}
)
"""The setting that gives a table another name, by the table's key."""
BUCKET_SETTINGS = MappingProxyType({ORDERS: "documents_bucket", TEMPLATES: "templates_bucket"})
"""The setting that gives a bucket another name, by the bucket's key."""


FAILOVER_SUFFIX = "-dr"
"""What names of buckets end in in the failover region (``failover_suffix`` of deploy/environments.yaml)."""


@dataclass(frozen=True, slots=True)
class ResourceNames:
    """The names of one environment's resources; every process and command takes them from here.

    Attributes:
        settings: ``None`` for derived names only. Read when a name is asked for: a process reads the settings of the
            resources that it uses, and no others.
    """

    topology: Topology
    environment: str
    settings: Settings | None = None

    def table(self, key: str = ORDERS) -> str:
        """Returns the name of a table, by default of the table of orders. Raises: KeyError: there is none."""
        return self._given(TABLE_SETTINGS[key]) or self.topology.table_name(self.environment, key)

    def bucket(self, key: str) -> str:
        """Returns the name of a bucket. Raises: KeyError: there is none."""
        return self._given(BUCKET_SETTINGS[key]) or self.topology.bucket_name(key, self.environment)

    @property
    def other_region_documents(self) -> str | None:
        """The other region's bucket of documents: the one of the two derived names that isn't this region's.

        ``None`` in a single region.
        """
        if self.settings is None or self.settings.other_region is None:
            return None
        derived = self.topology.bucket_name(ORDERS, self.environment)
        other = f"{derived}{FAILOVER_SUFFIX}" if self.bucket(ORDERS) == derived else derived
        return self.settings.other_documents_bucket or other

    @property
    def bus(self) -> str:
        """The name of the event bus."""
        return self.topology.bus_name(self.environment)

    def _given(self, setting: str) -> str | None:
        found: str | None = None if self.settings is None else getattr(self.settings, setting)
        return found


def names_of(settings: Settings, topology: Topology) -> ResourceNames:
    """Returns the names of the settings' environment."""
    return ResourceNames(topology, settings.environment, settings)
