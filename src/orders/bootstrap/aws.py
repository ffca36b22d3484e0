"""AWS clients, opened once per process in one context, with the only AWS retry policy."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aioboto3 import Session
from aiobotocore.config import AioConfig
from aiobotocore.credentials import AioCredentials

from orders.adapters.outbound.aws.mail.ses_mail import quicken
from orders.adapters.outbound.dynamodb.client.signed_client import (
    goes_through_proxy,
    signed_client,
    signed_events,
)
from orders.bootstrap.config.settings import Settings

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient
    from types_aiobotocore_events import EventBridgeClient
    from types_aiobotocore_s3 import S3Client
    from types_aiobotocore_secretsmanager import SecretsManagerClient
    from types_aiobotocore_ses import SESClient
    from types_aiobotocore_sns import SNSClient
    from types_aiobotocore_sqs import SQSClient

SERVICES = ("dynamodb", "sqs", "sns", "events", "s3", "ses")
S3_LINKS = "s3_links"
"""A second client of S3, which signs links."""
S3_OTHER_REGION = "s3_other_region"
"""A client of S3 in the other region, for the copies of documents there; opened only if there is one."""
CLIENTS = (*SERVICES, S3_LINKS, S3_OTHER_REGION)
SECRET_SERVICES = ("secretsmanager",)
"""Opened as well where a setting names a secret."""
REGION_SERVICES = ("ecs", "ecr", "elbv2", "acm", "route53", "dynamodbstreams")
"""Asked by `orders dr` of a region, beside those that the service itself uses."""
OPERATOR_SERVICES = ("cloudwatch", *REGION_SERVICES)
"""Opened by operators' commands alone."""
_RETRIES = {"mode": "standard", "total_max_attempts": 3}
_NO_RETRIES = {"mode": "standard", "total_max_attempts": 1}
_READ_SECONDS = 10
_CONTROL_SECONDS = 2
_HOT: Mapping[str, Any] = {"dynamodb": signed_client, "events": signed_events}
"""Clients that are stood in for, and by what."""
NO_POLLS = timedelta()


@dataclass(frozen=True, slots=True)
class AwsClients:
    """One open client per service; using one that was not requested is a programming error.

    ``dynamodb`` and ``events`` are our own on the hot path, and the SDK's for all else (ADR 0056).
    ``s3_links`` signs links for browsers and is never called. The parts that are used of ``cloudwatch`` and those
    behind it have their types beside the adapters.
    """

    dynamodb: "DynamoDBClient"
    sqs: "SQSClient"
    sns: "SNSClient"
    events: "EventBridgeClient"
    s3: "S3Client"
    s3_links: "S3Client"
    s3_other_region: "S3Client"
    ses: "SESClient"
    secretsmanager: "SecretsManagerClient"
    cloudwatch: Any
    ecs: Any = None
    ecr: Any = None
    elbv2: Any = None
    acm: Any = None
    route53: Any = None
    dynamodbstreams: Any = None


class _NotOpened:
    def __init__(self, service: str) -> None:
        self._service = service

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"this process did not open an AWS client for {self._service}")


@asynccontextmanager
async def open_clients(
    settings: Settings,
    services: Collection[str] = CLIENTS,
    *,
    longest_poll: timedelta = NO_POLLS,
    watch: Callable[[Any], None] | None = None,
) -> AsyncIterator[AwsClients]:
    """Opens clients for these services and closes them on leaving.

    ``services`` are names as in ``AwsClients``; ``longest_poll`` is how long one receive of SQS waits for
    messages; ``watch`` is called with each client, before its first call.

    Timeouts are short because every caller is bounded by a user's request or a visibility timeout; at most three
    attempts (botocore's standard mode), further retries are up to the callers.
    """
    # One session for all clients, to load botocore's data once. Its stubs type it for each service's name
    # alone, not for a name in a variable.
    session: Any = Session()
    async with AsyncExitStack() as stack:

        async def client(name: str) -> Any:
            elsewhere = name == S3_OTHER_REGION
            if name not in services or (elsewhere and settings.other_region is None):
                return _NotOpened(name)
            links = name == S3_LINKS
            service, endpoint = "s3" if links or elsewhere else name, settings.aws_endpoint_url
            if links:
                endpoint = settings.s3_public_endpoint_url or endpoint
            patience = _READ_SECONDS + (longest_poll.total_seconds() if service == "sqs" else 0)
            config = AioConfig(
                connect_timeout=2,
                read_timeout=patience,
                max_pool_connections=50,
                # Adapters build every parameter; validating a large item's takes 30 ms of the event loop.
                parameter_validation=False,
                # Sending is not idempotent: after a timeout its lease decides, and duplicates are counted.
                retries=_NO_RETRIES if service == "ses" else _RETRIES,
                signature_version="s3v4" if service == "s3" else None,
                # Without "virtual" botocore signs links for the global host, which regions since 2019 don't answer on.
                s3={"addressing_style": "path" if settings.aws_endpoint_url else "virtual"},
            )
            opened = await stack.enter_async_context(
                session.client(
                    service,
                    region_name=settings.other_region if elsewhere else settings.aws_region,
                    endpoint_url=endpoint,
                    config=config,
                    verify=_verified(endpoint),
                    **_credentials(settings),
                )
            )
            if service == "ses":
                quicken(opened)
            if watch is not None:
                watch(opened)
            return await _hot(stack, session, settings, opened, watch) if service in _HOT else opened

        yield AwsClients(
            dynamodb=await client("dynamodb"),
            sqs=await client("sqs"),
            sns=await client("sns"),
            events=await client("events"),
            s3=await client("s3"),
            s3_links=await client(S3_LINKS),
            s3_other_region=await client(S3_OTHER_REGION),
            ses=await client("ses"),
            secretsmanager=await client("secretsmanager"),
            cloudwatch=await client("cloudwatch"),
            **{name: await client(name) for name in REGION_SERVICES},
        )


@asynccontextmanager
async def open_control_clients(
    settings: Settings, *others: str, watch: Callable[[Any], None] | None = None
) -> AsyncIterator[Mapping[str, "DynamoDBClient"]]:
    """Opens a client of DynamoDB in each region of the control table, and of ``others``; closes them on leaving.

    They don't retry: who reads asks the other region instead, and soon again.
    """
    session: Any = Session()
    config = AioConfig(
        connect_timeout=_CONTROL_SECONDS,
        read_timeout=_CONTROL_SECONDS,
        parameter_validation=False,
        retries=_NO_RETRIES,
    )
    async with AsyncExitStack() as stack:
        clients: dict[str, DynamoDBClient] = {}
        for region in dict.fromkeys((*settings.control_table_regions, *others)):
            opened = await stack.enter_async_context(
                session.client(
                    "dynamodb",
                    region_name=region,
                    endpoint_url=settings.aws_endpoint_url,
                    config=config,
                    verify=_verified(settings.aws_endpoint_url),
                    **_credentials(settings),
                )
            )
            if watch is not None:
                watch(opened)
            clients[region] = await _hot(stack, session, settings, opened, watch)
        yield clients


async def _hot(
    stack: AsyncExitStack, session: Any, settings: Settings, sdk: Any, watch: Callable[[Any], None] | None
) -> Any:
    """Opens what spends a tenth of the SDK's CPU on a call beside its client, and stands in for it."""
    if goes_through_proxy(sdk.meta.endpoint_url):
        return sdk
    dummies = _credentials(settings).values()
    credentials: Any = AioCredentials(*dummies) if dummies else await session.get_credentials()
    opener = _HOT[sdk.meta.service_model.service_name]
    client: Any = await stack.enter_async_context(opener(sdk, credentials))
    if watch is not None:
        watch(client)
    return client


def queue_wait(settings: Settings) -> timedelta:
    """Returns how long a worker's receive waits for messages."""
    return timedelta(seconds=settings.queue_wait_seconds)


def secret_services(settings: Settings) -> tuple[str, ...]:
    """Returns the services that store the API's secrets: none if no setting names a secret."""
    return SECRET_SERVICES if settings.api_keys_secret or settings.cursor_keys_secret else ()


def _verified(endpoint: str | None) -> bool | None:
    """Returns botocore's ``verify``: without TLS there is nothing to verify, and loading the authorities takes every
    client 50 ms.
    """
    return None if endpoint is None or endpoint.startswith("https:") else False


def _credentials(settings: Settings) -> dict[str, Any]:
    """Returns dummy credentials for an emulator; on AWS the task's role provides them."""
    if settings.aws_endpoint_url is None:
        return {}
    return {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
