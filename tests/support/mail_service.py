"""Builds SES's notifications about a mail as documented, in both forms and with or without envelope.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html and
https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html.
"""

import json
from typing import Any

from orders.ports.mail import Mail

TOPIC = "arn:aws:sns:af-south-1:123456789012:bbws-order-mail-feedback-sit"
AT = "2026-11-22T12:00:09.123Z"


def _what(kind: str, mail: Mail, facts: dict[str, Any]) -> dict[str, Any]:
    about: dict[str, Any]
    if kind == "Bounce":
        recipient = {
            "emailAddress": mail.recipient,
            "action": "failed",
            "status": "5.1.1",
            "diagnosticCode": f"smtp; 550 5.1.1 <{mail.recipient}>... User unknown",
        }
        about = {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": [recipient],
                 "feedbackId": "0100015-fb-1", "reportingMTA": "dsn; mta.example.com"}  # fmt: skip
    elif kind == "Complaint":
        about = {"complainedRecipients": [{"emailAddress": mail.recipient}], "feedbackId": "0100015-fb-2",
                 "userAgent": "Yahoo!-Mail-Feedback/1.0", "complaintFeedbackType": "abuse"}  # fmt: skip
    else:
        about = {"recipients": [mail.recipient], "processingTimeMillis": 546}
    return {kind.lower(): {"timestamp": AT} | about | facts}


def _mail(mail: Mail) -> dict[str, Any]:
    return {
        "timestamp": "2026-11-22T12:00:05.000Z",
        "source": f"{mail.sender_name} <orders@shop.example>",
        "sourceArn": "arn:aws:ses:af-south-1:123456789012:identity/shop.example",
        "sendingAccountId": "123456789012",
        "messageId": "EXAMPLE7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000",
        "destination": [mail.recipient],
    }


def _headers(mail: Mail) -> dict[str, Any]:
    headers = [("From", f"{mail.sender_name} <orders@shop.example>"), ("To", mail.recipient), *mail.headers]
    return {
        "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in headers],
        "commonHeaders": {"from": ["orders@shop.example"], "to": [mail.recipient], "subject": mail.content.subject},
    }


def ses_event(mail: Mail, kind: str, **facts: Any) -> dict[str, Any]:
    """As a configuration set's event destination publishes it."""
    tags = {"ses:configuration-set": ["bbws-emails-sit"], "ses:source-ip": ["192.0.2.0"]}
    tags |= {name: [value] for name, value in mail.tags}
    return {"eventType": kind, "mail": _mail(mail) | _headers(mail) | {"tags": tags}} | _what(kind, mail, facts)


def identity_notification(mail: Mail, kind: str, *, headers: bool = True, **facts: Any) -> dict[str, Any]:
    """As a sender's own notifications have it: never with tags, with headers where they are turned on."""
    about = _mail(mail) | (_headers(mail) if headers else {})
    return {"notificationType": kind, "mail": about} | _what(kind, mail, facts)


def in_sns(message: dict[str, Any] | str) -> dict[str, Any]:
    """As a subscription without raw delivery wraps it."""
    text = message if isinstance(message, str) else json.dumps(message)
    return {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": TOPIC,
        "Subject": "Amazon SES Email Event Notification",
        "Message": text,
        "Timestamp": AT,
        "SignatureVersion": "1",
        "Signature": "EXAMPLEw6JRN",
        "SigningCertURL": "https://sns.af-south-1.amazonaws.com/SimpleNotificationService.pem",
        "UnsubscribeURL": "https://sns.af-south-1.amazonaws.com/?Action=Unsubscribe",
    }
