"""Translates botocore's errors into the ports' errors, for every adapter that talks to AWS.

Only recognised errors are translated: temporary ones, and missing permissions, which are temporary until an operator
grants them and not the request's fault ([PIPE-14]). All others (a wrong name, a malformed call) propagate unchanged: an
adapter that expects one catches it itself; otherwise it is a bug to be noticed.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own, the parent of its connection failures
    CredentialRetrievalError,
    HTTPClientError,
    IncompleteReadError,
    MetadataRetrievalError,
)

from orders.adapters.privacy.exceptions import safe_error_text
from orders.ports.errors import NotPermitted, TransientPortError

THROTTLING_CODES = frozenset(
    {
        "BandwidthLimitExceeded",
        "KmsThrottled",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""The service is up, but throttles. (LimitExceededException is not here: waiting does not lift a quota of tables or
rules.)"""

PASSING_CODES = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "InternalServiceError",
        "RequestTimeout",
        "RequestTimeoutException",
        "ReplicatedWriteConflictException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "TransactionInProgressException",
    }
)
"""The service could not answer this time; most come with a 5xx status, some don't."""

REFUSING_CODES = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AllAccessDisabled",
        "AuthFailure",
        "AuthorizationError",
        "AuthorizationErrorException",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "InvalidToken",
        "KMS.AccessDeniedException",
        "KMS.DisabledException",
        "KMSAccessDeniedException",
        "KmsAccessDenied",
        "KmsDisabled",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "NotAuthorized",
        "OptInRequired",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
        "UnauthorizedOperation",
        "UnrecognizedClientException",
    }
)
"""The service knows what was asked and refuses who asks: a policy, a key of KMS, credentials that have run out."""

_REFUSING_STATUSES = frozenset({401, 403})
"""Of answers without a body, which S3 gives to HEAD, the code is the status."""

PASSING_ERRORS: tuple[type[BotoCoreError], ...] = (
    ConnectionError,
    HTTPClientError,
    IncompleteReadError,
    # A task's credentials are fetched from its host, which can be unreachable for a moment. Having none at all
    # (NoCredentialsError) is a configuration error and propagates.
    CredentialRetrievalError,
    MetadataRetrievalError,
)
"""No answer: refused, closed, timed out (all of which botocore derives from these)."""


def error_code(error: ClientError) -> str:
    """Returns the AWS code of an error, such as ``ConditionalCheckFailedException``; empty if it has none."""
    return error.response.get("Error", {}).get("Code", "")


def kind_of(error: BotoCoreError | ClientError) -> str:
    """Returns the error's kind, safe to show to anybody: AWS messages name accounts, roles and resources."""
    return (error_code(error) if isinstance(error, ClientError) else "") or type(error).__name__


def as_transient(error: BotoCoreError | ClientError, dependency: str) -> TransientPortError | None:
    """Translates a temporary error; ``None`` for any other."""
    if isinstance(error, ClientError):
        code = error_code(error)
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        throttled = code in THROTTLING_CODES or status == 429
        if throttled or code in PASSING_CODES or status >= 500:
            return TransientPortError(dependency, code or f"HTTP status {status}", throttled=throttled)
        if code in REFUSING_CODES or (status in _REFUSING_STATUSES and code in {"", str(status), "Forbidden"}):
            return NotPermitted(dependency, code or f"HTTP status {status}")
    elif isinstance(error, PASSING_ERRORS):
        return TransientPortError(dependency, safe_error_text(error))
    return None


@contextmanager
def translated(dependency: str) -> Iterator[None]:
    """Translates errors of the calls inside; ``dependency`` is its name in errors, such as ``orders table``.

    Raises:
        TransientPortError: throttled, unreachable, timed out, or a failure of the AWS service.
        NotPermitted: AWS denies access.
    """
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        transient = as_transient(error, dependency)
        if transient is None:
            raise
        raise transient from error
