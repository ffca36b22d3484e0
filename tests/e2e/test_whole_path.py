"""From a POST to a PDF and two mails, through crashes and restarts; the same on each backend (see conftest)."""

import io
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pypdf
import pytest

from orders.acceptance.smoke import CREATE
from tests.e2e.stack import Stack
from tests.support.canaries import CANARY, a_body, marks_in
from tests.support.eventually import eventually

# Starting all containers on a busy machine takes its time, and some tests do it twice.
pytestmark = pytest.mark.timeout(420)

ROOT = Path(__file__).parents[2]
MANY = int(os.environ.get("ORDERS_E2E_ORDERS", "40"))
CONCURRENCY = 16
AFTER_A_CRASH_SECONDS = 60
IN_TIME_SECONDS = 60
"""Two are needed; a busy machine takes ten times as long to load the PDF renderer."""


def text_of(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def test_from_a_post_to_a_pdf_and_two_mails(stack: Stack) -> None:
    order = stack.place()
    assert stack.call("GET", f"/v1.0/orders/{order['order_id']}").json()["order_number"] == order["order_number"]
    pdf = eventually(lambda: stack.pdf(order), within_seconds=IN_TIME_SECONDS, what="PDF")
    text = text_of(pdf)
    assert order["order_number"] in text
    assert "59.98" in text
    eventually(lambda: len(stack.mails_of(order)) == 2, within_seconds=IN_TIME_SECONDS, what="two mails")
    mails = stack.mails_of(order)
    by_template = {mail["template"]: mail for mail in mails}
    confirmation = by_template["order_confirmation"]
    assert confirmation["recipients"] == ["cust_test_001@customers.example"]
    (attached,) = confirmation["attachments"]
    assert (attached["filename"], attached["media_type"]) == (f"{order['order_number']}.pdf", "application/pdf")
    assert stack.attachment(attached) == pdf
    assert by_template["staff_new_order"]["recipients"] == ["roastery@karoo-coffee.example"]
    for mail in mails:
        for body in (mail["text"], mail["html"], mail["subject"]):
            assert order["order_number"] in body


@pytest.mark.local_pages
def test_the_local_pages_show_an_order_with_its_document(stack: Stack) -> None:
    order = stack.place()
    pdf = eventually(lambda: stack.pdf(order), within_seconds=IN_TIME_SECONDS, what="PDF")
    eventually(lambda: len(stack.mails_of(order)) == 2, within_seconds=IN_TIME_SECONDS, what="two mails")
    assert order["order_number"] in stack.client.get("/local/").text
    page = stack.client.get(f"/local/orders/{order['order_id']}?shop=demo").text
    assert f"/local/documents/demo/{order['order_id']}/1" in page
    for mail in stack.mails_of(order):
        assert f"/local/mails/{mail['id']}/html" in page
    assert stack.client.get(f"/local/documents/demo/{order['order_id']}/1").content == pdf


def test_an_accepted_order_is_placed_rendered_and_mailed(stack: Stack) -> None:
    answer = stack.call("POST", "/v1.0/orders", content=CREATE, headers={"Prefer": "respond-async"})
    assert answer.status_code == 202
    order = answer.json()

    def read() -> dict[str, object]:
        found: dict[str, object] = stack.call("GET", f"/v1.0/orders/{order['order_id']}").json()
        assert found["status"] in {"accepted", "pending"}
        return found if found["status"] == "pending" else {}

    assert eventually(read, within_seconds=IN_TIME_SECONDS, what="the order")["order_number"] == order["order_number"]
    eventually(lambda: stack.pdf(order), within_seconds=IN_TIME_SECONDS, what="PDF")
    eventually(lambda: len(stack.mails_of(order)) == 2, within_seconds=IN_TIME_SECONDS, what="two mails")


def test_a_hundred_creates_with_one_key_killed_and_asked_again_make_one_order(stack: Stack) -> None:
    def create(_: int = 0) -> tuple[int, bytes]:
        answer = stack.call("POST", "/v1.0/orders", content=CREATE, headers={"Idempotency-Key": "one-checkout"})
        return answer.status_code, answer.content

    with ThreadPoolExecutor(CONCURRENCY) as pool:
        answers = set(pool.map(create, range(100)))
    stack.kill()
    assert len(answers) == 1
    ((status, body),) = answers
    assert status == 201
    stack.start()
    assert create() == (201, body)
    order = json.loads(body)
    listed = stack.call("GET", "/v1.0/orders", params={"order_number": order["order_number"]}, role="staff").json()
    assert [each["order_id"] for each in listed["items"]] == [order["order_id"]]
    eventually(lambda: stack.pdf(order), within_seconds=AFTER_A_CRASH_SECONDS, what="PDF")
    eventually(lambda: len(stack.mails_of(order)) >= 2, within_seconds=AFTER_A_CRASH_SECONDS, what="mails")
    events = stack.call("GET", f"/v1.0/orders/{order['order_id']}/events", role="staff").json()["items"]
    assert [event["type"].split(".")[-2] for event in events] == ["created", "document_ready"]
    assert sorted(mail["template"] for mail in stack.mails_of(order)) == ["order_confirmation", "staff_new_order"]


def test_killed_right_after_the_201_everything_still_arrives_once(stack: Stack) -> None:
    order = stack.place()
    stack.kill()
    stack.start()
    eventually(lambda: stack.pdf(order), within_seconds=AFTER_A_CRASH_SECONDS, what="PDF")
    eventually(lambda: len(stack.mails_of(order)) >= 2, within_seconds=AFTER_A_CRASH_SECONDS, what="mails")
    earlier = {mail["id"] for mail in stack.mails()}
    assert stack.stop() == 0
    stack.start()
    assert {mail["id"] for mail in stack.mails()} == earlier
    assert stack.pdf(order).startswith(b"%PDF")
    later = stack.place()
    eventually(lambda: len(stack.mails_of(later)) == 2, within_seconds=IN_TIME_SECONDS, what="mails of the next order")
    assert len(stack.mails_of(order)) == 2


def test_many_orders_at_once_all_reach_pdf_and_mails_and_leave_nothing_behind(stack: Stack) -> None:
    stack.token()
    with ThreadPoolExecutor(CONCURRENCY) as threads:
        orders = list(threads.map(lambda _: stack.place(), range(MANY)))
    numbers = [order["order_number"] for order in orders]
    assert len(set(numbers)) == MANY
    stack.all_sent(orders, within_seconds=30 + 2 * MANY)
    assert stack.mails_by_order(orders) == dict.fromkeys(numbers, 2)
    assert all(stack.pdf(order) for order in orders)
    eventually(lambda: left_behind(stack) == {}, within_seconds=IN_TIME_SECONDS, what="empty outbox and queues")


def test_killed_right_after_the_202_of_an_erasure_nothing_personal_is_left_all_the_same(stack: Stack) -> None:
    body = a_body("dev")
    order = stack.call("POST", "/v1.0/orders", content=json.dumps(body), headers={"Idempotency-Key": "k"}).json()
    path = f"/v1.0/orders/{order['order_id']}"
    eventually(lambda: len(stack.mails_of(order)) == 2, within_seconds=AFTER_A_CRASH_SECONDS, what="two mails")
    first = stack.pdf(order)
    stack.call("PATCH", path, content=json.dumps({"notes": f"{CANARY} patch"}))
    eventually(
        lambda: stack.pdf(order) not in {first, b""}, within_seconds=AFTER_A_CRASH_SECONDS, what="the second PDF"
    )
    stack.call("POST", path + "/cancel", content=json.dumps({"reason": f"{CANARY} changed her mind"}))
    eventually(
        lambda: len(stack.mails_of(order)) == 4, within_seconds=AFTER_A_CRASH_SECONDS, what="mails of the cancellation"
    )
    # The document of the cancelled order may come after its mails.
    third = eventually(lambda: stack.pdf(order), within_seconds=AFTER_A_CRASH_SECONDS, what="the third PDF")
    assert CANARY in text_of(third)
    assert {key.rpartition("/")[2] for key in marked(stack, order)} >= {"1.pdf", "2.pdf", "ORDER", "EVENT#0000000001"}

    erased = stack.call("POST", path + "/erase", role="admin")
    stack.kill()
    assert (erased.status_code, erased.json()["status"]) == (202, "erasing")
    stack.start()

    eventually(
        lambda: marked(stack, order) == [], within_seconds=AFTER_A_CRASH_SECONDS, what="nothing personal anywhere"
    )
    pdf = eventually(lambda: stack.pdf(order), within_seconds=AFTER_A_CRASH_SECONDS, what="the document without it")
    assert CANARY not in text_of(pdf)
    for shown in (order["order_number"], "68.98", "[erased]", "The personal data in this document was erased on"):
        assert shown in text_of(pdf)
    again = stack.call("POST", "/v1.0/orders", content=json.dumps(body), headers={"Idempotency-Key": "k"})
    assert (again.status_code, again.headers["idempotent-replayed"]) == (201, "true")
    assert (again.json()["order_id"], again.json()["notes"]) == (order["order_id"], "[erased]")
    assert len(stack.mails_of(order)) == 4
    eventually(lambda: left_behind(stack) == {}, within_seconds=AFTER_A_CRASH_SECONDS, what="empty outbox and queues")


@pytest.mark.parametrize("suites", [("tests/smoke", "tests/integration"), ("tests/load",)], ids=" ".join)
def test_the_suites_from_outside_pass(stack: Stack, suites: tuple[str, ...]) -> None:
    tokens = {"SMOKE_CUSTOMER_TOKEN": stack.token("customer"), "SMOKE_ADMIN_TOKEN": stack.token("admin")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *suites]
    result = subprocess.run(
        [*command, "--base-url", stack.base, "--env", stack.environment_name],
        cwd=ROOT, env=os.environ | tokens, capture_output=True, text=True, timeout=170, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    assert " passed" in result.stdout


def left_behind(stack: Stack) -> dict[str, int]:
    """Counts what remains in queues, dead-letter queues and the outbox index, by name."""
    sqs, found = stack.aws("sqs"), {}
    for url in sqs.list_queues()["QueueUrls"]:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        found[url.rpartition("/")[2]] = sum(map(int, attributes.values()))
    table = f"bbws-customer-portal-orders-{stack.environment_name}"
    found["outbox"] = stack.aws("dynamodb").scan(TableName=table, IndexName="OutboxPending", Select="COUNT")["Count"]
    return {name: count for name, count in found.items() if count}


def marked(stack: Stack, order: dict[str, Any]) -> list[str]:
    """Keys of items in the table, and of versions of the order's PDFs in the bucket, in which marks are."""
    from botocore.exceptions import ClientError

    dynamodb, s3 = stack.aws("dynamodb"), stack.aws("s3")
    table, bucket = f"bbws-customer-portal-orders-{stack.environment_name}", f"bbws-orders-{stack.environment_name}"
    pages = dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    items = [item for page in pages for item in page["Items"]]
    found = [f"{item['PK']['S']}/{item['SK']['S']}" for item in items if marks_in(item)]
    for version in s3.list_object_versions(Bucket=bucket).get("Versions", []):
        key, version_id = version["Key"], version["VersionId"]
        if order["order_id"] not in key:
            continue
        try:
            pdf = s3.get_object(Bucket=bucket, Key=key, VersionId=version_id)["Body"].read()
        except ClientError as error:
            # Deleted between the two calls: that is what is being waited for.
            if error.response["Error"]["Code"] != "NoSuchVersion":
                raise
            continue
        if CANARY in text_of(pdf):
            found.append(key)
    return found
