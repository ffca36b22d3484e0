"""From a POST to a PDF and two mails on one machine, through crashes and restarts."""

import io
import json
import os
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pypdf

from tests.canaries import CANARY, a_body, marks_in
from tests.e2e.dev_process import ORDERS, SMOKE, Dev, free_port
from tests.eventually import eventually

MANY = int(os.environ.get("ORDERS_E2E_ORDERS", "40"))
CONCURRENCY = 16
AFTER_A_CRASH_SECONDS = 60


def text_of(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def test_from_a_post_to_a_pdf_and_two_mails(dev: Dev) -> None:
    order = dev.place()
    assert dev.call("GET", f"/v1.0/orders/{order['order_id']}").json()["order_number"] == order["order_number"]
    pdf = eventually(lambda: dev.pdf(order), within_seconds=15, what="PDF")
    text = text_of(pdf)
    assert order["order_number"] in text
    assert "59.98" in text
    eventually(lambda: len(dev.mails_of(order)) == 2, within_seconds=15, what="two mails")
    mails = dev.mails_of(order)
    by_template = {mail["template"]: mail for mail in mails}
    confirmation = by_template["order_confirmation"]
    assert confirmation["recipients"] == ["cust_test_001@customers.example"]
    (attached,) = confirmation["attachments"]
    assert (attached["filename"], attached["media_type"]) == (f"{order['order_number']}.pdf", "application/pdf")
    assert dev.client.get(attached["href"]).content == pdf
    assert by_template["staff_new_order"]["recipients"] == ["roastery@karoo-coffee.example"]
    for mail in mails:
        for body in (mail["text"], mail["html"], mail["subject"]):
            assert order["order_number"] in body
    page = dev.client.get("/local/").text
    assert order["order_number"] in page
    assert f"/local/documents/demo/{order['order_id']}/1" in page
    assert dev.client.get(f"/local/documents/demo/{order['order_id']}/1").content == pdf


def test_an_accepted_order_is_placed_rendered_and_mailed(dev: Dev) -> None:
    answer = dev.call("POST", "/v1.0/orders", content=SMOKE, headers={"Prefer": "respond-async"})
    assert answer.status_code == 202
    order = answer.json()

    def read() -> dict[str, object]:
        found: dict[str, object] = dev.call("GET", f"/v1.0/orders/{order['order_id']}").json()
        assert found["status"] in {"accepted", "pending"}
        return found if found["status"] == "pending" else {}

    assert eventually(read, within_seconds=15, what="the order")["order_number"] == order["order_number"]
    eventually(lambda: dev.pdf(order), within_seconds=15, what="PDF")
    eventually(lambda: len(dev.mails_of(order)) == 2, within_seconds=15, what="two mails")


def test_a_hundred_creates_with_one_key_killed_and_asked_again_make_one_order(dev: Dev) -> None:
    def create(_: int = 0) -> tuple[int, bytes]:
        answer = dev.call("POST", "/v1.0/orders", content=SMOKE, headers={"Idempotency-Key": "one-checkout"})
        return answer.status_code, answer.content

    with ThreadPoolExecutor(CONCURRENCY) as pool:
        answers = set(pool.map(create, range(100)))
    dev.kill()
    assert len(answers) == 1
    ((status, body),) = answers
    assert status == 201
    dev.start()
    assert create() == (201, body)
    order = json.loads(body)
    listed = dev.call("GET", "/v1.0/orders", params={"limit": 100}, role="staff").json()["items"]
    assert [each["order_id"] for each in listed].count(order["order_id"]) == 1
    eventually(lambda: dev.pdf(order), within_seconds=AFTER_A_CRASH_SECONDS, what="PDF")
    eventually(lambda: len(dev.mails_of(order)) >= 2, within_seconds=AFTER_A_CRASH_SECONDS, what="mails")
    events = dev.call("GET", f"/v1.0/orders/{order['order_id']}/events", role="staff").json()["items"]
    assert [event["type"].split(".")[-2] for event in events] == ["created", "document_ready"]
    assert sorted(mail["template"] for mail in dev.mails_of(order)) == ["order_confirmation", "staff_new_order"]


def test_killed_right_after_the_201_everything_still_arrives_once(dev: Dev) -> None:
    order = dev.place()
    dev.kill()
    dev.start()
    eventually(lambda: dev.pdf(order), within_seconds=AFTER_A_CRASH_SECONDS, what="PDF")
    eventually(lambda: len(dev.mails_of(order)) >= 2, within_seconds=AFTER_A_CRASH_SECONDS, what="mails")
    earlier = {mail["id"] for mail in dev.mails()}
    assert dev.interrupt() == 0
    dev.start()
    assert {mail["id"] for mail in dev.mails()} == earlier
    assert dev.pdf(order).startswith(b"%PDF")
    later = dev.place()
    eventually(lambda: len(dev.mails_of(later)) == 2, within_seconds=20, what="mails of the next order")
    assert len(dev.mails_of(order)) == 2


def test_many_orders_at_once_all_reach_pdf_and_mails_and_leave_nothing_behind(dev: Dev) -> None:
    dev.token()
    with ThreadPoolExecutor(CONCURRENCY) as threads:
        orders = list(threads.map(lambda _: dev.place(), range(MANY)))
    assert len({order["order_number"] for order in orders}) == MANY
    eventually(lambda: len(dev.mails()) >= 2 * MANY, within_seconds=30 + MANY, what="two mails for each order")
    counts = {order["order_number"]: 0 for order in orders}
    for mail in dev.mails():
        counts[mail["order_number"]] += 1
    assert set(counts.values()) == {2}
    assert all(dev.pdf(order) for order in orders)
    eventually(lambda: left_behind(dev) == {}, within_seconds=15, what="empty outbox and queues")


def left_behind(dev: Dev) -> dict[str, int]:
    """What is still in queues, dead-letter queues and the outbox index, by name."""
    import boto3

    arguments = {
        "region_name": "af-south-1", "aws_access_key_id": "test", "aws_secret_access_key": "test",
        "endpoint_url": emulator_url(dev),
    }  # fmt: skip
    sqs, dynamodb = boto3.client("sqs", **arguments), boto3.client("dynamodb", **arguments)
    found = {}
    for url in sqs.list_queues()["QueueUrls"]:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        found[url.rpartition("/")[2]] = sum(map(int, attributes.values()))
    scanned = dynamodb.scan(TableName="bbws-customer-portal-orders-local", IndexName="OutboxPending", Select="COUNT")
    found["outbox"] = scanned["Count"]
    return {name: count for name, count in found.items() if count}


def emulator_url(dev: Dev) -> str:
    line = next(line for line in dev.output().splitlines() if "emulated AWS on" in line)
    return line.rpartition(" ")[2]


def test_killed_right_after_the_202_of_an_erasure_nothing_personal_is_left_all_the_same(dev: Dev) -> None:
    body = a_body("dev")
    order = dev.call("POST", "/v1.0/orders", content=json.dumps(body), headers={"Idempotency-Key": "k"}).json()
    path = f"/v1.0/orders/{order['order_id']}"
    eventually(lambda: len(dev.mails_of(order)) == 2, within_seconds=AFTER_A_CRASH_SECONDS, what="two mails")
    first = dev.pdf(order)
    dev.call("PATCH", path, content=json.dumps({"notes": f"{CANARY} patch"}))
    eventually(lambda: dev.pdf(order) not in {first, b""}, within_seconds=AFTER_A_CRASH_SECONDS, what="the second PDF")
    dev.call("POST", path + "/cancel", content=json.dumps({"reason": f"{CANARY} changed her mind"}))
    eventually(
        lambda: len(dev.mails_of(order)) == 4, within_seconds=AFTER_A_CRASH_SECONDS, what="mails of the cancellation"
    )
    assert CANARY in text_of(dev.pdf(order))
    assert {key.rpartition("/")[2] for key in marked(dev)} >= {"1.pdf", "2.pdf", "ORDER", "EVENT#0000000001"}

    erased = dev.call("POST", path + "/erase", role="admin")
    dev.kill()
    assert (erased.status_code, erased.json()["status"]) == (202, "erasing")
    dev.start()

    eventually(lambda: marked(dev) == [], within_seconds=AFTER_A_CRASH_SECONDS, what="nothing personal anywhere")
    pdf = eventually(lambda: dev.pdf(order), within_seconds=AFTER_A_CRASH_SECONDS, what="the document without it")
    assert CANARY not in text_of(pdf)
    for shown in (order["order_number"], "68.98", "[erased]", "The personal data in this document was erased on"):
        assert shown in text_of(pdf)
    again = dev.call("POST", "/v1.0/orders", content=json.dumps(body), headers={"Idempotency-Key": "k"})
    assert (again.status_code, again.headers["idempotent-replayed"]) == (201, "true")
    assert (again.json()["order_id"], again.json()["notes"]) == (order["order_id"], "[erased]")
    assert len(dev.mails_of(order)) == 4
    eventually(lambda: left_behind(dev) == {}, within_seconds=AFTER_A_CRASH_SECONDS, what="empty outbox and queues")


def marked(dev: Dev) -> list[str]:
    """Keys of items in the table, and of versions in the bucket, in which marks are."""
    import boto3

    arguments = {
        "region_name": "af-south-1", "aws_access_key_id": "test", "aws_secret_access_key": "test",
        "endpoint_url": emulator_url(dev),
    }  # fmt: skip
    dynamodb, s3 = boto3.client("dynamodb", **arguments), boto3.client("s3", **arguments)
    items = dynamodb.scan(TableName="bbws-customer-portal-orders-local", ConsistentRead=True)["Items"]
    found = [f"{item['PK']['S']}/{item['SK']['S']}" for item in items if marks_in(item)]
    for version in s3.list_object_versions(Bucket="bbws-orders-local").get("Versions", []):
        key, version_id = version["Key"], version["VersionId"]
        pdf = s3.get_object(Bucket="bbws-orders-local", Key=key, VersionId=version_id)["Body"].read()
        if CANARY in text_of(pdf):
            found.append(key)
    return found


def test_a_busy_port_is_one_clear_message(tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        result = subprocess.run(
            [str(ORDERS), "dev", "--port", str(port), "--data-dir", str(tmp_path)],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert result.returncode == 2
    assert result.stderr.startswith(f"orders: port {port} on 127.0.0.1 can't be used (Address already in use)")
    assert "Traceback" not in result.stderr


def test_a_second_one_on_the_same_data_is_refused_and_leaves_the_first_alone(dev: Dev) -> None:
    second = subprocess.run(
        [str(ORDERS), "dev", "--port", str(free_port())],
        env=dev.environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (second.returncode, "runs on" in second.stderr, "Traceback" in second.stderr) == (2, True, False)
    assert dev.place()


def test_an_expired_token_is_one_clear_message(dev: Dev) -> None:
    expired = dev.token("customer", "--hours", "-1")
    answer = httpx.get(dev.base + "/v1.0/orders", headers={"Authorization": f"Bearer {expired}"})
    assert (answer.status_code, answer.json()["detail"]) == (401, "the token has expired; get a new one")
