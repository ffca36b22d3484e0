"""Translation of botocore's errors, and which of them are transient."""

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)

from orders.adapters.outbound.botocore_errors import error_code, translated
from orders.ports.errors import NotPermitted, TransientPortError

URL = "https://dynamodb.af-south-1.amazonaws.com/"


def client_error(code: str, status: int = 400) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": "so it is"}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        "PutItem",
    )


@pytest.mark.parametrize(
    ("error", "throttled"),
    [
        (client_error("ProvisionedThroughputExceededException"), True),
        (client_error("ThrottlingException"), True),
        (client_error("RequestLimitExceeded"), True),
        (client_error("SlowDown", 503), True),
        (client_error("", 429), True),
        (client_error("InternalServerError", 500), False),
        (client_error("SomethingNew", 502), False),
        (client_error("RequestTimeout"), False),
        (EndpointConnectionError(endpoint_url=URL), False),
        (ConnectTimeoutError(endpoint_url=URL), False),
        (ReadTimeoutError(endpoint_url=URL), False),
        (ConnectionClosedError(endpoint_url=URL), False),
        (HTTPClientError(error="no route"), False),
        (CredentialRetrievalError(provider="container-role", error_msg="timed out"), False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BotoCoreError) else str(value),
)
def test_what_passes_is_transient(error: Exception, throttled: bool) -> None:
    with pytest.raises(TransientPortError) as failure, translated("orders table"):
        raise error

    assert failure.value.dependency == "orders table"
    assert failure.value.throttled is throttled
    assert failure.value.__cause__ is error


@pytest.mark.parametrize(
    "error",
    [
        client_error("ConditionalCheckFailedException"),
        client_error("ResourceNotFoundException"),
        client_error("ValidationException"),
        client_error("SomethingNew", 403),
        client_error("LimitExceededException"),
        NoCredentialsError(),
        ParamValidationError(report="no such parameter"),
        ValueError("a bug"),
        TimeoutError(),
    ],
    ids=repr,
)
def test_everything_else_goes_through(error: Exception) -> None:
    with pytest.raises(type(error)) as failure, translated("orders table"):
        raise error

    assert failure.value is error


@pytest.mark.parametrize(
    "error",
    [
        client_error("AccessDeniedException"),
        client_error("AccessDenied", 403),
        client_error("UnrecognizedClientException"),
        client_error("ExpiredTokenException"),
        client_error("InvalidClientTokenId", 403),
        client_error("403", 403),
        client_error("", 401),
        client_error("KMS.AccessDeniedException"),
    ],
    ids=str,
)
def test_a_call_that_is_refused_for_who_asks_is_a_dependency_that_is_down(error: Exception) -> None:
    with pytest.raises(NotPermitted) as failure, translated("orders table"):
        raise error

    assert isinstance(failure.value, TransientPortError)
    assert (failure.value.dependency, failure.value.throttled) == ("orders table", False)


def test_an_error_without_a_code_has_an_empty_one() -> None:
    assert error_code(ClientError({}, "PutItem")) == ""
