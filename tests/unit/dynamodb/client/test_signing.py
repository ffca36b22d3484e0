"""Signatures of requests to DynamoDB, held against botocore's."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from hypothesis import given
from hypothesis import strategies as st

from orders.adapters.outbound.dynamodb.client.signing import RequestSigner


class Key(NamedTuple):
    """An identity."""

    access_key: str
    secret_key: str
    token: str | None


WORDS = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=", min_size=1, max_size=60)
HOSTS = st.sampled_from(["dynamodb.af-south-1.amazonaws.com", "127.0.0.1:8000", "[::1]:4566"])
IDENTITIES = st.builds(Key, WORDS, WORDS, st.none() | WORDS)
INSTANTS = st.datetimes(datetime(2001, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


def lines(text: str) -> dict[str, str]:
    assert text.endswith("\r\n")
    return dict(line.split(": ", 1) for line in text.removesuffix("\r\n").split("\r\n"))


def signed_by_botocore(
    identity: Key, region: str, url: str, target: str, body: bytes, at: datetime, *, service: str = "dynamodb"
) -> dict[str, str]:
    content = "application/x-amz-json-1.0" if service == "dynamodb" else "application/x-amz-json-1.1"
    request = AWSRequest("POST", url, {"Content-Type": content, "X-Amz-Target": target}, data=body)
    request.context["timestamp"] = timestamp = at.strftime("%Y%m%dT%H%M%SZ")
    prepared: Any = SigV4Auth(identity, service, region)  # type: ignore[arg-type] # what its signers get, too
    prepared._modify_request_before_signing(request)
    text = prepared.string_to_sign(request, prepared.canonical_request(request))
    prepared._inject_signature_to_request(request, prepared.signature(text, request))
    given = {"X-Amz-Date": timestamp, "Authorization": request.headers["Authorization"]}
    return given | ({"X-Amz-Security-Token": identity.token} if identity.token else {})


@given(
    identity=IDENTITIES,
    region=st.sampled_from(["af-south-1", "eu-west-1"]),
    host=HOSTS,
    path=st.sampled_from(["/", "/base/", "/a~b/c%20d/"]),
    target=st.sampled_from(["DynamoDB_20120810.PutItem", "DynamoDB_20120810.Query"]),
    body=st.binary(max_size=300),
    at=INSTANTS,
)
def test_requests_are_signed_as_botocore_signs_them(
    identity: Key, region: str, host: str, path: str, target: str, body: bytes, at: datetime
) -> None:
    signer = RequestSigner(region, host, path, now=at.timestamp)
    assert lines(signer.headers(identity, target, body)) == signed_by_botocore(
        identity, region, f"http://{host}{path}", target, body, at
    )


@given(st.lists(st.tuples(IDENTITIES, INSTANTS), min_size=2, max_size=5))
def test_one_signer_follows_day_and_credentials(steps: list[tuple[Key, datetime]]) -> None:
    now = 0.0
    signer = RequestSigner("af-south-1", "localhost", now=lambda: now)
    for identity, at in steps:
        now = at.timestamp()
        assert lines(signer.headers(identity, "T.Query", b"{}")) == signed_by_botocore(
            identity, "af-south-1", "http://localhost/", "T.Query", b"{}", at
        )


def test_other_services_are_signed_for_by_their_names() -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    signer = RequestSigner(
        "eu-west-1", "localhost", service="events", content_type="application/x-amz-json-1.1", now=at.timestamp
    )
    given = (Key("A", "B", "C"), "AWSEvents.PutEvents", b"{}")
    expected = signed_by_botocore(given[0], "eu-west-1", "http://localhost/", *given[1:], at, service="events")
    assert lines(signer.headers(*given)) == expected


def test_secrets_are_no_part_of_what_a_signer_shows() -> None:
    signer = RequestSigner("af-south-1", "localhost")
    signer.headers(Key("A", "very secret", None), "T.Query", b"{}")
    assert "secret" not in repr(vars(signer))


@pytest.mark.parametrize("token", ["", None])
def test_lasting_credentials_have_no_token(token: str | None) -> None:
    headers = RequestSigner("af-south-1", "localhost").headers(Key("A", "B", token), "T.Q", b"")
    assert "oken" not in headers
