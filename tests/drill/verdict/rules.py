"""What must hold after a drill; each rule returns its faults, one sentence each."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus

from tests.chaos.load import FINAL_STATUS, Story
from tests.drill.journal import CREATIONS, Entry, Operation, Outcome
from tests.drill.verdict.facts import EventSeen, Facts, MailSeen, OrderSeen
from tests.drill.verdict.lease import lawful, may_write

EVENT_OF: Mapping[Operation, str] = {
    Operation.CREATE: "created",
    Operation.ACCEPT: "created",
    Operation.CANCEL: "cancelled",
    Operation.PROCESS: "processing",
    Operation.SHIP: "fulfilled",
}


def acknowledged(facts: Facts) -> Iterator[tuple[Entry, str]]:
    """Yields the acknowledged requests, each with its order."""
    for entry in facts.entries:
        if entry.outcome is Outcome.ACKNOWLEDGED and entry.order_id is not None:
            yield entry, entry.order_id


def is_in(orders: Mapping[str, OrderSeen], entry: Entry, order_id: str) -> bool:
    """Tells whether what was acknowledged is there."""
    order = orders.get(order_id)
    return order is not None and any(event.type == EVENT_OF[entry.operation] for event in order.events)


def acknowledged_is_kept(facts: Facts) -> Iterator[str]:
    """Each acknowledged create and change is there, or ``reconcile`` has named its order."""
    for entry, order_id in acknowledged(facts):
        if order_id not in facts.named and not is_in(facts.final, entry, order_id):
            yield f"{entry.operation} of order {order_id}, acknowledged by {entry.region}, is neither there nor named"


def one_order_for_a_key(facts: Facts) -> Iterator[str]:
    """Creations with one idempotency key are one order, whichever regions were asked."""
    told: dict[str, set[str]] = defaultdict(set)
    for entry, order_id in acknowledged(facts):
        if entry.operation in CREATIONS:
            told[entry.key].add(order_id)
    for key, orders in told.items():
        if len(orders) > 1:
            yield f"key {key} was acknowledged with the orders {sorted(orders)}"
    made = Counter(order.product for order in facts.final.values())
    for product, count in made.items():
        if count > 1:
            yield f"{count} orders were made for {product}, which was ordered once"


def nothing_unasked(facts: Facts) -> Iterator[str]:
    """No order is there that nobody was told of, unless its client gave up."""
    told = {order_id for _, order_id in acknowledged(facts)}
    gave_up = sum(entry.last and entry.operation in CREATIONS for entry in facts.entries)
    untold = sorted(facts.final.keys() - told)
    if len(untold) > gave_up:
        yield f"orders {untold} are there, and {gave_up} clients gave up"


def nothing_twice(facts: Facts) -> Iterator[str]:
    """An order has each kind of event once; a kind in two epochs only if ``reconcile`` has named the order."""
    for order in facts.final.values():
        # Called off, an order has a document that says so beside the one it may have had.
        called_off = any(event.type == "cancelled" for event in order.events)
        for (epoch, kind), count in Counter((event.epoch, event.type) for event in order.events).items():
            if count > 1 + (kind == "document_ready" and called_off):
                yield f"order {order.order_id} has {count} events {kind} in epoch {epoch}"
        for kind, count in Counter(event.type for event in order.events).items():
            if count > 1 + (kind == "document_ready") and order.order_id not in facts.named:
                yield f"order {order.order_id} has {count} events {kind}, and is not named"


def sequences_are_contiguous(facts: Facts) -> Iterator[str]:
    """An order's events are numbered without a gap in each epoch, from 1 in its first, and all are published.

    An event that a later epoch's has overwritten is none if ``reconcile`` names the order: what came after it in its
    own epoch can be left, until the order has as many events again.
    """
    for order in facts.final.values():
        named = order.order_id in facts.named
        by_epoch: dict[int, list[int]] = defaultdict(list)
        for event in sorted(order.events):
            by_epoch[event.epoch].append(event.sequence)
        for epoch, sequences in by_epoch.items():
            missing = set(range(sequences[0], sequences[-1] + 1)) - set(sequences)
            later = {each for other, held in by_epoch.items() if other > epoch for each in held}
            if len(set(sequences)) < len(sequences) or missing - (later if named else set()):
                yield f"order {order.order_id} has the sequences {sequences} in epoch {epoch}"
        if by_epoch and by_epoch[min(by_epoch)][0] != 1:
            yield f"order {order.order_id} begins with {min(order.events)}"
        last = max((sequence for sequences in by_epoch.values() for sequence in sequences), default=0)
        if last < order.sequence:
            yield f"order {order.order_id} is at sequence {order.sequence}, and its events end at {last}"
        if order.waiting:
            yield f"order {order.order_id} has {order.waiting} events that wait to be published"


def every_event_reached_the_bus(facts: Facts, id_of: Callable[[str, EventSeen], str]) -> Iterator[str]:
    """Each event in the log was published, at least once, in one region or the other."""
    for order in facts.final.values():
        for event in order.events:
            if not facts.published.get(id_of(order.order_id, event), 0):
                yield f"{event} of order {order.order_id} never reached a bus"


def expected_templates(story: Story) -> set[str]:
    """The mails that an order's story calls for."""
    called_off = {"order_cancelled", "staff_order_cancelled"} if story is Story.CANCELLED else set()
    shipped = {"order_shipped"} if story is Story.SHIPPED else set()
    return {"order_confirmation", "staff_new_order"} | called_off | shipped


def each_mail_once_or_counted(facts: Facts) -> Iterator[str]:
    """An order has each mail of its story once, sent; a mail that went out again was claimed again.

    The claim before may have been the other region's, which had not arrived: replication has seen it overwritten.

    Of an order that has lost a change, its mails are its people's to judge: the finding says whom it concerns.
    """
    stories = story_by_order(facts)
    for order in facts.final.values():
        if order.order_id not in stories or order.order_id in facts.named:
            continue
        named = order.order_id in facts.named_mails

        def twice_claimed(mail: MailSeen, order_id: str = order.order_id) -> bool:
            return (order_id, mail.template) in facts.overwritten_mails

        templates = Counter(mail.template for mail in order.mails)
        missing = expected_templates(stories[order.order_id]) - templates.keys()
        if missing:
            yield f"order {order.order_id} ({stories[order.order_id]}) has no mail intents {sorted(missing)}"
        repeated = sorted(template for template, count in templates.items() if count > 1)
        if repeated and not named:
            yield f"order {order.order_id} has several mail intents {repeated}, and is not named"
        for mail in order.mails:
            went_out = sent(facts, order.number, mail.template)
            allowed = {"sent", "skipped"} if stories[order.order_id] is Story.CANCELLED else {"sent"}
            if mail.state not in allowed:
                yield f"mail {mail.template} of order {order.order_id} is {mail.state}"
            elif mail.state == "sent" and not went_out:
                yield f"mail {mail.template} of order {order.order_id} is sent, and never went out"
            elif mail.state == "sent" and went_out > mail.attempts and not (named or twice_claimed(mail)):
                claims = f"{mail.attempts} claims"
                yield f"mail {mail.template} of order {order.order_id} went out {went_out} times in {claims}"


def sent(facts: Facts, number: str, template: str) -> int:
    """Counts how often a mail of an order went out."""
    return sum(count for (order, name, _), count in facts.mails.items() if (order, name) == (number, template))


def story_by_order(facts: Facts) -> dict[str, Story]:
    """The stories of the acknowledged orders that came to their end."""
    broken_off = {entry.order_id for entry in facts.entries if entry.last and entry.operation not in CREATIONS}
    return {
        order_id: facts.stories[entry.key]
        for entry, order_id in acknowledged(facts)
        if entry.operation in CREATIONS and order_id not in broken_off
    }


def stories_came_true(facts: Facts) -> Iterator[str]:
    """An order whose requests were all acknowledged is as they left it, unless it is named."""
    for order_id, story in story_by_order(facts).items():
        order = facts.final.get(order_id)
        if order is None or order_id in facts.named:
            continue  # lost orders are another rule's
        if order.status != FINAL_STATUS[story]:
            yield f"order {order_id} is {order.status}, not {FINAL_STATUS[story]}"
        if not order.has_document:
            yield f"order {order_id} has no document"


def was_too_early(facts: Facts, entry: Entry) -> bool:
    """Tells whether the other region knew nothing of the order yet, which is there in the end and so is not named.

    It was acknowledged just before the death, and arrived when the region that died had returned.
    """
    return (
        entry.status == HTTPStatus.NOT_FOUND
        and entry.region == facts.secondary
        and entry.asked_at < facts.times.arrived
        and entry.order_id not in facts.survived
        and any(
            order_id == entry.order_id and each.region == facts.primary and each.asked_at < facts.times.killed
            for each, order_id in acknowledged(facts)
            if each.operation in CREATIONS
        )
    )


def refusals_are_explained(facts: Facts) -> Iterator[str]:
    """A client gave up only on an order that ``reconcile`` has named, or that arrived after it had been asked for."""
    for entry in facts.entries:
        gave_up = entry.last and entry.outcome is not Outcome.ACKNOWLEDGED
        if gave_up and entry.order_id not in facts.named and not was_too_early(facts, entry):
            what = f"status {entry.status}" if entry.status else "without an answer"
            yield f"{entry.operation} with key {entry.key} ended {what} in {entry.region}: {entry.note}"


def no_write_without_the_lease(facts: Facts) -> Iterator[str]:
    """No process wrote, and no change was acknowledged, where the control table gave no right to it."""
    for write in facts.writes:
        if not may_write(facts.control, write.region, write.at):
            yield f"{write.process} wrote ({write.operation}) in {write.region} at {write.at:.3f} without the lease"
    for entry, order_id in acknowledged(facts):
        if entry.replayed:
            continue  # an answer that was given before is read, and nothing is written for it
        spans = lawful(facts.control, entry.region)
        if not any(start <= entry.at and entry.asked_at < end for start, end in spans):
            yield f"{entry.region} acknowledged {entry.operation} of {order_id} at {entry.at:.3f} without the lease"


def no_return_by_dns_alone(facts: Facts) -> Iterator[str]:
    """From the takeover to the failback DNS does not answer with the region that died."""
    before = [answer for answer in facts.answers if answer.at <= facts.times.taken_over]
    during = [answer for answer in facts.answers if facts.times.taken_over < answer.at < facts.times.failback_began]
    # What it answered with at the takeover may still have been the dead region; it leaves it, and stays away.
    left = before[-1].region != facts.primary if before else False
    for answer in during:
        if answer.region == facts.primary and left:
            yield f"DNS went back to {facts.primary} by itself at {answer.at:.3f}"
        left = left or answer.region != facts.primary
    if not left:
        yield f"DNS never left {facts.primary}"


def late_losses_are_named(facts: Facts) -> Iterator[str]:
    """Each acknowledged change that replication saw overwritten is in the end there, or named."""
    for entry, order_id in acknowledged(facts):
        lost = order_id in facts.overwritten and not is_in(facts.final, entry, order_id)
        if lost and order_id not in facts.named:
            yield f"{entry.operation} of order {order_id} was overwritten by replication, and is not named"


def regions_agree(facts: Facts) -> Iterator[str]:
    """Both tables hold the same in the end."""
    first, second = facts.orders[facts.primary], facts.orders[facts.secondary]
    for order_id in sorted(first.keys() | second.keys()):
        if first.get(order_id) != second.get(order_id):
            yield f"order {order_id} is not the same in both regions"


def all_faults(facts: Facts, id_of: Callable[[str, EventSeen], str]) -> dict[str, list[str]]:
    """Returns the faults by rule, also of rules without any."""
    rules = {
        "every acknowledged create and change is there, or named": acknowledged_is_kept,
        "what replication saw overwritten is named": late_losses_are_named,
        "orders are as their stories left them": stories_came_true,
        "clients gave up on orders only that are named or came late": refusals_are_explained,
        "one order for an idempotency key across both regions": one_order_for_a_key,
        "no order that nobody asked for": nothing_unasked,
        "nothing twice": nothing_twice,
        "sequences without a gap in each epoch": sequences_are_contiguous,
        "each mail intent once, or counted": each_mail_once_or_counted,
        "no write accepted without the lease": no_write_without_the_lease,
        "no return by DNS alone": no_return_by_dns_alone,
        "both regions hold the same": regions_agree,
    }
    faults = {name: list(rule(facts)) for name, rule in rules.items()}
    return faults | {"every event reached a bus": list(every_event_reached_the_bus(facts, id_of))}
