"""When a failed request is sent again: botocore's standard mode, by botocore's own rules."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from botocore.model import OperationModel
from botocore.retries.quota import RetryQuota
from botocore.retries.standard import ExponentialBackoff, RetryContext, RetryQuotaChecker, StandardRetryConditions

from orders.adapters.outbound.dynamodb.client.connection import Answer


@dataclass(slots=True)
class Attempts:
    """The attempts of one call.

    Attributes:
        made: how many there have been.
        last: true if the rules allowed no more of them.
    """

    operation: OperationModel
    made: int = 1
    last: bool = False
    shared: dict[str, Any] = field(default_factory=dict)


class StandardRetries:
    """Standard mode: a number of attempts, full jitter, and a quota of retries that all calls of a client share."""

    def __init__(self, attempts: int, random: Callable[[], float]) -> None:
        """``random`` returns numbers from 0 to 1."""
        self._quota = RetryQuota()
        self._checker = RetryQuotaChecker(self._quota)
        self._conditions = StandardRetryConditions(max_attempts=attempts)
        self._backoff = ExponentialBackoff(random=random)

    def pause(
        self,
        attempts: Attempts,
        *,
        answer: Answer | None = None,
        failure: Mapping[str, Any] | None = None,
        error: Exception | None = None,
    ) -> float | None:
        """Returns the seconds to wait before the next attempt; ``None`` if the failure is final.

        ``failure`` is the parsed answer; ``error`` why there is none.
        """
        given = answer and SimpleNamespace(status_code=answer.status, headers=answer.headers, content=answer.body)
        context: Any = RetryContext(
            attempt_number=attempts.made,
            operation_model=attempts.operation,
            http_response=given,
            parsed_response=failure,
            caught_exception=error,
            request_context=attempts.shared,
        )
        pause = None
        if self._conditions.is_retryable(context) and self._checker.acquire_retry_quota(context):
            pause = self._backoff.delay_amount(context)
            attempts.made += 1
        attempts.last = bool(context.get_retry_metadata().get("MaxAttemptsReached"))
        return pause

    def succeeded(self, attempts: Attempts | None) -> None:
        """Gives back quota after a success; ``attempts`` is ``None`` if the first was one."""
        if attempts is None:
            self._quota.release(1)
        else:
            # Its stubs name another type than botocore passes.
            shared: Any = attempts.shared
            self._checker.release_retry_quota(shared, SimpleNamespace(status_code=200))
