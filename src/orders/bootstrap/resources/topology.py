"""The declared topology: which tables, indexes, queues, topics, rules and buckets there are, and their names.

`topology.yaml` is the only place that declares them; Terraform reads the same file. What this module adds is the
environment: a declared name plus `-{environment}` is the name of the resource.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from orders.bootstrap.errors import CannotRun

Projection = Literal["ALL", "KEYS_ONLY", "INCLUDE"]
StreamView = Literal["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]
Consistency = Literal["EVENTUAL", "STRONG"]

ORDERS = "orders"
"""Key of the table of orders, and of the bucket of documents."""
ERASURE_LEDGER = "erasure_ledger"
CONTROL = "control"
TEMPLATES = "templates"


class TopologyError(CannotRun):
    """The topology file can't be used: unreadable, of the wrong shape, or contradicting itself."""


@dataclass(frozen=True, slots=True)
class Index:
    """A global secondary index. `range_key` is None where the hash key alone is looked up.

    `included` are the attributes an INCLUDE projection adds to the index's and the table's keys; empty otherwise.
    """

    name: str
    hash_key: str
    range_key: str | None
    projection: Projection
    included: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The index's own key attributes, hash first."""
        return (self.hash_key,) if self.range_key is None else (self.hash_key, self.range_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table, under the key the code knows it by, with its indexes. All key attributes are strings.

    Attributes:
        environments: where it exists; empty for all of them.
        regions: of a global table that is in these whichever regions its environment is in; empty for a table of the
            environment's own region or regions.
        witness: the region that only votes, of a table that is consistent across its regions.
    """

    key: str
    name: str
    partition_key: str
    sort_key: str | None = None
    stream: StreamView | None = None
    ttl_attribute: str | None = None
    indexes: tuple[Index, ...] = ()
    environments: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    witness: str | None = None
    consistency: Consistency | None = None

    @property
    def key_attributes(self) -> tuple[str, ...]:
        """Every attribute that is a key of the table or of an index, each once, in order of declaration."""
        own = [self.partition_key] if self.sort_key is None else [self.partition_key, self.sort_key]
        return tuple(dict.fromkeys([*own, *(key for index in self.indexes for key in index.keys)]))

    def exists_in(self, environment: str) -> bool:
        """Returns whether the environment has the table."""
        return not self.environments or environment in self.environments


@dataclass(frozen=True, slots=True)
class Queue:
    """A worker's queue. Its dead-letter queue is named after it."""

    name: str
    worker: str

    @property
    def dead_letter_name(self) -> str:
        """Declared name of the dead-letter queue, without environment."""
        return f"{self.name}-dlq"


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """Settings shared by all workers' queues. `wait_seconds` is the long poll of one receive call."""

    visibility_timeout_seconds: int
    max_receive_count: int
    batch_size: int
    wait_seconds: int


@dataclass(frozen=True, slots=True)
class Topic:
    """An SNS topic. With `queue` (a declared queue's name) its messages are delivered there without envelope."""

    key: str
    name: str
    queue: str | None


@dataclass(frozen=True, slots=True)
class MailEvents:
    """SES's configuration set, and the topic, by its key, that it tells of those kinds of events of mails."""

    configuration_set: str
    feedback_topic: str
    feedback_events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleRetry:
    """The retry policy of a rule's target before the event goes to the rule's dead-letter queue."""

    maximum_event_age_seconds: int
    maximum_retry_attempts: int


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule on the bus: events of `sources` (and `detail_types`, None for any) go to one queue or one topic.

    `queue` is a declared queue's name, `topic` a topic's key; one of the two is None.
    """

    name: str
    sources: tuple[str, ...]
    detail_types: tuple[str, ...] | None
    queue: str | None
    topic: str | None
    dead_letter_queue: str


@dataclass(frozen=True, slots=True)
class Bucket:
    """An S3 bucket, under the key the code knows it by."""

    key: str
    name: str


_Keyed = TypeVar("_Keyed", Table, Topic, Bucket)


@dataclass(frozen=True, slots=True)
class Topology:
    """Everything `topology.yaml` declares, and the names of it in an environment."""

    tables: tuple[Table, ...]
    queues: tuple[Queue, ...]
    queue_settings: QueueSettings
    topics: tuple[Topic, ...]
    bus: str
    event_source: str
    detail_types: tuple[str, ...]
    rule_retry: RuleRetry
    rules: tuple[Rule, ...]
    buckets: tuple[Bucket, ...]
    mail: MailEvents

    def table_of(self, key: str) -> Table:
        """Returns the table that the code knows as `key`.

        Raises:
            KeyError: there is no such table; the message names those there are.
        """
        return _of_key(self.tables, key)

    def table_name(self, environment: str, key: str = ORDERS) -> str:
        """Returns the name of a table, by default of the table of orders.

        Raises:
            KeyError: there is no such table.
        """
        return environment_name(self.table_of(key).name, environment)

    def bus_name(self, environment: str) -> str:
        """Returns the name of the event bus."""
        return environment_name(self.bus, environment)

    def queue(self, worker: str) -> Queue:
        """Returns the queue of a worker.

        Raises:
            KeyError: there is no such worker; the message names those there are.
        """
        for queue in self.queues:
            if queue.worker == worker:
                return queue
        raise KeyError(f"no worker {worker!r}; there are {', '.join(self.workers)}")

    @property
    def workers(self) -> tuple[str, ...]:
        """Names of all workers that have a queue."""
        return tuple(queue.worker for queue in self.queues)

    @property
    def dead_letter_queues(self) -> tuple[str, ...]:
        """Names of all dead-letter queues as operators have them: a worker's by its name, a rule's as ``rule:NAME``."""
        return (*self.workers, *(f"rule:{rule.name}" for rule in self.rules))

    def queue_name(self, worker: str, environment: str) -> str:
        """Returns the name of a worker's queue.

        Raises:
            KeyError: there is no such worker.
        """
        return environment_name(self.queue(worker).name, environment)

    def dead_letter_queue_name(self, worker: str, environment: str) -> str:
        """Returns the name of the dead-letter queue of a worker's queue.

        Raises:
            KeyError: there is no such worker.
        """
        return environment_name(self.queue(worker).dead_letter_name, environment)

    def topic_name(self, key: str, environment: str) -> str:
        """Returns the name of the topic that the code knows as `key`.

        Raises:
            KeyError: there is no such topic; the message names those there are.
        """
        return environment_name(_of_key(self.topics, key).name, environment)

    def bucket_name(self, key: str, environment: str) -> str:
        """Returns the name of the bucket that the code knows as `key`.

        Raises:
            KeyError: there is no such bucket; the message names those there are.
        """
        return environment_name(_of_key(self.buckets, key).name, environment)


def environment_name(declared: str, environment: str) -> str:
    """Returns the name of a declared resource in an environment: `bbws-orders` in `dev` is `bbws-orders-dev`."""
    return f"{declared}-{environment}"


def _of_key(declared: Sequence[_Keyed], key: str) -> _Keyed:
    for one in declared:
        if one.key == key:
            return one
    raise KeyError(f"no {key!r}; there are {', '.join(one.key for one in declared)}")
