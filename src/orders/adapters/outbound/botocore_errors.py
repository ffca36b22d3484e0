"""The one table from botocore's errors to the ports' errors, for every adapter that talks to AWS.

Only what is recognised is translated: what passes by itself, and a missing permission, which passes when an operator
has mended it and is no fault of what was asked ([PIPE-14]). Everything else (a wrong name, a malformed call) goes
through as it is: an adapter that expects it catches it itself, and otherwise it is a bug to be seen.
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
"""The service is there, but asked too much of. (LimitExceededException is not here: a quota of how many tables or
rules there may be does not pass by waiting.)"""

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
    # Credentials of a task are fetched from its host, which can be out of reach for a moment. Having none at all
    # (NoCredentialsError) is a mistake in the set-up and goes through.
    CredentialRetrievalError,
    MetadataRetrievalError,
)
"""No answer: refused, closed, timed out (all of which botocore derives from these)."""


def error_code(error: ClientError) -> str:
    """The service's code of an error, such as ``ConditionalCheckFailedException``; empty when it gave none."""
    return error.response.get("Error", {}).get("Code", "")


def kind_of(error: BotoCoreError | ClientError) -> str:
    """The error in a word, fit to be shown to anybody: a service's messages name accounts, roles and resources."""
    return (error_code(error) if isinstance(error, ClientError) else "") or type(error).__name__


def as_transient(error: BotoCoreError | ClientError, dependency: str) -> TransientPortError | None:
    """What the error means to a port, or ``None`` when it is none of those that pass."""
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
    """Calls made inside fail as ports fail; ``dependency`` is what errors call it, such as ``orders table``.

    Raises:
        TransientPortError: throttled, out of reach, timed out, or the service's own failure.
        NotPermitted: the service refuses whoever asks.
    """
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        transient = as_transient(error, dependency)
        if transient is None:
            raise
        raise transient from error
