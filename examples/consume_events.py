"""Follows orders by their events: ``python consume_events.py QUEUE_URL follow.db [SECONDS]``.

The queue is subscribed to the order service's topic. Events come more than once and out of order: each is applied once,
an order's by their sequence. Ends when nothing has come for SECONDS, or never.
"""

import sqlite3
import sys

import boto3
import msgspec

TABLES = """
CREATE TABLE IF NOT EXISTS event (id TEXT PRIMARY KEY, order_id TEXT, sequence INTEGER, kind TEXT, status TEXT);
CREATE TABLE IF NOT EXISTS followed (order_id TEXT PRIMARY KEY, next INTEGER);
"""
DUE = "SELECT kind, status FROM event JOIN followed USING (order_id) WHERE order_id = ? AND sequence = next"


class Data(msgspec.Struct):  # members that are not named here are passed over, those to come as well
    order_number: str
    status: str | None = None


class Event(msgspec.Struct):  # a CloudEvent
    id: str
    type: str
    subject: str
    sequence: str
    data: Data


class Published(msgspec.Struct):
    source: str
    detail: Event


def unwrap(body: str) -> Event:
    """The event in a message, with SNS's envelope or without. Raises: for what is none, as ``follow`` catches."""
    outer = msgspec.json.decode(body, type=dict)
    published = msgspec.json.decode(outer["Message"] if outer.get("Type") == "Notification" else body, type=Published)
    if published.source != "io.bbws.orders":
        raise ValueError("not an event of the order service")
    return published.detail


def take(db: sqlite3.Connection, event: Event) -> list[tuple[str, str | None]]:
    """Keeps an event and applies what is now due of its order: kinds and statuses, in the order they happened."""
    applied, kind, order = [], event.type.split(".")[-2], event.subject
    row = (event.id, order, int(event.sequence), kind, event.data.status)
    with db:  # one transaction: a process that dies here has kept nothing, and the message comes again
        db.execute("INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?, ?)", row)
        db.execute("INSERT OR IGNORE INTO followed VALUES (?, 1)", (order,))
        while found := db.execute(DUE, (order,)).fetchone():
            # What the shop has to do goes here, into the same transaction.
            db.execute("UPDATE followed SET next = next + 1 WHERE order_id = ?", (order,))
            applied.append(found)
    return applied


def follow(queue_url: str, db: sqlite3.Connection, idle_seconds: int | None) -> None:
    """Takes messages until nothing comes any more. One that is no event stays, for the queue's dead-letter queue."""
    sqs = boto3.client("sqs")
    asked = {"QueueUrl": queue_url, "MaxNumberOfMessages": 10, "WaitTimeSeconds": idle_seconds or 20}
    while (found := sqs.receive_message(**asked).get("Messages", [])) or not idle_seconds:
        for message in found:
            try:
                event = unwrap(message["Body"])
            except (LookupError, TypeError, ValueError, msgspec.MsgspecError) as error:
                print(f"left {message['MessageId']}: {error}", file=sys.stderr)
                continue
            for kind, status in take(db, event):
                print(event.data.order_number, kind, status or "", flush=True)
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])


if __name__ == "__main__":
    database = sqlite3.connect(sys.argv[2])
    database.executescript(TABLES)
    follow(sys.argv[1], database, int(sys.argv[3]) if len(sys.argv) > 3 else None)
