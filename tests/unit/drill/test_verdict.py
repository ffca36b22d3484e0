"""The verdict of a drill: what went well passes, and each thing that went wrong is found by its rule."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.drill.dns import Answered
from tests.drill.journal import Entry, Operation, Outcome
from tests.drill.reconciling import Named, named
from tests.drill.scenario import mail_of, order_of
from tests.drill.verdict.evidence import write_evidence
from tests.drill.verdict.facts import ControlSeen, EventSeen, Facts, WriteSeen
from tests.drill.verdict.figures import figures, reads_again_after_seconds, rpo_seconds, rto_seconds
from tests.drill.verdict.lease import lawful, may_write
from tests.drill.verdict.rules import all_faults
from tests.unit.drill.a_drill import (
    ARRIVED,
    BACK,
    FAILED_BACK,
    KILLED,
    TAKEN_OVER,
    A,
    B,
    a_cancelled_order,
    an_order,
    entry,
    event_id,
    good_facts,
    mail,
    with_order,
)

KEPT = "every acknowledged create and change is there, or named"
OVERWRITTEN = "what replication saw overwritten is named"
STORIES = "orders are as their stories left them"
GAVE_UP = "clients gave up on orders only that are named or came late"
ONE_ORDER = "one order for an idempotency key across both regions"
UNASKED = "no order that nobody asked for"
TWICE = "nothing twice"
SEQUENCES = "sequences without a gap in each epoch"
MAILS = "each mail intent once, or counted"
LEASE = "no write accepted without the lease"
DNS = "no return by DNS alone"
AGREE = "both regions hold the same"
BUS = "every event reached a bus"


def broken(facts: Facts) -> set[str]:
    """The rules that found something."""
    return {rule for rule, found in all_faults(facts, event_id).items() if found}


def plus(facts: Facts, *entries: Entry) -> Facts:
    return replace(facts, entries=(*facts.entries, *entries))


def test_where_all_went_well_no_rule_finds_anything() -> None:
    assert broken(good_facts()) == set()


def a_lost_order(facts: Facts) -> Facts:
    return with_order(facts, None, "ord_1")


def a_lost_change(facts: Facts) -> Facts:
    return with_order(facts, an_order(2))


def an_overwritten_change(facts: Facts) -> Facts:
    return replace(with_order(facts, an_order(2)), overwritten=frozenset({"ord_2"}))


def a_wrong_status(facts: Facts) -> Facts:
    return with_order(facts, an_order(1, status="processing"))


def a_missing_document(facts: Facts) -> Facts:
    return with_order(facts, an_order(1, has_document=False))


def a_client_that_gave_up(facts: Facts) -> Facts:
    refused = entry(Operation.CANCEL, 1, 1100.0, region=B, outcome=Outcome.REFUSED, status=409, last=True)
    return plus(facts, refused)


def two_orders_told_for_one_key(facts: Facts) -> Facts:
    facts = with_order(facts, an_order(4))
    return plus(facts, replace(entry(Operation.CREATE, 4, TAKEN_OVER + 50, region=B), key="key-3"))


def two_orders_made_for_one_key(facts: Facts) -> Facts:
    facts = with_order(facts, an_order(4, product="prod_3"))
    return plus(facts, entry(Operation.CREATE, 4, TAKEN_OVER + 50, region=B))


def an_order_that_nobody_was_told_of(facts: Facts) -> Facts:
    return with_order(facts, an_order(5))


def an_event_twice_in_an_epoch(facts: Facts) -> Facts:
    order = an_order(1)
    return with_order(facts, replace(order, sequence=3, events=(*order.events, EventSeen(1, 3, "created"))))


def an_event_in_two_epochs(facts: Facts) -> Facts:
    order = a_cancelled_order(2)
    return with_order(facts, replace(order, events=(*order.events, EventSeen(1, 3, "cancelled"))))


def a_gap(facts: Facts) -> Facts:
    order = an_order(1)
    return with_order(facts, replace(order, sequence=3, events=(order.events[0], EventSeen(1, 3, "document_ready"))))


def an_overwritten_event_before_one_that_is_left(facts: Facts) -> Facts:
    """The third event came late from A, where the second was not the document; B had made another second one."""
    order, events = an_order(1), (EventSeen(1, 1, "created"), EventSeen(2, 2, "document_ready"))
    left = EventSeen(1, 3, "fulfilled")
    published = {f"ord_1.{event.epoch}.{event.sequence}": 1 for event in (events[1], left)}
    return replace(
        with_order(facts, replace(order, epoch=2, events=(*events, left))), published={**facts.published, **published}
    )


def a_missing_beginning(facts: Facts) -> Facts:
    order = a_cancelled_order(2)
    return with_order(facts, replace(order, events=order.events[1:]))


def a_missing_end(facts: Facts) -> Facts:
    return with_order(facts, an_order(1, sequence=3))


def an_event_that_waits(facts: Facts) -> Facts:
    return with_order(facts, an_order(1, waiting=1))


def a_missing_mail(facts: Facts) -> Facts:
    return with_order(facts, an_order(1, mails=(mail("staff_new_order"),)))


def two_intents_for_a_mail(facts: Facts) -> Facts:
    order = an_order(1)
    return with_order(facts, replace(order, mails=(*order.mails, mail("staff_new_order", 5))))


def a_mail_not_sent(facts: Facts) -> Facts:
    order = an_order(1)
    return with_order(facts, replace(order, mails=(order.mails[0], replace(order.mails[1], state="claimed"))))


def a_mail_that_never_went_out(facts: Facts) -> Facts:
    return replace(facts, mails={key: count for key, count in facts.mails.items() if key[0] != "N1"})


def a_mail_that_went_out_twice_in_one_claim(facts: Facts) -> Facts:
    return replace(facts, mails={**facts.mails, ("N1", "staff_new_order", "x@y"): 2})


def a_write_by_the_dead_region(facts: Facts) -> Facts:
    return replace(facts, writes=(*facts.writes, WriteSeen(TAKEN_OVER + 31, A, "PutItem", "relay")))


def a_write_too_soon_after_the_takeover(facts: Facts) -> Facts:
    return replace(facts, writes=(*facts.writes, WriteSeen(TAKEN_OVER + 34, B, "PutItem", "api")))


def an_acknowledgement_by_the_dead_region(facts: Facts) -> Facts:
    return plus(facts, entry(Operation.CREATE, 1, TAKEN_OVER + 60, region=A))


def dns_that_goes_back(facts: Facts) -> Facts:
    return replace(facts, answers=(*facts.answers[:2], Answered(1110.0, A), *facts.answers[2:]))


def dns_that_stays(facts: Facts) -> Facts:
    return replace(facts, answers=facts.answers[:1])


def an_order_in_one_region_only(facts: Facts) -> Facts:
    return replace(facts, orders={**facts.orders, B: {}})


def an_event_that_was_not_published(facts: Facts) -> Facts:
    return replace(facts, published={key: 1 for key in facts.published if key != "ord_1.1.1"})


@pytest.mark.parametrize(
    ("spoil", "rules"),
    [
        (a_lost_order, {KEPT}),
        (a_lost_change, {KEPT, STORIES, MAILS}),
        (an_overwritten_change, {KEPT, STORIES, MAILS, OVERWRITTEN}),
        (a_wrong_status, {STORIES}),
        (a_missing_document, {STORIES}),
        (a_client_that_gave_up, {GAVE_UP}),
        (two_orders_told_for_one_key, {ONE_ORDER, BUS, MAILS}),
        (two_orders_made_for_one_key, {ONE_ORDER, BUS, MAILS}),
        (an_order_that_nobody_was_told_of, {UNASKED, BUS}),
        (an_event_twice_in_an_epoch, {TWICE, BUS}),
        (an_event_in_two_epochs, {TWICE, BUS}),
        (a_gap, {SEQUENCES, BUS}),
        (an_overwritten_event_before_one_that_is_left, {SEQUENCES}),
        (a_missing_beginning, {SEQUENCES, KEPT}),
        (a_missing_end, {SEQUENCES}),
        (an_event_that_waits, {SEQUENCES}),
        (a_missing_mail, {MAILS}),
        (two_intents_for_a_mail, {MAILS}),
        (a_mail_not_sent, {MAILS}),
        (a_mail_that_never_went_out, {MAILS}),
        (a_mail_that_went_out_twice_in_one_claim, {MAILS}),
        (a_write_by_the_dead_region, {LEASE}),
        (a_write_too_soon_after_the_takeover, {LEASE}),
        (an_acknowledgement_by_the_dead_region, {LEASE}),
        (dns_that_goes_back, {DNS}),
        (dns_that_stays, {DNS}),
        (an_order_in_one_region_only, {AGREE}),
        (an_event_that_was_not_published, {BUS}),
    ],
)
def test_what_went_wrong_is_found_by_its_rule(spoil: Callable[[Facts], Facts], rules: set[str]) -> None:
    facts = spoil(good_facts())
    stories = {**facts.stories, "key-4": facts.stories["key-1"]}
    assert broken(replace(facts, stories=stories)) == rules


def test_what_reconcile_has_named_is_no_fault() -> None:
    facts = replace(an_overwritten_change(good_facts()), named=frozenset({"ord_2"}))
    refused = entry(Operation.CANCEL, 2, 1100.0, region=B, outcome=Outcome.REFUSED, status=409, last=True)
    assert broken(plus(facts, refused)) == set()


def test_an_answer_given_again_needs_no_lease() -> None:
    again = entry(Operation.CREATE, 1, TAKEN_OVER + 60, region=A, replayed=True)
    assert broken(plus(good_facts(), again)) == set()


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        ({}, set()),
        ({"asked_at": ARRIVED}, {GAVE_UP}),
        ({"status": 409}, {GAVE_UP}),
        ({"region": A}, {GAVE_UP}),
        ({"order_id": "ord_2"}, {GAVE_UP}),
        ({"order_id": "ord_3"}, {GAVE_UP}),
    ],
)
def test_of_an_order_that_came_late_the_other_region_knows_nothing_until_it_has_arrived(
    change: dict[str, Any], rules: set[str]
) -> None:
    # Order 2 had been copied at the death, and order 3 was placed in the other region.
    facts = replace(good_facts(), survived={"ord_2": an_order(2)})
    unknown = entry(Operation.PROCESS, 1, ARRIVED - 1, region=B, outcome=Outcome.REFUSED, status=404, last=True)
    late = plus(facts, replace(unknown, **change))
    assert broken(late) == rules
    assert figures(late)["requests for orders that came late"] == (0 if rules else 1)


def test_a_client_that_gave_up_may_have_left_an_order_behind() -> None:
    facts = with_order(good_facts(), an_order(5))
    silence = entry(Operation.CREATE, 5, 1100.0, outcome=Outcome.UNKNOWN, order_id=None, status=None, last=True)
    assert UNASKED not in broken(plus(facts, silence))


def test_a_mail_that_was_claimed_twice_may_have_gone_out_twice_and_is_counted() -> None:
    order = an_order(1)
    again = replace(order.mails[1], attempts=2)
    facts = with_order(good_facts(), replace(order, mails=(order.mails[0], again)))
    facts = replace(facts, mails={**facts.mails, ("N1", "staff_new_order", "x@y"): 2})
    assert broken(facts) == set()
    assert figures(facts)["mails sent more than once"] == 1


def test_the_first_writer_writes_at_once_and_the_next_one_after_the_handover() -> None:
    control = good_facts().control
    assert may_write(control, A, TAKEN_OVER + 29.9)
    assert not may_write(control, A, TAKEN_OVER + 30)
    assert not may_write(control, B, TAKEN_OVER + 34.9)
    assert may_write(control, B, TAKEN_OVER + 35)
    assert not may_write(control, B, BACK + 30)
    assert not may_write(control, A, FAILED_BACK + 34.9)
    assert may_write(control, A, FAILED_BACK + 35)


def test_a_region_named_for_less_than_the_handover_never_writes() -> None:
    control = (ControlSeen(0, 1, A), ControlSeen(100, 2, B), ControlSeen(104, 3, A))
    assert lawful(control, B) == []


def test_a_change_that_keeps_the_writer_begins_no_new_wait() -> None:
    control = (ControlSeen(0, 1, A), ControlSeen(100, 2, A, frozenset({B})))
    assert may_write(control, A, 110)


def test_rpo_is_the_age_of_the_oldest_acknowledgement_that_the_other_region_had_not() -> None:
    facts = good_facts()
    assert rpo_seconds(facts) == 0
    assert rpo_seconds(replace(facts, survived={"ord_1": an_order(1)})) == KILLED - 990
    assert figures(replace(facts, survived={}))["acknowledged and missing at the death"] == 2


def test_rto_is_the_time_to_the_first_change_acknowledged_by_the_other_region() -> None:
    facts = good_facts()
    assert rto_seconds(facts) == TAKEN_OVER + 40 - KILLED
    assert rto_seconds(replace(facts, entries=facts.entries[:3])) is None
    assert reads_again_after_seconds(facts) == 6
    assert figures(facts)["failback, seconds"] == FAILED_BACK - BACK


def test_the_evidence_says_which_rule_broke_and_how_the_drill_was_run(tmp_path: Path) -> None:
    facts = a_lost_order(good_facts())
    faults = all_faults(facts, event_id)
    as_json, to_read = write_evidence(
        tmp_path, facts=facts, faults=faults, figures=figures(facts), circumstances={"seed": 7}
    )
    told = json.loads(as_json.read_text("utf-8"))
    assert told["circumstances"] == {"seed": 7}
    assert len(told["rules"][KEPT]) == 1
    page = to_read.read_text("utf-8")
    assert "Not every rule held" in page
    assert "ord_1" in page
    assert "| seed | 7 |" in page


def test_the_evidence_says_when_every_rule_held(tmp_path: Path) -> None:
    facts = good_facts()
    _, to_read = write_evidence(
        tmp_path, facts=facts, faults=all_faults(facts, event_id), figures=figures(facts), circumstances={}
    )
    assert "Every rule held" in to_read.read_text("utf-8")


def test_a_mail_intent_that_reconcile_has_named_may_have_gone_out_twice() -> None:
    facts = a_mail_that_went_out_twice_in_one_claim(good_facts())
    assert broken(replace(facts, named_mails=frozenset({"ord_1"}))) == set()
    assert broken(replace(a_missing_mail(good_facts()), named_mails=frozenset({"ord_1"}))) == {MAILS}


def test_a_mail_that_each_region_claimed_by_itself_may_have_gone_out_twice_and_is_counted() -> None:
    facts = a_mail_that_went_out_twice_in_one_claim(good_facts())
    facts = replace(facts, overwritten_mails=frozenset({("ord_1", "staff_new_order")}))
    assert broken(facts) == set()
    assert figures(facts)["mails sent more than once"] == 1
    assert broken(replace(facts, overwritten_mails=frozenset({("ord_2", "staff_new_order")}))) == {MAILS}


def test_what_a_key_is_of() -> None:
    order, mail = ("TENANT#demo#ORDER#ord_1", "ORDER"), ("TENANT#demo#MAIL#ord_1", "0000000001#staff_new_order#x")
    event, mark = ("TENANT#demo#ORDER#ord_1", "EVENT#0000000001"), ("CONTROL#MARK#eu-west-1#0", "MARK")
    assert [order_of(key) for key in (order, mail, event, mark)] == ["ord_1", None, None, None]
    assert [mail_of(key) for key in (order, mail, event, mark)] == [None, ("ord_1", "staff_new_order"), None, None]


def test_findings_name_orders_and_mails_apart() -> None:
    orders = [f"ord_{letter * 26}" for letter in "AB"]
    findings = [
        {"kind": "event", "id": f"event:demo/{orders[0]}.1.3"},
        {"kind": "mail", "id": f"mail:demo/{orders[1]}.1.1.0000000001#order_confirmation#x"},
    ]
    assert named(findings) == Named(frozenset(orders[:1]), frozenset(orders[1:]))


def test_a_gap_is_none_where_what_is_missing_was_overwritten_and_named() -> None:
    facts = an_overwritten_event_before_one_that_is_left(good_facts())
    named = replace(facts, named=frozenset({"ord_1"}))
    assert broken(named) == set()
    # Nor is another order's name enough, nor a name for what no later epoch holds.
    assert SEQUENCES in broken(replace(facts, named=frozenset({"ord_2"})))
    assert SEQUENCES in broken(replace(a_gap(good_facts()), named=frozenset({"ord_1"})))
