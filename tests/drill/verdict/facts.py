"""What a drill has seen, in the terms in which it is judged."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.chaos.load import Story
from tests.drill.dns import Answered
from tests.drill.journal import Entry


@dataclass(frozen=True, slots=True, order=True)
class EventSeen:
    """An event in an order's log; in another epoch the same sequence is another event."""

    epoch: int
    sequence: int
    type: str


@dataclass(frozen=True, slots=True)
class MailSeen:
    """A mail intent of an order."""

    template: str
    sort_key: str
    state: str
    attempts: int


@dataclass(frozen=True, slots=True)
class OrderSeen:
    """An order in one region's table, with all that belongs to it.

    Attributes:
        product: the product of its first line, by which the load tells whose order it is.
        waiting: how many events are not published yet.
    """

    order_id: str
    number: str
    status: str
    product: str
    epoch: int = 1
    sequence: int = 1
    waiting: int = 0
    has_document: bool = True
    events: tuple[EventSeen, ...] = ()
    mails: tuple[MailSeen, ...] = ()


@dataclass(frozen=True, slots=True)
class ControlSeen:
    """From this time on the control table said so."""

    at: float
    epoch: int
    writer: str
    evacuated: frozenset[str] = frozenset()

    @property
    def may_write(self) -> str | None:
        """The one region that may write."""
        return None if self.writer in self.evacuated else self.writer


@dataclass(frozen=True, slots=True)
class WriteSeen:
    """A write to the table of orders by a process of the service, not of an operator."""

    at: float
    region: str
    operation: str
    process: str = ""


@dataclass(frozen=True, slots=True)
class Times:
    """The drill's moments, in seconds of the epoch; what hasn't happened is none.

    Attributes:
        taken_over: when the control table named the other region.
        arrived: when all that the region held at its death had arrived in the other one.
        failback_began: when the first command of the failback was given.
    """

    killed: float
    taken_over: float
    returned: float
    arrived: float
    failback_began: float
    failed_back: float


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a verdict is made of.

    Attributes:
        primary: the region that was killed; ``secondary`` the one that took over.
        entries: the load generator's own log.
        stories: of each idempotency key of a creation.
        orders: what is in each region's table in the end, by region and order.
        survived: what the secondary had when the primary was dead and nothing was on its way any more.
        mails: how often the mail services of both regions took a mail, by order number, template and recipient.
        published: how often the buses of both regions took an event, by its id.
        named: the orders that ``reconcile`` has named as overwritten or never arrived.
        named_mails: the orders of which it has named a mail intent so.
        overwritten: the orders with a write that replication itself saw overwritten unseen.
        overwritten_mails: the same for mail intents, by order and template: each region claimed one by itself.
    """

    primary: str
    secondary: str
    times: Times
    entries: Sequence[Entry]
    stories: Mapping[str, Story]
    orders: Mapping[str, Mapping[str, OrderSeen]]
    survived: Mapping[str, OrderSeen]
    control: Sequence[ControlSeen]
    writes: Sequence[WriteSeen]
    answers: Sequence[Answered]
    mails: Mapping[tuple[str, str, str], int] = field(default_factory=Counter)
    published: Mapping[str, int] = field(default_factory=Counter)
    named: frozenset[str] = frozenset()
    named_mails: frozenset[str] = frozenset()
    overwritten: frozenset[str] = frozenset()
    overwritten_mails: frozenset[tuple[str, str]] = frozenset()

    @property
    def final(self) -> Mapping[str, OrderSeen]:
        """The orders of the primary, which writes again in the end."""
        return self.orders[self.primary]
