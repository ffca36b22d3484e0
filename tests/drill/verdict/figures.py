"""What a drill measured: how much was lost for how long, and how long nobody could write."""

from collections import Counter
from typing import Any

from tests.drill.verdict.facts import Facts
from tests.drill.verdict.rules import acknowledged, is_in, sent, was_too_early


def rpo_seconds(facts: Facts) -> float:
    """Returns how old the oldest acknowledged request was, when the region died, that the other region had not."""
    missing = [entry.at for entry in _missing_at_the_kill(facts)]
    return max(0.0, facts.times.killed - min(missing)) if missing else 0.0


def rto_seconds(facts: Facts) -> float | None:
    """Returns how long after the region's death the first change was acknowledged again; ``None`` if never."""
    after = [
        entry.at
        for entry, _ in acknowledged(facts)
        if entry.asked_at > facts.times.killed and entry.region == facts.secondary
    ]
    return min(after) - facts.times.killed if after else None


def reads_again_after_seconds(facts: Facts) -> float | None:
    """Returns how long after the region's death DNS led to the other; ``None`` if never."""
    left = [answer.at for answer in facts.answers if answer.region == facts.secondary]
    return min(left) - facts.times.killed if left else None


def figures(facts: Facts) -> dict[str, Any]:
    """Returns everything measured and counted."""
    missing = list(_missing_at_the_kill(facts))
    out = [(mail, sent(facts, order.number, mail.template)) for order in facts.final.values() for mail in order.mails]
    dns_left, rto = reads_again_after_seconds(facts), rto_seconds(facts)
    return {
        "RPO, seconds": round(rpo_seconds(facts), 3),
        "RTO of changes, seconds": None if rto is None else round(rto, 1),
        "DNS led away, seconds after the death": None if dns_left is None else round(dns_left, 1),
        "takeover, seconds after the death": round(facts.times.taken_over - facts.times.killed, 1),
        "failback, seconds": round(facts.times.failed_back - facts.times.failback_began, 1),
        "requests": dict(Counter(str(entry.outcome) for entry in facts.entries)),
        "orders acknowledged": len({order_id for _, order_id in acknowledged(facts)}),
        "orders in the end": len(facts.final),
        "acknowledged and missing at the death": len(missing),
        "of those there in the end": sum(
            is_in(facts.final, entry, entry.order_id) for entry in missing if entry.order_id
        ),
        "requests for orders that came late": sum(was_too_early(facts, entry) for entry in facts.entries),
        "orders with an overwritten write": len(facts.overwritten),
        "mail intents claimed in both regions": len(facts.overwritten_mails),
        "orders named by reconcile": len(facts.named),
        "events published": len(facts.published),
        "events published more than once": sum(count > 1 for count in facts.published.values()),
        "mail intents": len(out),
        "mails sent more than once": sum(count > 1 for mail, count in out if mail.state == "sent"),
        "writes seen": dict(Counter(write.region for write in facts.writes)),
    }


def _missing_at_the_kill(facts: Facts) -> list[Any]:
    return [
        entry
        for entry, order_id in acknowledged(facts)
        if entry.at <= facts.times.killed and not is_in(facts.survived, entry, order_id)
    ]
