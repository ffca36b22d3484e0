"""Audits operators' commands ([SEC-5])."""

import getpass
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aioboto3 import Session
from aiobotocore.config import AioConfig
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from orders.adapters.inbound.cli.runtime import AuditedCommand
from orders.adapters.outbound.audit_log import LogAuditTrail
from orders.adapters.outbound.memory.metrics import NoMetrics
from orders.adapters.outbound.system import SystemClock
from orders.application.policy.audit import Attempt, Audit
from orders.bootstrap.config.settings import Settings
from orders.domain.identity import is_key, is_order_id
from orders.domain.lifecycle import Role
from orders.ports.audit import AuditOutcome, AuditTrail


@asynccontextmanager
async def on_record(settings: Settings, doing: AuditedCommand, trail: AuditTrail | None = None) -> AsyncIterator[None]:
    """Wraps a command in one attempt of the operator who runs it.

    Raises: NoCredentialsError: there are none, which is on record too; nothing else would come of the command.
    """
    principal, missing = None, None
    try:
        principal = await operator_of(settings)
    except NoCredentialsError as error:
        missing = error
    attempt = Attempt(
        operation=f"orders {doing.command}",
        origin=f"cli {socket.gethostname()}",
        request_id=secrets.token_hex(16),
        principal=principal,
        role=Role.OPERATOR,
        tenant_id=doing.tenant_id if is_key(doing.tenant_id or "") else None,
        order_id=doing.order_id if is_order_id(doing.order_id or "") else None,
    )
    with Audit(trail or LogAuditTrail(NoMetrics()), SystemClock()).attempt(attempt):
        if missing is not None:
            raise missing
        yield
        attempt.ended(AuditOutcome.ALLOWED)


async def operator_of(settings: Settings) -> str | None:
    """Returns the operator: the AWS identity; on an emulator, which accepts any, the user of this machine.

    Raises: NoCredentialsError.
    """
    if settings.aws_endpoint_url is not None:
        return _user()
    config = AioConfig(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})
    session: Any = Session()
    try:
        async with session.client("sts", region_name=settings.aws_region, config=config) as sts:
            return str((await sts.get_caller_identity())["Arn"])
    except NoCredentialsError:
        raise
    except (BotoCoreError, ClientError):
        # Without an identity the command will hardly succeed; it is audited in any case.
        return None


def _user() -> str:
    try:
        return f"user {getpass.getuser()}"
    except (KeyError, OSError):
        return "user without a name"
